import Crypto

/// A number that is used in one greeting only. Each side draws its own, so that neither can be made to accept what was
/// said in an earlier one.
struct HandshakeNonce: Hashable {
  static let size = 32

  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// From the system's randomness.
  static func random() -> HandshakeNonce {
    HandshakeNonce(SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) })
  }
}

/// The keys of one greeting, each for one purpose: HKDF (RFC 5869) over the join secret, salted with the hash of
/// ``Opening`` and ``Challenge``, which hold both nonces, the version, the role and the lane.
///
/// A proof of one side is none of the other (another label, another key), none of another greeting (other nonces) and
/// none for another kind of connection. The codes cover what was said before, so that nothing of it can be exchanged.
struct HandshakeKeys {
  static let codeSize = 32

  private let secret: SymmetricKey
  private let opened: [UInt8]
  private let salt: SHA256.Digest

  /// - Parameters:
  ///   - opening: the bytes of the ``Opening``.
  ///   - challenge: the bytes of the ``Challenge``.
  init(_ secret: JoinSecret, opening: [UInt8], challenge: [UInt8]) {
    self.secret = secret.key
    opened = opening + challenge
    salt = SHA256.hash(data: opened)
  }

  private enum Label: String {
    case callerProof = "roost 2 caller proof"
    case answererProof = "roost 2 answerer proof"
    case callerShortFrames = "roost 2 caller short frames"
    case callerLongFrames = "roost 2 caller long frames"
    case answererShortFrames = "roost 2 answerer short frames"
    case answererLongFrames = "roost 2 answerer long frames"
  }

  private func key(_ label: Label) -> SymmetricKey {
    HKDF<SHA256>.deriveKey(
      inputKeyMaterial: secret, salt: Array(salt), info: Array(label.rawValue.utf8), outputByteCount: 32)
  }

  /// The code under a caller's ``Proof``.
  func callerCode(_ fields: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: opened + fields, using: key(.callerProof)))
  }

  /// Takes the same time whatever is wrong.
  func isCallerCode(_ code: ArraySlice<UInt8>, of fields: ArraySlice<UInt8>) -> Bool {
    HMAC<SHA256>.isValidAuthenticationCode(Array(code), authenticating: opened + fields, using: key(.callerProof))
  }

  /// The code under an answerer's ``Verdict`` on a proof.
  func answererCode(_ fields: [UInt8], proof: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: opened + proof + fields, using: key(.answererProof)))
  }

  func isAnswererCode(_ code: ArraySlice<UInt8>, of fields: ArraySlice<UInt8>, proof: [UInt8]) -> Bool {
    HMAC<SHA256>.isValidAuthenticationCode(
      Array(code), authenticating: opened + proof + fields, using: key(.answererProof))
  }

  /// For frames, as the caller needs it.
  var callerFrames: FrameSecurity { FrameSecurity(sending: framesOfCaller, receiving: framesOfAnswerer) }
  /// For frames, as the answerer needs it.
  var answererFrames: FrameSecurity { FrameSecurity(sending: framesOfAnswerer, receiving: framesOfCaller) }

  private var framesOfCaller: FrameAuthenticator {
    FrameAuthenticator(short: key(.callerShortFrames), long: key(.callerLongFrames))
  }

  private var framesOfAnswerer: FrameAuthenticator {
    FrameAuthenticator(short: key(.answererShortFrames), long: key(.answererLongFrames))
  }
}
