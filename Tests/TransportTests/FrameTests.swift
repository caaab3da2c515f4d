import NIOCore
import Testing

@testable import RoostTransport

@Suite("Frames") struct FrameTests {
  @Test func readsBackInAnyPieces() throws {
    let payloads = [0, 1, 7, 8, 9, 300, 5000].map { payload($0, size: $0) }
    var stream = ByteBuffer()
    for payload in payloads { Frame.append(payload, to: &stream) }
    Frame.append(.ping, to: &stream)
    let bytes = Array(stream.readableBytesView)
    for piece in [1, 2, 3, 5, 8, 13, 100, bytes.count] {
      var buffer = ByteBuffer()
      var read: [[UInt8]] = []
      var kinds: [Frame.Kind] = []
      for start in stride(from: 0, to: bytes.count, by: piece) {
        buffer.writeBytes(bytes[start..<min(start + piece, bytes.count)])
        while let (kind, payload) = try Frame.read(from: &buffer, payloadLimit: 5000) {
          kinds.append(kind)
          if kind == .payload { read.append(payload) }
        }
      }
      #expect(read == payloads)
      #expect(kinds.last == .ping)
      #expect(buffer.readableBytes == 0)
    }
  }

  @Test func refusesEveryFlippedBit() {
    var stream = ByteBuffer()
    Frame.append(payload(3, size: 20), to: &stream)
    let whole = Array(stream.readableBytesView)
    for bit in 0..<whole.count * 8 {
      var broken = whole
      broken[bit / 8] ^= 1 << (bit % 8)
      // Followed by more, so that a longer length is complete too.
      var buffer = ByteBuffer(bytes: broken + [UInt8](repeating: 0, count: 100_000))
      #expect(throws: FrameError.self, "bit \(bit)") { try Frame.read(from: &buffer, payloadLimit: 50_000) }
    }
  }

  @Test func judgesTheLengthFromTheHeaderAlone() {
    var buffer = ByteBuffer()
    buffer.writeInteger(UInt32(101), endianness: .little)
    buffer.writeInteger(UInt32(0))
    #expect(throws: FrameError.tooLong(length: 101, limit: 100)) { try Frame.read(from: &buffer, payloadLimit: 100) }
    buffer.clear()
    buffer.writeInteger(UInt32(1) << 30 | 1, endianness: .little)
    buffer.writeInteger(UInt32(0))
    #expect(throws: FrameError.tooLong(length: 1, limit: 0)) { try Frame.read(from: &buffer, payloadLimit: 100) }
    buffer.clear()
    buffer.writeInteger(UInt32(3) << 30, endianness: .little)
    buffer.writeInteger(UInt32(0))
    #expect(throws: FrameError.unknownKind) { try Frame.read(from: &buffer, payloadLimit: 100) }
  }

  @Test func noiseNeverCrashes() {
    var random = SplitMix64(state: 42)
    for _ in 0..<20_000 {
      var buffer = ByteBuffer()
      for _ in 0..<random.next() % 40 { buffer.writeInteger(UInt8(truncatingIfNeeded: random.next())) }
      var hello = buffer
      while let frame = try? Frame.read(from: &buffer, payloadLimit: 1 << 20) { #expect(frame.1.count < 40) }
      let greeting = try? Hello.read(from: &hello)
      #expect(greeting ?? nil == nil)
    }
  }
}
