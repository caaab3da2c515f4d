import RoostBase
import Testing

@Suite("Byte codecs") struct ByteCodecTests {
  private static let numbers: [UInt64] = {
    let powers = (0..<64).map { UInt64(1) << UInt64($0) }
    return [0, 0x7F, 0x3FFF, UInt64.max - 1, UInt64.max] + powers
  }()

  /// What is written and read here, one of everything.
  private static let everything: [UInt8] = {
    var writer = ByteWriter()
    writer.write(UInt8(7))
    writer.write(true)
    writer.writeFixed(0x0102_0304_0506_0708)
    writer.writeLittleEndian(UInt32(0x0A0B_0C0D))
    writer.writeBigEndian(UInt16(0x0E0F))
    writer.write(UInt64(300))
    writer.write([4, 5, 6])
    writer.write("für")
    writer.write([9])
    return writer.bytes
  }()

  private struct Everything: Equatable {
    var byte: UInt8 = 7
    var flag = true
    var fixed: UInt64 = 0x0102_0304_0506_0708
    var little: UInt32 = 0x0A0B_0C0D
    var big: UInt16 = 0x0E0F
    var number: UInt64 = 300
    var bytes: [UInt8] = [4, 5, 6]
    var text = "für"
    var extent = 28..<29

    init() {}

    init(decoding payload: [UInt8]) throws(DecodingFailure) {
      var reader = ByteReader(payload)
      byte = try reader.readByte()
      flag = try reader.readBool()
      fixed = try reader.readFixed()
      little = try reader.readLittleEndian(UInt32.self)
      big = try reader.readBigEndian(UInt16.self)
      number = try reader.readVarint()
      bytes = try reader.readBytes()
      text = try reader.readString()
      extent = try reader.readExtent()
      try reader.requireEnd()
    }
  }

  @Test("the bytes are those that are on disks and wires already")
  func layout() {
    #expect(
      Self.everything == [
        7, 1, 8, 7, 6, 5, 4, 3, 2, 1, 0x0D, 0x0C, 0x0B, 0x0A, 0x0E, 0x0F, 0xAC, 0x02, 3, 4, 5, 6, 4, 0x66, 0xC3, 0xBC,
        0x72, 1, 9,
      ])
  }

  @Test("what was written is read")
  func roundTrip() throws { #expect(try Everything(decoding: Self.everything) == Everything()) }

  @Test("bytes that end early are refused, wherever they end")
  func truncated() {
    for length in Self.everything.indices {
      #expect(throws: DecodingFailure.self, "\(length) bytes") {
        _ = try Everything(decoding: Array(Self.everything[..<length]))
      }
    }
  }

  @Test("a byte behind the end is refused")
  func trailing() {
    #expect(throws: DecodingFailure.self) { _ = try Everything(decoding: Self.everything + [0]) }
    #expect(throws: DecodingFailure.self) { try ByteReader([1]).requireEnd() }
    #expect(throws: Never.self) { try ByteReader([1], from: 1).requireEnd() }
  }

  @Test("numbers of every length survive as varints", arguments: numbers)
  func everyLength(_ number: UInt64) throws {
    var writer = ByteWriter()
    writer.write(number)
    // Seven bits a byte.
    #expect(writer.bytes.count == max(1, (64 - number.leadingZeroBitCount + 6) / 7))
    var reader = ByteReader(writer.bytes)
    let read = try reader.readVarint()
    #expect(read == number)
    #expect(reader.isAtEnd)
    for length in writer.bytes.indices {
      #expect(throws: DecodingFailure.self) {
        var short = ByteReader(Array(writer.bytes[..<length]))
        _ = try short.readVarint()
      }
    }
  }

  @Test("varints of more than 64 bits are refused, and longer forms of small numbers are not")
  func longVarints() throws {
    let nine = [UInt8](repeating: 0xFF, count: 9)
    #expect(try varint(nine + [1]) == .max)
    for tenth: UInt8 in [2, 0x7F, 0x80, 0x81, 0xFF] {
      #expect(throws: DecodingFailure.self, "\(tenth)") {
        // A reader that went on would find an end.
        _ = try varint(nine + (tenth < 0x80 ? [tenth] : [tenth, 0]))
      }
    }
    #expect(try varint([0x85, 0x80, 0x00]) == 5)
  }

  /// The one number that the bytes are.
  private func varint(_ bytes: [UInt8]) throws -> UInt64 {
    var reader = ByteReader(bytes)
    let number = try reader.readVarint()
    try reader.requireEnd()
    return number
  }

  @Test("a count says no more than can be there")
  func counts() throws {
    func count(_ number: UInt64, minimumSize: Int, left: Int) throws -> Int {
      var writer = ByteWriter()
      writer.write(number)
      writer.writeRest([UInt8](repeating: 0, count: left))
      var reader = ByteReader(writer.bytes)
      return try reader.readCount(minimumSize: minimumSize)
    }
    #expect(try count(6, minimumSize: 1, left: 6) == 6)
    #expect(try count(2, minimumSize: 3, left: 8) == 2)
    #expect(throws: DecodingFailure.self) { _ = try count(7, minimumSize: 1, left: 6) }
    #expect(throws: DecodingFailure.self) { _ = try count(3, minimumSize: 3, left: 8) }
    #expect(throws: DecodingFailure.self) { _ = try count(.max, minimumSize: 1, left: 6) }
  }

  @Test("lengths beyond the bytes that are left are refused")
  func lengths() {
    let bytes: [UInt8] = [3, 1, 2]
    #expect(throws: DecodingFailure.self) {
      var reader = ByteReader(bytes)
      _ = try reader.readBytes()
    }
    #expect(throws: DecodingFailure.self) {
      var reader = ByteReader(bytes)
      _ = try reader.readExtent()
    }
    #expect(throws: DecodingFailure.self) {
      var reader = ByteReader(bytes)
      _ = try reader.readString()
    }
  }

  @Test("flags are 0 or 1, and text is UTF-8")
  func values() {
    #expect(throws: DecodingFailure.self) {
      var reader = ByteReader([2])
      _ = try reader.readBool()
    }
    #expect(throws: DecodingFailure.self) {
      var reader = ByteReader([1, 0xFF])
      _ = try reader.readString()
    }
  }

  @Test("the rest is what was not read")
  func rest() throws {
    var reader = ByteReader([9, 1, 2, 3], from: 1)
    let first = try reader.readByte()
    #expect(first == 1)
    #expect(reader.remaining == 2)
    let rest = reader.readRest()
    #expect(rest == [2, 3])
    #expect(reader.isAtEnd && reader.remaining == 0)
  }
}
