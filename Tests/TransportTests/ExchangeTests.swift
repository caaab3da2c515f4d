import NIOCore
import RoostBase
import RoostPlatform
import Testing

@testable import RoostTransport

/// The greeting of version 2 as two values that are handed each other's bytes, and what stands between them.
@Suite("The greeting with a secret") struct ExchangeTests {
  private static let secret = JoinSecret()
  private static let cluster: UInt128 = 0xC1
  private let hello = Hello(
    role: .node(.consensus), cluster: cluster, caller: NodeID(2), target: NodeID(1))

  private func caller(_ hello: Hello? = nil, _ authentication: PeerAuthentication = .secret(secret)) -> CallerExchange {
    CallerExchange(hello ?? self.hello, authentication)
  }

  private func answerer(_ authentication: PeerAuthentication = .secret(secret)) -> AnswererExchange {
    AnswererExchange(authentication)
  }

  /// What the answerer sends for a challenge.
  private func challenge(_ answerer: inout AnswererExchange, _ opening: ByteBuffer) throws -> ByteBuffer {
    var opening = opening
    guard case .send(let challenge) = try answerer.received(&opening) else { throw NeverHappened(what: "", state: "") }
    return challenge
  }

  private func proof(_ caller: inout CallerExchange, _ challenge: ByteBuffer) throws -> ByteBuffer {
    var challenge = challenge
    guard case .send(let proof) = try caller.received(&challenge) else { throw NeverHappened(what: "", state: "") }
    return proof
  }

  private func judged(_ answerer: inout AnswererExchange, _ proof: ByteBuffer) throws -> (Hello, FrameSecurity?) {
    var proof = proof
    guard case .judge(let hello, let security) = try answerer.received(&proof) else {
      throw NeverHappened(what: "", state: "")
    }
    return (hello, security)
  }

  private func verdict(_ answerer: inout AnswererExchange, _ rejection: HandshakeRejection? = nil) throws -> ByteBuffer
  {
    let bytes = answerer.answer(rejection, cluster: Self.cluster, node: NodeID(1))
    return try #require(bytes)
  }

  // MARK: What goes well

  @Test(arguments: [true, false]) func bothLearnWhoTheOtherIs(isNode: Bool) throws {
    let hello = isNode ? hello : Hello(role: .client, cluster: 0, caller: .none, target: .none)
    var caller = caller(hello)
    var answerer = answerer()
    let challenge = try challenge(&answerer, caller.begin())
    let (seen, security) = try judged(&answerer, try proof(&caller, challenge))
    #expect(seen == hello)
    var last = try verdict(&answerer)
    guard case .established(let established) = try caller.received(&last) else {
      Issue.record("not established")
      return
    }
    #expect(established.cluster == Self.cluster && established.answerer == NodeID(1))
    // Each direction has a key of its own, the same on both sides.
    var ours = try #require(established.security)
    var theirs = try #require(security)
    let payload = [UInt8](repeating: 7, count: 100)
    payload.withUnsafeBytes { bytes in
      let sent = ours.sending.next(word: 1, payload: bytes)
      let expected = theirs.receiving.next(word: 1, payload: bytes)
      let other = theirs.sending.next(word: 1, payload: bytes)
      #expect(sent == expected)
      #expect(sent != other)
    }
  }

  @Test func aStrangerIsToldNothing() throws {
    var answerer = answerer()
    let opening = Opening(role: .client, nonce: .random()).encoded()
    let told = try challenge(&answerer, opening)
    // Magic, version and a random number.
    #expect(told.readableBytesView.prefix(12).elementsEqual(Welcome.magic + [2, 0, 0, 0]))
    var guess = ByteBuffer(bytes: [UInt8](repeating: 0x5A, count: Proof.size))
    #expect(throws: HandshakeRejection.wrongSecret) { try answerer.received(&guess) }
    var refusal = try verdict(&answerer, .wrongSecret)
    let said = Verdict.read(from: &refusal)
    #expect(said?.0 == Verdict(rejection: .wrongSecret, cluster: 0, answerer: .none))
  }

  @Test func waitsForTheRestOfEveryMessage() throws {
    var caller = caller()
    var answerer = answerer()
    func feed(_ whole: ByteBuffer, _ waits: (inout ByteBuffer) throws -> Bool) rethrows {
      for count in 0..<whole.readableBytes {
        var part = ByteBuffer(bytes: whole.readableBytesView.prefix(count))
        let isWaiting = try waits(&part)
        #expect(isWaiting, "\(count) bytes")
      }
    }
    let opening = caller.begin()
    try feed(opening) { if case .wait = try answerer.received(&$0) { true } else { false } }
    let challenge = try challenge(&answerer, opening)
    try feed(challenge) { if case .wait = try caller.received(&$0) { true } else { false } }
    let proof = try proof(&caller, challenge)
    try feed(proof) { if case .wait = try answerer.received(&$0) { true } else { false } }
    _ = try judged(&answerer, proof)
    let last = try verdict(&answerer)
    try feed(last) { if case .wait = try caller.received(&$0) { true } else { false } }
  }

