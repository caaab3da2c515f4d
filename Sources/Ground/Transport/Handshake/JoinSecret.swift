import Crypto

/// What the nodes of one cluster have in common and nobody else knows: 32 random bytes.
///
/// As text it is `roost-secret-` and 48 characters of base64url (RFC 4648, section 5): the bytes, then four bytes of
/// their SHA-256, so that a text that was cut or mistyped is noticed before anybody is refused because of it.
public struct JoinSecret: Hashable, Sendable {
  static let byteCount = 32
  private static let checksumCount = 4
  private static let textPrefix = "roost-secret-"
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  let key: SymmetricKey

  /// Draws a new one from the system's randomness.
  public init() { key = SymmetricKey(size: .bits256) }

  /// Reads the text form; white space around it is ignored.
  ///
  /// - Throws: ``JoinSecretError`` if the text is anything else, without repeating it: it may be a secret after all.
  public init(text: String) throws(JoinSecretError) {
    let trimmed = text.drop { $0.isWhitespace }
    guard trimmed.hasPrefix(Self.textPrefix) else { throw .notASecret }
    var digits = Array(trimmed.dropFirst(Self.textPrefix.count).utf8)
    while let last = digits.last, last == 0x20 || (0x09...0x0D).contains(last) { digits.removeLast() }
    let bytes = try Self.decode(digits)
    guard bytes.count == Self.byteCount + Self.checksumCount else { throw .damaged }
    let secret = bytes[..<Self.byteCount]
    guard Self.checksum(secret) == bytes[Self.byteCount...] else { throw .damaged }
    key = SymmetricKey(data: secret)
  }

  /// The text form, without a line end.
  public var text: String {
    let bytes = key.withUnsafeBytes { Array($0) }
    let all = bytes + Self.checksum(bytes[...])
    var digits: [UInt8] = []
    // 36 bytes are 12 groups of three: nothing is padded.
    for start in stride(from: 0, to: all.count, by: 3) {
      let group = UInt32(all[start]) << 16 | UInt32(all[start + 1]) << 8 | UInt32(all[start + 2])
      for shift in [18, 12, 6, 0] as [UInt32] { digits.append(Self.alphabet[Int(group >> shift & 63)]) }
    }
    return Self.textPrefix + String(decoding: digits, as: UTF8.self)
  }

  private static func checksum(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    Array(SHA256.hash(data: Array(textPrefix.utf8) + bytes))[..<checksumCount]
  }

  private static func decode(_ digits: [UInt8]) throws(JoinSecretError) -> [UInt8] {
    guard digits.count == (byteCount + checksumCount) / 3 * 4 else { throw .damaged }
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: digits.count, by: 4) {
      var group: UInt32 = 0
      for digit in digits[start..<start + 4] {
        guard let value = alphabet.firstIndex(of: digit) else { throw .damaged }
        group = group << 6 | UInt32(value)
      }
      bytes += [UInt8(group >> 16), UInt8(group >> 8 & 0xFF), UInt8(group & 0xFF)]
    }
    return bytes
  }

  public static func == (left: JoinSecret, right: JoinSecret) -> Bool { left.key == right.key }

  public func hash(into hasher: inout Hasher) { key.withUnsafeBytes { hasher.combine(bytes: $0) } }
}

/// A secret never shows by accident: in a log line, an assertion or a dump.
extension JoinSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "a join secret" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a text is no ``JoinSecret``.
public enum JoinSecretError: Error, Hashable, Sendable, CustomStringConvertible {
  case notASecret
  /// It begins like one, and is cut, too long or mistyped.
  case damaged

  public var description: String {
    switch self {
    case .notASecret: "no join secret is in it: that begins with roost-secret-"
    case .damaged: "the join secret in it is cut or mistyped; copy it again"
    }
  }
}

/// How the two ends of a connection to a peer port know that they belong together.
public enum PeerAuthentication: Hashable, Sendable {
  /// Both prove that they know the secret, and frames between nodes carry a code that only they can make.
  case secret(JoinSecret)
  /// Whoever greets is believed (the greeting of version 1): for trying things on one machine.
  case insecure
  /// A caller without a secret. It is refused; the one it calls learns that somebody lacks the secret, and says so.
  case withoutSecret

  public var isInsecure: Bool { self == .insecure }
}
