import NIOCore
import RoostRelational
import RoostSQL

/// The server's messages (PostgreSQL documentation, "Message Formats"), written straight into the connection's buffer.
/// Every one is a type byte, a length that counts itself, and a body.
extension ByteBuffer {
  /// Protocol version 3.0 as it appears in a startup message.
  private static let protocolVersion: UInt32 = 3 << 16

  mutating func writeAuthenticationOk() {
    writeMessage("R") { $0.writeInteger(0 as Int32) }
  }

  mutating func writeBackendKeyData(_ key: BackendKey) {
    writeMessage("K") { _ = $0.writeMultipleIntegers(key.processID, key.secret) }
  }

  mutating func writeNegotiateProtocolVersion(unsupportedOptions: [String]) {
    writeMessage("v") { body in
      body.writeMultipleIntegers(Self.protocolVersion, Int32(unsupportedOptions.count))
      for option in unsupportedOptions { body.writeTerminated(option) }
    }
  }

  mutating func writeParameterStatus(_ name: String, _ value: String) {
    writeMessage("S") { body in
      body.writeTerminated(name)
      body.writeTerminated(value)
    }
  }

  mutating func writeReadyForQuery(_ status: TransactionStatus) {
    let letter: UInt8 =
      switch status {
      case .idle: 0x49  // I
      case .inTransaction: 0x54  // T
      case .failed: 0x45  // E
      }
    writeMultipleIntegers(0x5A as UInt8, 5 as Int32, letter)
  }

  mutating func writeParseComplete() { writeEmptyMessage("1") }
  mutating func writeBindComplete() { writeEmptyMessage("2") }
  mutating func writeCloseComplete() { writeEmptyMessage("3") }
  mutating func writeNoData() { writeEmptyMessage("n") }
  mutating func writePortalSuspended() { writeEmptyMessage("s") }
  mutating func writeEmptyQueryResponse() { writeEmptyMessage("I") }

  mutating func writeCommandComplete(_ tag: String) {
    writeMessage("C") { $0.writeTerminated(tag) }
  }

  mutating func writeParameterDescription(_ types: [SQLType]) {
    writeMessage("t") { body in
      body.writeInteger(UInt16(clamping: types.count))
      for type in types { body.writeInteger(type.oid) }
    }
  }

  /// One message `E` (error) or `N` (notice): tagged fields, then a zero.
  mutating func writeError(_ error: SQLError, severity: ErrorSeverity = .error) {
    writeMessage("E") { body in
      body.writeField("S", severity.rawValue)
      body.writeField("V", severity.rawValue)
      body.writeField("C", error.code)
      body.writeField("M", error.message)
      body.writeField("D", error.detail)
      body.writeField("H", error.hint)
      body.writeField("P", error.position.map(String.init))
      // Every table lives in the one schema there is.
      body.writeField("s", error.table == nil ? nil : "public")
      body.writeField("t", error.table)
      body.writeField("c", error.column)
      body.writeField("n", error.constraint)
      body.writeInteger(0 as UInt8)
    }
  }

  mutating func writeNotice(_ notice: SQLNotice) {
    writeMessage("N") { body in
      body.writeField("S", notice.severity)
      body.writeField("V", notice.severity)
      body.writeField("C", notice.code)
      body.writeField("M", notice.message)
      body.writeInteger(0 as UInt8)
    }
  }

  /// Writes type and length around what `body` writes.
  @inline(__always)
  mutating func writeMessage(_ type: Unicode.Scalar, _ body: (inout ByteBuffer) -> Void) {
    writeInteger(UInt8(truncatingIfNeeded: type.value))
    let lengthIndex = writerIndex
    writeInteger(0 as Int32)
    body(&self)
    setInteger(Int32(clamping: writerIndex - lengthIndex), at: lengthIndex)
  }

  private mutating func writeEmptyMessage(_ type: Unicode.Scalar) {
    writeMultipleIntegers(UInt8(truncatingIfNeeded: type.value), 4 as Int32)
  }

  /// A zero-terminated string; a zero inside, which would end it early, is left out.
  mutating func writeTerminated(_ text: String) {
    if text.utf8.contains(0) {
      writeBytes(text.utf8.lazy.filter { $0 != 0 })
    } else {
      writeString(text)
    }
    writeInteger(0 as UInt8)
  }

  private mutating func writeField(_ tag: Unicode.Scalar, _ value: String?) {
    guard let value else { return }
    writeInteger(UInt8(truncatingIfNeeded: tag.value))
    writeTerminated(value)
  }
}

/// ERROR leaves the session standing, FATAL ends it.
enum ErrorSeverity: String, Sendable {
  case error = "ERROR"
  case fatal = "FATAL"
}