  // MARK: What is refused

  @Test func anotherSecretIsRefusedOnBothSides() throws {
    var caller = caller(nil, .secret(JoinSecret()))
    var answerer = answerer()
    var proof = try proof(&caller, try challenge(&answerer, caller.begin()))
    #expect(throws: HandshakeRejection.wrongSecret) { try answerer.received(&proof) }
    var refusal = try verdict(&answerer, .wrongSecret)
    #expect(throws: HandshakeRejection.wrongSecret) { try caller.received(&refusal) }
  }

  @Test func anAnswererThatOnlyPretendsIsRefused() throws {
    var caller = caller()
    _ = caller.begin()
    _ = try proof(&caller, Challenge(nonce: .random()).encoded())
    let fields = Verdict(rejection: nil, cluster: Self.cluster, answerer: NodeID(1)).fields
    var pretended = ByteBuffer(bytes: fields + [UInt8](repeating: 1, count: 32))
    #expect(throws: HandshakeRejection.wrongSecret) { try caller.received(&pretended) }
  }

  @Test func aCallerWithoutASecretIsToldSo() throws {
    var caller = caller(nil, .withoutSecret)
    var answerer = answerer()
    var proof = try proof(&caller, try challenge(&answerer, caller.begin()))
    // It says nothing of itself to a stranger.
    #expect(proof.readableBytesView.allSatisfy { $0 == 0 })
    #expect(throws: HandshakeRejection.noSecret) { try answerer.received(&proof) }
    var refusal = try verdict(&answerer, .noSecret)
    #expect(throws: HandshakeRejection.noSecret) { try caller.received(&refusal) }
  }

  @Test func aProofOfAnEarlierGreetingIsWorthNothing() throws {
    var honest = caller()
    var first = answerer()
    let opening = honest.begin()
    let proof = try proof(&honest, try challenge(&first, opening))
    _ = try judged(&first, proof)
    // The same opening and proof again: the number of the challenge is another one.
    var second = answerer()
    _ = try challenge(&second, opening)
    var repeated = proof
    #expect(throws: HandshakeRejection.wrongSecret) { try second.received(&repeated) }
  }

  @Test func aVerdictOfAnEarlierGreetingIsWorthNothing() throws {
    var first = caller()
    var answerer = answerer()
    let challenge = try challenge(&answerer, first.begin())
    _ = try judged(&answerer, try proof(&first, challenge))
    var last = try verdict(&answerer)
    var second = caller()
    _ = second.begin()
    _ = try proof(&second, challenge)
    #expect(throws: HandshakeRejection.wrongSecret) { try second.received(&last) }
  }

  @Test func whatComesBackIsNoProof() async throws {
    // Its own bytes, sent back: the number is its own.
    var caller = caller()
    let opening = caller.begin()
    var bytes = opening
    guard let (own, _) = try Opening.read(from: &bytes) else { return }
    var echoed = Challenge(nonce: own.nonce).encoded()
    #expect(throws: HandshakeRejection.damaged) { try caller.received(&echoed) }
    // Its own proof, handed to it as a verdict.
    var second = self.caller()
    _ = second.begin()
    var proof = try proof(&second, Challenge(nonce: .random()).encoded())
    #expect(throws: HandshakeRejection.self) { try second.received(&proof) }
    // Its own greeting, led to its own port: the proof is sound, and says for whom it was meant.
    let node = try await TestNode.start(2, cluster: Self.cluster, authentication: .secret(Self.secret))
    var third = self.caller()
    var answering = answerer()
    let (seen, security) = try judged(
      &answering, try self.proof(&third, try challenge(&answering, third.begin())))
    #expect(await rejection(of: seen, security, by: node.network) == .selfConnection)
    // And that of another node, led to this one.
    var astray = self.caller(Hello(role: .node(.bulk), cluster: Self.cluster, caller: NodeID(1), target: NodeID(3)))
    var other = answerer()
    let (meant, keys) = try judged(&other, try self.proof(&astray, try challenge(&other, astray.begin())))
    #expect(await rejection(of: meant, keys, by: node.network) == .otherNode)
    await node.network.shutdown()
  }

  /// Why a network does not let a caller stay that has proved itself; nil if it does.
  private func rejection(
    of hello: Hello, _ security: FrameSecurity?, by network: TCPPeerNetwork
  ) async -> HandshakeRejection? {
    await network.run { network in
      do throws(HandshakeRejection) {
        _ = try network.admit(hello, security, remote: "here")
        return nil
      } catch { return error }
    }
  }

