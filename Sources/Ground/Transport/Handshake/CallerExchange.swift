import NIOCore
import RoostBase

/// The calling side of a greeting, as a value: bytes in, bytes and the outcome out.
///
///     secret     ─ opening ▶ ◀ challenge ─ ─ proof ▶ ◀ verdict ─
///     insecure   ─ hello ▶ ◀ welcome ─
///
/// A caller that has a secret never falls back to the greeting without: whoever stands in between gains nothing by
/// pretending that the other side is of an earlier version.
struct CallerExchange {
  private enum State {
    case silent
    case awaitingWelcome
    case awaitingChallenge(opening: [UInt8])
    /// No keys: this caller has no secret, and waits to be told what it knows.
    case awaitingVerdict(HandshakeKeys?, proof: [UInt8])
    case over
  }

  enum Action {
    /// More bytes are needed.
    case wait
    case send(ByteBuffer)
    case established(Established)
  }

  private let hello: Hello
  private let authentication: PeerAuthentication
  private let nonce: HandshakeNonce
  private var state = State.silent

  init(_ hello: Hello, _ authentication: PeerAuthentication, nonce: HandshakeNonce = .random()) {
    self.hello = hello
    self.authentication = authentication
    self.nonce = nonce
  }

  /// What is sent first.
  mutating func begin() -> ByteBuffer {
    guard !authentication.isInsecure else {
      state = .awaitingWelcome
      return hello.encoded()
    }
    let opening = Opening(role: hello.role, nonce: nonce).encoded()
    state = .awaitingChallenge(opening: Array(opening.readableBytesView))
    return opening
  }

  /// Takes what it needs out of `buffer`; what is behind belongs to whoever speaks next.
  mutating func received(_ buffer: inout ByteBuffer) throws(HandshakeRejection) -> Action {
    switch state {
    case .silent, .over: return .wait
    case .awaitingWelcome:
      guard let welcome = try Welcome.read(from: &buffer) else { return .wait }
      state = .over
      if let rejection = welcome.rejection { throw rejection }
      return .established(try judged(Established(cluster: welcome.cluster, answerer: welcome.answerer)))
    case .awaitingChallenge(let opening):
      guard let (challenge, bytes) = try Challenge.read(from: &buffer) else { return .wait }
      // Nobody draws the number that was just drawn here; who repeats it has none of its own.
      guard challenge.nonce != nonce else { throw .damaged }
      return .send(prove(opening: opening, challenge: bytes))
    case .awaitingVerdict(let keys, let proof):
      guard let (verdict, bytes) = Verdict.read(from: &buffer) else { return .wait }
      state = .over
      guard let keys else { throw verdict.rejection ?? .noSecret }
      let (fields, code) = (bytes[..<Verdict.fieldSize], bytes[Verdict.fieldSize...])
      let isProved = keys.isAnswererCode(code, of: fields, proof: proof)
      if let rejection = verdict.rejection { throw rejection }
      guard isProved else { throw .wrongSecret }
      return .established(
        try judged(
          Established(cluster: verdict.cluster, answerer: verdict.answerer, security: keys.callerFrames)))
    }
  }

  private mutating func prove(opening: [UInt8], challenge: [UInt8]) -> ByteBuffer {
    var proof = Proof(cluster: hello.cluster, caller: hello.caller, target: hello.target)
    var keys: HandshakeKeys?
    if case .secret(let secret) = authentication {
      keys = HandshakeKeys(secret, opening: opening, challenge: challenge)
    } else {
      // Of itself it tells nothing to those it can't trust.
      proof = Proof(cluster: 0, caller: .none, target: .none)
    }
    let fields = proof.fields
    let bytes = fields + (keys?.callerCode(fields) ?? Proof.noCode)
    state = .awaitingVerdict(keys, proof: bytes)
    return ByteBuffer(bytes: bytes)
  }

  private func judged(_ established: Established) throws(HandshakeRejection) -> Established {
    if hello.cluster != 0, established.cluster != hello.cluster { throw .otherCluster }
    if hello.target != .none, established.answerer != hello.target { throw .otherNode }
    return established
  }
}

/// What a caller knows of the other side after a greeting.
struct Established {
  var cluster: UInt128
  var answerer: NodeID
  /// Nil without a secret.
  var security: FrameSecurity?
}
