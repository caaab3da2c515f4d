import NIOCore
import RoostBase

/// The answering side of a greeting, as a value; see ``CallerExchange``.
///
/// Until a caller has proved that it knows the secret it is told nothing: not which cluster this is, nor which node.
struct AnswererExchange {
  private enum State {
    case awaitingHello
    case awaitingProof(HandshakeKeys, Hello.Role)
    /// The caller said who it is; whether it may stay is decided elsewhere.
    case judging
    case judgingProof(HandshakeKeys, proof: [UInt8])
    case over
  }

  enum Action {
    /// More bytes are needed.
    case wait
    case send(ByteBuffer)
    /// Decide whether the caller may stay, and say so with ``answer(_:cluster:node:)``.
    case judge(Hello, FrameSecurity?)
  }

  private let authentication: PeerAuthentication
  private let makeNonce: () -> HandshakeNonce
  private var state = State.awaitingHello

  /// - Parameter nonce: called once a caller has opened a greeting, not for those who say something else.
  init(_ authentication: PeerAuthentication, nonce: @escaping @autoclosure () -> HandshakeNonce = .random()) {
    self.authentication = authentication
    makeNonce = nonce
  }

  /// Whether `bytes` are so far the beginning of a greeting that proves the secret, so that there is nothing to judge yet.
  private static func beginsProof(_ bytes: [UInt8], _ authentication: PeerAuthentication) -> Bool {
    guard case .secret = authentication, Hello.magic.elementsEqual(bytes.prefix(Hello.magic.count)) else {
      return false
    }
    let version = Opening.version
    return bytes.dropFirst(Hello.magic.count).starts(with: [UInt8(truncatingIfNeeded: version), UInt8(version >> 8)])
  }

  /// What is wrong with a greeting that begins so, and what the caller is told; nil if it may go on.
  static func refusal(
    of bytes: [UInt8], _ authentication: PeerAuthentication, cluster: UInt128, node: NodeID
  ) -> (rejection: HandshakeRejection, answer: ByteBuffer?)? {
    if beginsProof(bytes, authentication) { return nil }
    var exchange = AnswererExchange(authentication)
    var buffer = ByteBuffer(bytes: bytes)
    do throws(HandshakeRejection) {
      _ = try exchange.received(&buffer)
      return nil
    } catch {
      return (error, exchange.answer(error, cluster: cluster, node: node))
    }
  }

  /// Takes what it needs out of `buffer`; what is behind belongs to whoever speaks next.
  mutating func received(_ buffer: inout ByteBuffer) throws(HandshakeRejection) -> Action {
    switch state {
    case .judging, .judgingProof, .over: return .wait
    case .awaitingHello:
      guard hasMagic(buffer, Hello.magic) else { throw .notRoost }
      // The version decides what follows; it is judged first, so that a later version may be longer or shorter.
      guard let version = buffer.getInteger(at: buffer.readerIndex + 8, endianness: .little, as: UInt16.self) else {
        return .wait
      }
      switch (version, authentication) {
      case (Hello.version, .insecure):
        guard let hello = try Hello.read(from: &buffer) else { return .wait }
        state = .judging
        return .judge(hello, nil)
      case (Opening.version, .secret(let secret)):
        guard let (opening, bytes) = try Opening.read(from: &buffer) else { return .wait }
        let challenge = Challenge(nonce: makeNonce()).encoded()
        state = .awaitingProof(
          HandshakeKeys(secret, opening: bytes, challenge: Array(challenge.readableBytesView)), opening.role)
        return .send(challenge)
      case (Hello.version, _): throw .secretNeeded
      case (Opening.version, _): throw .insecure
      default: throw .unknownVersion
      }
    case .awaitingProof(let keys, let role):
      guard let (proof, bytes) = Proof.read(from: &buffer) else { return .wait }
      let (fields, code) = (bytes[..<Proof.fieldSize], bytes[Proof.fieldSize...])
      guard keys.isCallerCode(code, of: fields) else {
        throw code.elementsEqual(Proof.noCode) ? .noSecret : .wrongSecret
      }
      state = .judgingProof(keys, proof: bytes)
      return .judge(
        Hello(role: role, cluster: proof.cluster, caller: proof.caller, target: proof.target), keys.answererFrames)
    }
  }

  /// The last word, in a form that the caller understands; nil if there is nobody who would.
  ///
  /// - Parameter rejection: nil if the caller may stay.
  mutating func answer(_ rejection: HandshakeRejection?, cluster: UInt128, node: NodeID) -> ByteBuffer? {
    defer { state = .over }
    guard rejection != .notRoost, rejection != .tooSlow else { return nil }
    switch state {
    case .over: return nil
    case .judgingProof(let keys, let proof):
      let fields = Verdict(rejection: rejection, cluster: cluster, answerer: node).fields
      return ByteBuffer(bytes: fields + keys.answererCode(fields, proof: proof))
    case .awaitingProof:
      return ByteBuffer(
        bytes: Verdict(rejection: rejection, cluster: 0, answerer: .none).fields + Proof.noCode)
    case .awaitingHello, .judging:
      guard authentication.isInsecure else {
        return Welcome(rejection: rejection, cluster: 0, answerer: .none).encoded()
      }
      return Welcome(rejection: rejection, cluster: cluster, answerer: node).encoded()
    }
  }
}
