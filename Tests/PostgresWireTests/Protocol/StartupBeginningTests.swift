import Testing

@testable import RoostPostgresWire

@Suite("What the first bytes of a connection are") struct StartupBeginningTests {
  private static let cancel: [UInt8] = [0, 0, 0, 16, 0x04, 0xD2, 0x16, 0x2E, 0, 0, 0, 5, 1, 2, 3, 4]

  @Test(
    "lengths that a packet can have, and beginnings of them",
    arguments: [
      [], [0], [0, 0], [0, 0, 0], [0, 0, 0, 8], [0, 0, 0, 9, 0], [0, 0, 0x27], [0, 0, 0x27, 0x10],
      [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F], Array(cancel[..<15]),
      // An encryption request of that length is judged by the decoder.
      [0, 0, 0, 16, 0x04, 0xD2, 0x16, 0x2F, 0, 0, 0, 5, 1, 2, 3, 4],
    ] as [[UInt8]])
  func packets(bytes: [UInt8]) { #expect(StartupPacket.beginning(bytes, longest: 10_000) == .packet) }

  @Test(
    "lengths that none has",
    arguments: [
      [1], [0, 1], [0, 0, 0x28], [0, 0, 0, 7], [0, 0, 0, 0], [0, 0, 0x27, 0x11], [0x7F, 0xFF, 0xFF, 0xFF],
      [0xFF, 0xFF, 0xFF, 0xFF], [0x16, 3, 1], Array("GET / HTTP/1.1\r\n".utf8), Array("x".utf8),
    ] as [[UInt8]])
  func garbage(bytes: [UInt8]) { #expect(StartupPacket.beginning(bytes, longest: 10_000) == .garbage) }

  @Test("a cancel request is known as soon as it is complete, whatever is behind it")
  func cancelling() {
    let key = BackendKey(processID: 5, secret: 0x0102_0304)
    #expect(StartupPacket.beginning(Self.cancel, longest: 10_000) == .cancel(key))
    #expect(StartupPacket.beginning(Self.cancel + [1, 2], longest: 10_000) == .cancel(key))
  }
}
