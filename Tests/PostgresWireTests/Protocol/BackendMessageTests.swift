import NIOCore
import RoostRelational
import RoostSQL
import Testing

@testable import RoostPostgresWire

@Suite("Backend messages")
struct BackendMessageTests {
  private func bytes(_ write: (inout ByteBuffer) -> Void) -> [UInt8] {
    var buffer = ByteBuffer()
    write(&buffer)
    return Array(buffer.readableBytesView)
  }

  @Test("the fixed messages, byte by byte")
  func fixed() {
    #expect(bytes { $0.writeAuthenticationOk() } == [0x52, 0, 0, 0, 8, 0, 0, 0, 0])
    #expect(bytes { $0.writeReadyForQuery(.idle) } == [0x5A, 0, 0, 0, 5, 0x49])
    #expect(bytes { $0.writeReadyForQuery(.inTransaction) } == [0x5A, 0, 0, 0, 5, 0x54])
    #expect(bytes { $0.writeReadyForQuery(.failed) } == [0x5A, 0, 0, 0, 5, 0x45])
    #expect(bytes { $0.writeParseComplete() } == [0x31, 0, 0, 0, 4])
    #expect(bytes { $0.writeBindComplete() } == [0x32, 0, 0, 0, 4])
    #expect(bytes { $0.writeCloseComplete() } == [0x33, 0, 0, 0, 4])
    #expect(bytes { $0.writeNoData() } == [0x6E, 0, 0, 0, 4])
    #expect(bytes { $0.writePortalSuspended() } == [0x73, 0, 0, 0, 4])
    #expect(bytes { $0.writeEmptyQueryResponse() } == [0x49, 0, 0, 0, 4])
    #expect(
      bytes { $0.writeBackendKeyData(BackendKey(processID: 0x0102_0304, secret: 0xA0B0_C0D0)) }
        == [0x4B, 0, 0, 0, 12, 1, 2, 3, 4, 0xA0, 0xB0, 0xC0, 0xD0])
    #expect(bytes { $0.writeCommandComplete("OK") } == [0x43, 0, 0, 0, 7, 0x4F, 0x4B, 0])
    #expect(bytes { $0.writeParameterStatus("a", "b") } == [0x53, 0, 0, 0, 8, 0x61, 0, 0x62, 0])
    #expect(
      bytes { $0.writeParameterDescription([.integer, .text]) }
        == [0x74, 0, 0, 0, 14, 0, 2, 0, 0, 0, 23, 0, 0, 0, 25])
  }

  @Test("an error carries all its fields, and no zero of its own ends one early")
  func errorFields() {
    let error = SQLError(
      "23505", "duplicate\u{0} key", detail: "Key (a)=(1) already exists.", hint: "Use another.", position: 7,
      constraint: "t_pkey", table: "t", column: "a")
    var buffer = ByteBuffer()
    buffer.writeError(error, severity: .fatal)
    #expect(buffer.readInteger() == UInt8(ascii: "E"))
    #expect(buffer.readInteger(as: UInt32.self).map(Int.init) == buffer.readableBytes + 4)
    var fields: [String] = []
    while let tag: UInt8 = buffer.readInteger(), tag != 0 {
      fields.append(String(Character(Unicode.Scalar(tag))) + (buffer.readNullTerminatedString() ?? "?"))
    }
    #expect(
      fields == [
        "SFATAL", "VFATAL", "C23505", "Mduplicate key", "DKey (a)=(1) already exists.", "HUse another.", "P7",
        "spublic", "tt", "ca", "nt_pkey",
      ])
    #expect(buffer.readableBytes == 0)
  }
}
