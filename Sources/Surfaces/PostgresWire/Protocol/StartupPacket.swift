import NIOCore
import RoostBase

/// The untyped packets a connection begins with (PostgreSQL documentation, "Message Formats": StartupMessage,
/// SSLRequest, GSSENCRequest, CancelRequest). The first four bytes tell them apart; the encryption and cancel requests
/// use version numbers that no protocol will have.
enum StartupPacket: Sendable, Equatable {
  case encryptionRequest(Encryption)
  case cancel(BackendKey)
  case startup(major: UInt16, minor: UInt16, parameters: [Parameter])

  enum Encryption: Sendable { case tls, gss }

  struct Parameter: Sendable, Equatable {
    var name: String
    var value: String
  }

  private static let cancelCode: UInt32 = 1234 << 16 | 5678
  private static let tlsCode: UInt32 = 1234 << 16 | 5679
  private static let gssCode: UInt32 = 1234 << 16 | 5680

  /// What the first bytes of a connection are, as far as they tell.
  enum Beginning: Equatable {
    case packet
    case cancel(BackendKey)
    /// No packet has such a length.
    case garbage
  }

  static func beginning(_ bytes: [UInt8], longest: Int) -> Beginning {
    let known = min(4, bytes.count)
    let length = Int(bigEndianBytes: bytes.prefix(4))
    let missing = 8 * (4 - known)
    // The smallest and the greatest length that begin with what there is.
    guard length << missing <= longest, (length + 1) << missing > 8 else { return .garbage }
    var rest = ByteBuffer(bytes: bytes.dropFirst(4))
    guard length == 16, known == 4, rest.readInteger() == cancelCode,
      let key = rest.readMultipleIntegers(as: (UInt32, UInt32).self)
    else { return .packet }
    return .cancel(BackendKey(processID: key.0, secret: key.1))
  }

  /// Reads what follows the length.
  init(body: ByteBuffer) throws(ProtocolViolation) {
    var bytes = body
    guard let code: UInt32 = bytes.readInteger() else { throw .startupLength }
    switch code {
    case Self.tlsCode:
      self = .encryptionRequest(.tls)
    case Self.gssCode:
      self = .encryptionRequest(.gss)
    case Self.cancelCode:
      guard let key = bytes.readMultipleIntegers(as: (UInt32, UInt32).self), bytes.readableBytes == 0 else {
        throw ProtocolViolation(message: "invalid length of cancel request packet")
      }
      self = .cancel(BackendKey(processID: key.0, secret: key.1))
      return
    default:
      let (major, minor) = (UInt16(code >> 16), UInt16(code & 0xFFFF))
      // Other versions may have another layout: their parameters stay unread.
      let parameters = major == 3 ? try Self.readParameters(&bytes) : []
      self = .startup(major: major, minor: minor, parameters: parameters)
      return
    }
    guard bytes.readableBytes == 0 else { throw .startupLength }
  }

  private static func readParameters(_ bytes: inout ByteBuffer) throws(ProtocolViolation) -> [Parameter] {
    let layoutError = ProtocolViolation(
      message: "invalid startup packet layout: expected terminator as last byte")
    var parameters: [Parameter] = []
    while true {
      guard let name = try readText(&bytes) else { throw layoutError }
      if name.isEmpty { break }
      guard let value = try readText(&bytes) else { throw layoutError }
      parameters.append(Parameter(name: name, value: value))
    }
    guard bytes.readableBytes == 0 else { throw layoutError }
    return parameters
  }

  private static func readText(_ bytes: inout ByteBuffer) throws(ProtocolViolation) -> String? {
    let view = bytes.readableBytesView
    guard let end = view.firstIndex(of: 0) else { return nil }
    let length = end - view.startIndex
    guard let text = bytes.getUTF8(at: bytes.readerIndex, length: length) else {
      throw ProtocolViolation(message: "startup packet is not valid UTF-8")
    }
    bytes.moveReaderIndex(forwardBy: length + 1)
    return text
  }
}

/// Names a session to a cancel request; the secret keeps strangers from cancelling what they didn't start.
struct BackendKey: Sendable, Hashable {
  var processID: UInt32
  var secret: UInt32
}

extension ProtocolViolation {
  static let startupLength = ProtocolViolation(message: "invalid length of startup packet")
}
