import RoostBase
import Testing

@Suite("Integers as bytes") struct IntegerBytesTests {
  @Test("the most significant byte first, or last")
  func order() {
    #expect([UInt8](bigEndian: UInt32(0x0102_0304)) == [1, 2, 3, 4])
    var bytes: [UInt8] = [9]
    bytes.append(bigEndian: UInt16(0x0102))
    bytes.append(littleEndian: UInt16(0x0102))
    bytes.append(bigEndian: Int16(-2))
    bytes.append(bigEndian: UInt128(1) << 127)
    #expect(bytes == [9, 1, 2, 2, 1, 0xFF, 0xFE, 0x80] + [UInt8](repeating: 0, count: 15))
  }

  @Test("read back, whatever the type and the sign")
  func roundTrip() {
    for number: Int64 in [.min, -300, -1, 0, 1, 255, 256, .max] {
      #expect(Int64(bigEndianBytes: [UInt8](bigEndian: number)) == number)
      let unsigned = UInt64(bitPattern: number)
      #expect(UInt64(bigEndianBytes: [UInt8](bigEndian: unsigned)) == unsigned)
    }
    for number: Int8 in [.min, -1, 0, .max] { #expect(Int8(bigEndianBytes: [UInt8](bigEndian: number)) == number) }
    #expect(UInt128(bigEndianBytes: [UInt8](bigEndian: UInt128.max - 5)) == UInt128.max - 5)
  }

  @Test("fewer bytes give a small number, and of more the last ones count")
  func otherLengths() {
    let bytes: [UInt8] = [0, 1, 2, 3]
    #expect(UInt64(bigEndianBytes: bytes[..<0]) == 0)
    #expect(UInt64(bigEndianBytes: bytes[1...2]) == 0x0102)
    #expect(UInt16(bigEndianBytes: bytes[1...]) == 0x0203)
    #expect(Int(bigEndianBytes: bytes[1...]) == 0x01_0203)
  }
}
