import NIOCore

/// The server's messages as a client reads them (PostgreSQL documentation, "Message Formats").
enum ServerMessage {
  case authenticationOk
  /// Another authentication method than trust was asked for.
  case authenticationRequest(UInt32)
  case parameterStatus(name: String, value: String)
  case backendKey(processID: UInt32, secret: UInt32)
  case readyForQuery
  case rowDescription([PostgresColumn])
  /// The row's body, still encoded: who doesn't keep rows needn't decode them.
  case dataRow(ByteBuffer)
  case commandComplete(String)
  case emptyQuery
  case error(PostgresClientError)
  case notice(PostgresNotice)
  /// ParseComplete, BindComplete, NoData and the like: nothing hangs on them here.
  case other

  init(type: UInt8, body: ByteBuffer) throws(PostgresClientError) {
    var body = body
    switch type {
    case UInt8(ascii: "R"):
      let method: UInt32 = try body.take()
      self = method == 0 ? .authenticationOk : .authenticationRequest(method)
    case UInt8(ascii: "S"):
      let name = try body.takeText()
      self = .parameterStatus(name: name, value: try body.takeText())
    case UInt8(ascii: "K"):
      let processID: UInt32 = try body.take()
      self = .backendKey(processID: processID, secret: try body.take())
    case UInt8(ascii: "Z"): self = .readyForQuery
    case UInt8(ascii: "T"): self = .rowDescription(try Self.readColumns(&body))
    case UInt8(ascii: "D"): self = .dataRow(body)
    case UInt8(ascii: "C"): self = .commandComplete(try body.takeText())
    case UInt8(ascii: "I"): self = .emptyQuery
    case UInt8(ascii: "E"): self = .error(try Self.readError(&body))
    case UInt8(ascii: "N"):
      let fields = try Self.readError(&body)
      self = .notice(PostgresNotice(severity: fields.severity, code: fields.code, message: fields.message))
    default: self = .other
    }
  }

  private static func readColumns(_ body: inout ByteBuffer) throws(PostgresClientError) -> [PostgresColumn] {
    let count: UInt16 = try body.take()
    var columns: [PostgresColumn] = []
    for _ in 0..<count {
      let name = try body.takeText()
      // Table, column number, type, length, modifier, format.
      guard let rest = body.readMultipleIntegers(as: (UInt32, Int16, UInt32, Int16, Int32, Int16).self) else {
        throw .protocolViolation("a row description is cut short")
      }
      columns.append(PostgresColumn(name: name, typeOID: rest.2))
    }
    return columns
  }

  private static func readError(_ body: inout ByteBuffer) throws(PostgresClientError) -> PostgresClientError {
    var error = PostgresClientError(code: "XX000", message: "")
    while let tag: UInt8 = body.readInteger(), tag != 0 {
      let value = try body.takeText()
      switch tag {
      case UInt8(ascii: "V"): error.severity = value
      case UInt8(ascii: "C"): error.code = value
      case UInt8(ascii: "M"): error.message = value
      case UInt8(ascii: "D"): error.detail = value
      case UInt8(ascii: "H"): error.hint = value
      case UInt8(ascii: "P"): error.position = Int(value)
      default: break
      }
    }
    return error
  }

  /// The values of a DataRow.
  static func readRow(_ body: ByteBuffer) throws(PostgresClientError) -> [String?] {
    var body = body
    let count: UInt16 = try body.take()
    var values: [String?] = []
    values.reserveCapacity(Int(count))
    for _ in 0..<count {
      let length: Int32 = try body.take()
      if length == -1 {
        values.append(nil)
      } else if length >= 0, let value = body.readString(length: Int(length)) {
        values.append(value)
      } else {
        throw .protocolViolation("a row is cut short")
      }
    }
    return values
  }
}

extension ByteBuffer {
  fileprivate mutating func take<T: FixedWidthInteger>() throws(PostgresClientError) -> T {
    guard let value = readInteger(as: T.self) else { throw .protocolViolation("a message is cut short") }
    return value
  }

  fileprivate mutating func takeText() throws(PostgresClientError) -> String {
    guard let text = readNullTerminatedString() else { throw .protocolViolation("a message is cut short") }
    return text
  }

  /// Writes type and length around what `body` writes.
  mutating func writeClientMessage(_ type: Unicode.Scalar?, _ body: (inout ByteBuffer) -> Void) {
    if let type { writeInteger(UInt8(truncatingIfNeeded: type.value)) }
    let lengthIndex = writerIndex
    writeInteger(0 as Int32)
    body(&self)
    setInteger(Int32(clamping: writerIndex - lengthIndex), at: lengthIndex)
  }

  mutating func writeStartup(user: String, database: String, applicationName: String) {
    writeClientMessage(nil) { body in
      body.writeInteger(3 << 16 as UInt32)
      for (name, value) in [
        ("user", user), ("database", database), ("application_name", applicationName), ("client_encoding", "UTF8"),
      ] {
        body.writeNullTerminatedString(name)
        body.writeNullTerminatedString(value)
      }
      body.writeInteger(0 as UInt8)
    }
  }

  mutating func writeCancelRequest(processID: UInt32, secret: UInt32) {
    writeClientMessage(nil) { _ = $0.writeMultipleIntegers(1234 << 16 | 5678 as UInt32, processID, secret) }
  }

  mutating func writeQuery(_ text: String) {
    writeClientMessage("Q") { $0.writeNullTerminatedString(text) }
  }

  /// Parse, Describe, Sync.
  mutating func writePrepare(_ text: String, name: String) {
    writeClientMessage("P") { body in
      body.writeNullTerminatedString(name)
      body.writeNullTerminatedString(text)
      body.writeInteger(0 as UInt16)
    }
    writeClientMessage("D") { body in
      body.writeInteger(UInt8(ascii: "S"))
      body.writeNullTerminatedString(name)
    }
    writeClientMessage("S") { _ in }
  }

  /// Bind with text parameters and results, Execute without limit, Sync.
  mutating func writeExecute(_ name: String, parameters: [String?]) {
    writeClientMessage("B") { body in
      body.writeNullTerminatedString("")
      body.writeNullTerminatedString(name)
      body.writeInteger(0 as UInt16)
      body.writeInteger(UInt16(clamping: parameters.count))
      for parameter in parameters {
        if let parameter {
          body.writeInteger(Int32(clamping: parameter.utf8.count))
          body.writeString(parameter)
        } else {
          body.writeInteger(-1 as Int32)
        }
      }
      body.writeInteger(0 as UInt16)
    }
    writeClientMessage("E") { body in
      body.writeNullTerminatedString("")
      body.writeInteger(0 as Int32)
    }
    writeClientMessage("S") { _ in }
  }
}
