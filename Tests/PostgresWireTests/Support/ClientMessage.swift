import NIOCore

/// Messages as a client writes them, for tests: right ones by name, wrong ones by `raw`.
enum ClientMessage {
  case tlsRequest
  case gssRequest
  case cancel(processID: UInt32, secret: UInt32)
  case startup(minor: UInt16 = 0, [(String, String)])
  case query(String)
  case parse(_ name: String = "", _ query: String, types: [UInt32] = [])
  case bind(
    portal: String = "", statement: String = "", formats: [Int16] = [], [Value] = [], results: [Int16] = [])
  case describeStatement(String = "")
  case describePortal(String = "")
  case execute(String = "", rows: Int32 = 0)
  case closeStatement(String)
  case closePortal(String)
  case flush, sync, terminate
  case functionCall
  case copyDone
  case raw([UInt8])

  enum Value {
    case null
    case text(String)
    case bytes([UInt8])
  }

  static func startup(user: String, database: String? = nil) -> ClientMessage {
    .startup([("user", user)] + (database.map { [("database", $0)] } ?? []))
  }

  func write(to buffer: inout ByteBuffer) {
    switch self {
    case .tlsRequest: buffer.writeMultipleIntegers(8 as UInt32, 80_877_103 as UInt32)
    case .gssRequest: buffer.writeMultipleIntegers(8 as UInt32, 80_877_104 as UInt32)
    case .cancel(let processID, let secret):
      buffer.writeMultipleIntegers(16 as UInt32, 80_877_102 as UInt32, processID, secret)
    case .startup(let minor, let parameters):
      buffer.frame(nil) { body in
        body.writeMultipleIntegers(3 as UInt16, minor)
        for (name, value) in parameters {
          body.writeNullTerminatedString(name)
          body.writeNullTerminatedString(value)
        }
        body.writeInteger(0 as UInt8)
      }
    case .query(let text): buffer.frame("Q") { $0.writeNullTerminatedString(text) }
    case .parse(let name, let query, let types):
      buffer.frame("P") { body in
        body.writeNullTerminatedString(name)
        body.writeNullTerminatedString(query)
        body.writeInteger(UInt16(types.count))
        for type in types { body.writeInteger(type) }
      }
    case .bind(let portal, let statement, let formats, let values, let results):
      buffer.frame("B") { body in
        body.writeNullTerminatedString(portal)
        body.writeNullTerminatedString(statement)
        body.writeFormats(formats)
        body.writeInteger(UInt16(values.count))
        for value in values {
          switch value {
          case .null: body.writeInteger(-1 as Int32)
          case .text(let text):
            body.writeInteger(Int32(text.utf8.count))
            body.writeString(text)
          case .bytes(let bytes):
            body.writeInteger(Int32(bytes.count))
            body.writeBytes(bytes)
          }
        }
        body.writeFormats(results)
      }
    case .describeStatement(let name): buffer.named("D", "S", name)
    case .describePortal(let name): buffer.named("D", "P", name)
    case .execute(let portal, let rows):
      buffer.frame("E") { body in
        body.writeNullTerminatedString(portal)
        body.writeInteger(rows)
      }
    case .closeStatement(let name): buffer.named("C", "S", name)
    case .closePortal(let name): buffer.named("C", "P", name)
    case .flush: buffer.frame("H") { _ in }
    case .sync: buffer.frame("S") { _ in }
    case .terminate: buffer.frame("X") { _ in }
    case .functionCall: buffer.frame("F") { $0.writeInteger(0 as UInt32) }
    case .copyDone: buffer.frame("c") { _ in }
    case .raw(let bytes): buffer.writeBytes(bytes)
    }
  }
}

extension ByteBuffer {
  init(_ messages: [ClientMessage]) {
    self.init()
    for message in messages { message.write(to: &self) }
  }

  fileprivate mutating func frame(_ type: Unicode.Scalar?, _ body: (inout ByteBuffer) -> Void) {
    if let type { writeInteger(UInt8(type.value)) }
    var content = ByteBuffer()
    body(&content)
    writeInteger(UInt32(content.readableBytes + 4))
    writeBuffer(&content)
  }

  fileprivate mutating func named(_ type: Unicode.Scalar, _ target: Unicode.Scalar, _ name: String) {
    frame(type) { body in
      body.writeInteger(UInt8(target.value))
      body.writeNullTerminatedString(name)
    }
  }

  fileprivate mutating func writeFormats(_ formats: [Int16]) {
    writeInteger(UInt16(formats.count))
    for format in formats { writeInteger(format) }
  }
}