  @Test func whatIsChangedOnTheWayIsRefused() throws {
    // One bit of every message in turn. A number that changed, or a role, shows in the proof.
    for message in 0..<4 {
      for bit in 0..<(message < 2 ? Hello.size : Proof.size) * 8 {
        var caller = caller()
        var answerer = answerer()
        func pass(_ number: Int, _ buffer: ByteBuffer) -> ByteBuffer {
          guard number == message else { return buffer }
          var bytes = Array(buffer.readableBytesView)
          bytes[bit / 8] ^= 1 << (bit % 8)
          // Nobody checks sums against those who can compute them.
          if message < 2, bit / 8 < Hello.size - 4 {
            var sealed = ByteBuffer(bytes: bytes.dropLast(4))
            appendChecksum(to: &sealed)
            return sealed
          }
          return ByteBuffer(bytes: bytes)
        }
        var isEstablished = false
        do {
          let challenge = pass(1, try challenge(&answerer, pass(0, caller.begin())))
          let proof = pass(2, try proof(&caller, challenge))
          _ = try judged(&answerer, proof)
          var last = pass(3, try verdict(&answerer))
          if case .established = try caller.received(&last) { isEstablished = true }
        } catch {}
        #expect(!isEstablished, "message \(message), bit \(bit)")
      }
    }
  }

  @Test func aSecretIsNeverGivenUpForAnEarlierVersion() throws {
    // Version 1 against a node with a secret.
    var plain = caller(nil, .insecure)
    var answerer = answerer()
    var hello = plain.begin()
    #expect(throws: HandshakeRejection.secretNeeded) { try answerer.received(&hello) }
    var refusal = try verdict(&answerer, .secretNeeded)
    var copy = refusal
    let said = try Welcome.read(from: &copy)
    #expect(said == Welcome(rejection: .secretNeeded, cluster: 0, answerer: .none))
    #expect(throws: HandshakeRejection.secretNeeded) { try plain.received(&refusal) }
    // Version 2 against a node without one, and against one of before.
    var caller = caller()
    var insecure = self.answerer(.insecure)
    var opening = caller.begin()
    #expect(throws: HandshakeRejection.insecure) { try insecure.received(&opening) }
    var answer = try verdict(&insecure, .insecure)
    #expect(throws: HandshakeRejection.insecure) { try caller.received(&answer) }
    for rejection in [HandshakeRejection.unknownVersion, nil] {
      var caller = self.caller()
      _ = caller.begin()
      var old = Welcome(rejection: rejection, cluster: Self.cluster, answerer: NodeID(1)).encoded()
      #expect(throws: HandshakeRejection.insecure) { try caller.received(&old) }
    }
  }

  @Test func anotherNodeOrClusterIsNotTakenForTheRightOne() throws {
    for (cluster, node, rejection) in [
      (Self.cluster, NodeID(3), HandshakeRejection.otherNode), (7, NodeID(1), .otherCluster),
    ] {
      var caller = caller()
      var answerer = answerer()
      _ = try judged(&answerer, try proof(&caller, try challenge(&answerer, caller.begin())))
      guard var last = answerer.answer(nil, cluster: cluster, node: node) else { return }
      #expect(throws: rejection) { try caller.received(&last) }
    }
  }

  // MARK: Refused at the first look

  private func refusal(
    _ bytes: [UInt8], _ authentication: PeerAuthentication = .secret(secret)
  ) -> (rejection: HandshakeRejection, answer: ByteBuffer?)? {
    AnswererExchange.refusal(of: bytes, authentication, cluster: Self.cluster, node: NodeID(1))
  }

  private func opened() -> [UInt8] {
    var caller = caller()
    return Array(caller.begin().readableBytesView)
  }

  @Test func aGreetingThatMayGoOnIsNotRefused() {
    let opening = opened()
    for length in [0, 1, 8, 9, 10, opening.count] { #expect(refusal(Array(opening[..<length])) == nil) }
    let insecure = Array(hello.encoded().readableBytesView)
    for length in [0, 1, 9, 40, insecure.count] { #expect(refusal(Array(insecure[..<length]), .insecure) == nil) }
  }

  @Test func strangersAreToldAsMuchAsInTheHandshake() throws {
    for bytes in [[0x47], Array("GET / HTTP/1.1\r\n".utf8), [0xB0, 0x52, 0]] as [[UInt8]] {
      let refused = try #require(refusal(bytes))
      #expect(refused.rejection == .notRoost)
      #expect(refused.answer == nil)
    }
    let plain = Array(hello.encoded().readableBytesView)
    let refused = try #require(refusal(plain))
    #expect(refused.rejection == .secretNeeded)
    var exchange = answerer()
    #expect(throws: HandshakeRejection.secretNeeded) {
      var buffer = ByteBuffer(bytes: plain)
      _ = try exchange.received(&buffer)
    }
    #expect(refused.answer == exchange.answer(.secretNeeded, cluster: Self.cluster, node: NodeID(1)))
    #expect(refused.answer != nil)
  }
}
