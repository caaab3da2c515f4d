import NIOCore
import RoostRelational

/// What a client may say after start-up (PostgreSQL documentation, "Message Formats"), decoded and checked for shape.
///
/// A message whose frame is sound but whose content can't be used (bytes that aren't UTF-8, a body beyond the limit)
/// arrives as ``unusable(_:_:)``: the session answers with an error and goes on. A broken frame is a
/// ``ProtocolViolation`` and ends the connection, since nothing after it can be trusted.
enum FrontendMessage: Sendable {
  case query(String)
  case parse(ParseMessage)
  case bind(BindMessage)
  case describe(StatementOrPortal, name: String)
  /// `maxRows` zero asks for all rows.
  case execute(portal: String, maxRows: Int)
  case close(StatementOrPortal, name: String)
  case flush
  case sync
  case terminate
  /// The fast-path call, which is not offered.
  case functionCall
  /// Data, end or failure of a COPY that isn't running: what a client had under way when its COPY failed.
  case copyRemainder
  case unusable(Kind, SQLError)

  /// The type bytes of the protocol.
  enum Kind: UInt8, Sendable {
    case bind = 0x42  // B
    case close = 0x43  // C
    case describe = 0x44  // D
    case execute = 0x45  // E
    case functionCall = 0x46  // F
    case flush = 0x48  // H
    case parse = 0x50  // P
    case query = 0x51  // Q
    case sync = 0x53  // S
    case terminate = 0x58  // X
    case copyDone = 0x63  // c
    case copyData = 0x64  // d
    case copyFail = 0x66  // f
  }

  enum StatementOrPortal: UInt8, Sendable {
    case statement = 0x53  // S
    case portal = 0x50  // P
  }
}

struct ParseMessage: Sendable {
  /// Empty for the unnamed statement.
  var name: String
  var query: String
  /// Type OIDs; zero leaves the type to the server.
  var parameterTypes: [UInt32]
}

struct BindMessage: Sendable {
  /// Empty for the unnamed portal.
  var portal: String
  var statement: String
  /// None: all text; one: for all; else one per parameter.
  var parameterFormats: [WireFormat]
  /// nil is NULL.
  var parameters: [ByteBuffer?]
  /// None: all text; one: for all; else one per column.
  var resultFormats: [WireFormat]
}

/// How one value is written on the wire.
enum WireFormat: Int16, Sendable {
  case text = 0
  case binary = 1
}

/// A client that doesn't speak the protocol. The connection ends after one error message.
struct ProtocolViolation: Error, Sendable, Equatable {
  var message: String

  /// 08P01: protocol_violation.
  var sqlError: SQLError { SQLError("08P01", message) }
}
