import Crypto
import NIOCore
import NIOPosix
import RoostBase
import RoostPlatform
import Testing

@testable import RoostTransport

/// Frames between nodes that have a secret: only the next one that the other side sent is taken.
@Suite("Frames with a code") struct SecuredFrameTests {
  private let there = FrameAuthenticator(short: SymmetricKey(size: .bits256), long: SymmetricKey(size: .bits256))
  private let back = FrameAuthenticator(short: SymmetricKey(size: .bits256), long: SymmetricKey(size: .bits256))
  private var sender: FrameSecurity? { FrameSecurity(sending: there, receiving: back) }
  private var receiver: FrameSecurity? { FrameSecurity(sending: back, receiving: there) }

  private func frames(_ payloads: [[UInt8]]) -> [[UInt8]] {
    var sender = sender
    return payloads.map { payload in
      var buffer = ByteBuffer()
      Frame.append(payload, to: &buffer, &sender)
      return Array(buffer.readableBytesView)
    }
  }

  private func read(_ bytes: [UInt8], _ security: inout FrameSecurity?) throws -> [UInt8]? {
    var buffer = ByteBuffer(bytes: bytes)
    return try Frame.read(from: &buffer, payloadLimit: 1 << 20, &security)?.1
  }

  @Test func readsBackInAnyPieces() throws {
    let payloads = [
      0, 1, 7, 8, 63, 64, 65, 300, FrameAuthenticator.longPayload - 1, FrameAuthenticator.longPayload, 5000,
    ].map { payload($0, size: $0) }
    var sender = sender
    var stream = ByteBuffer()
    for payload in payloads { Frame.append(payload, to: &stream, &sender) }
    Frame.append(.ping, to: &stream, &sender)
    let bytes = Array(stream.readableBytesView)
    for piece in [1, 3, 8, 100, bytes.count] {
      var receiver = receiver
      var buffer = ByteBuffer()
      var read: [[UInt8]] = []
      var kinds: [Frame.Kind] = []
      for start in stride(from: 0, to: bytes.count, by: piece) {
        buffer.writeBytes(bytes[start..<min(start + piece, bytes.count)])
        while let (kind, payload) = try Frame.read(from: &buffer, payloadLimit: 5000, &receiver) {
          kinds.append(kind)
          if kind == .payload { read.append(payload) }
        }
      }
      #expect(read == payloads)
      #expect(kinds.last == .ping)
      #expect(buffer.readableBytes == 0)
    }
  }

  /// The short code is the library's HMAC, put together from its hash.
  @Test func shortCodesAreThoseOfTheStandard() {
    let key = SymmetricKey(size: .bits256)
    var authenticator = FrameAuthenticator(short: key, long: SymmetricKey(size: .bits256))
    for (number, size) in [0, 1, 51, 52, 53, 64, 200, FrameAuthenticator.longPayload - 1].enumerated() {
      let payload = payload(number, size: size)
      let code = payload.withUnsafeBytes { authenticator.next(word: 77, payload: $0) }
      let place = withUnsafeBytes(of: UInt64(number).littleEndian) { Array($0) } + [77, 0, 0, 0]
      let expected = HMAC<SHA256>.authenticationCode(for: place + payload, using: key).withUnsafeBytes {
        ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      }
      #expect(code == expected, "\(size) bytes")
    }
  }

  @Test(arguments: [20, FrameAuthenticator.longPayload]) func refusesEveryFlippedBit(size: Int) {
    let whole = frames([payload(3, size: size)])[0]
    for bit in 0..<min(whole.count, 60) * 8 {
      var broken = whole
      broken[bit / 8] ^= 1 << (bit % 8)
      var receiver = receiver
      // Followed by more, so that a longer length is complete too.
      let error = #expect(throws: FrameError.self, "bit \(bit)") {
        _ = try read(broken + [UInt8](repeating: 0, count: 1 << 20), &receiver)
      }
      if bit >= 32 { #expect(error == .notAuthentic) }
    }
  }

  @Test(arguments: [8, FrameAuthenticator.longPayload]) func refusesWhatIsRepeatedLeftOutOrMoved(size: Int) throws {
    let sent = frames((0..<4).map { payload($0, size: size) })
    var repeated = receiver
    #expect(try read(sent[0], &repeated) == payload(0, size: size))
    #expect(throws: FrameError.notAuthentic) { try read(sent[0], &repeated) }
    var skipped = receiver
    #expect(try read(sent[0], &skipped) == payload(0, size: size))
    #expect(throws: FrameError.notAuthentic) { try read(sent[2], &skipped) }
    var moved = receiver
    #expect(throws: FrameError.notAuthentic) { try read(sent[1], &moved) }
    // What the receiver sends is none of what it may be sent.
    var reflected = receiver
    var own = ByteBuffer()
    Frame.append(payload(0, size: size), to: &own, &reflected)
    #expect(throws: FrameError.notAuthentic) { try read(Array(own.readableBytesView), &reflected) }
    // Nor is a frame with nothing but a checksum.
    var plain = ByteBuffer()
    Frame.append(payload(0, size: size + 64), to: &plain)
    var strict = receiver
    #expect(throws: FrameError.notAuthentic) {
      try read(Array(plain.readableBytesView) + [UInt8](repeating: 0, count: 64), &strict)
    }
  }

  // MARK: Over sockets

  @Test func nodesWithTheSameSecretReachEachOther() async throws {
    let authentication = PeerAuthentication.secret(JoinSecret())
    let one = try await TestNode.start(1, authentication: authentication)
    let two = try await TestNode.start(2, authentication: authentication)
    try await one.reach(two)
    try await two.reach(one)
    let sent = (0..<200).map { payload($0, size: 8 + $0 * 37) }
    // A node counts as reached as soon as its consensus lane is connected; the other one may come later.
    try await two.sendWhenConnected(sent[0], to: one, lane: .bulk)
    #expect(await one.network.run { $0.send(sent[0], to: two.id, lane: .consensus) })
    for bytes in sent.dropFirst() {
      #expect(await one.network.run { $0.send(bytes, to: two.id, lane: .consensus) })
      #expect(await two.network.run { $0.send(bytes, to: one.id, lane: .bulk) })
    }
    #expect(try await two.waitForPayloads(200, from: one.id) == sent)
    #expect(try await one.waitForPayloads(200, from: two.id) == sent)
    await one.network.shutdown()
    await two.network.shutdown()
  }

  @Test func aNodeWithAnotherSecretIsRefusedWithTheReasonOnBothSides() async throws {
    let one = try await TestNode.start(1, authentication: .secret(JoinSecret()))
    let two = try await TestNode.start(2, authentication: .secret(JoinSecret()))
    await one.dial(two)
    try await one.events.wait("the caller says why") {
      $0.contains(.unreachable(two.id, two.address, .rejected(two.address, .wrongSecret)))
    }
    try await two.events.wait("the other says why") {
      $0.contains { if case .declined(_, .wrongSecret) = $0 { true } else { false } }
    }
    #expect(one.recorder.state.value.connected.isEmpty)
    #expect(two.recorder.state.value.payloads.isEmpty)
    await one.network.shutdown()
    await two.network.shutdown()
  }

  /// Whoever takes a connection over after the greeting gets nothing through.
  @Test func aFrameWithoutTheCodeClosesTheConnection() async throws {
    let secret = JoinSecret()
    let one = try await TestNode.start(1, authentication: .secret(secret))
    let socket = try await RawSocket.connect(to: one.address)
    var exchange = CallerExchange(
      Hello(role: .node(.consensus), cluster: TestNode.cluster, caller: NodeID(9), target: one.id), .secret(secret))
    socket.send(exchange.begin())
    try await socket.state.wait("challenge") { $0.received.count == Hello.size }
    var challenge = ByteBuffer(bytes: socket.state.value.received)
    guard case .send(let proof) = try exchange.received(&challenge) else {
      Issue.record("no proof")
      return
    }
    socket.send(proof)
    try await socket.state.wait("verdict") { $0.received.count == Hello.size + Verdict.size }
    var last = ByteBuffer(bytes: socket.state.value.received.dropFirst(Hello.size))
    guard case .established(let established) = try exchange.received(&last) else {
      Issue.record("not established")
      return
    }
    var security = established.security
    var frames = ByteBuffer()
    Frame.append(payload(1, size: 64), to: &frames, &security)
    // Two of them, so that there is enough for a header of the other kind.
    for number in 2...3 { Frame.append(payload(number, size: 64), to: &frames) }
    socket.send(frames)
    try await socket.state.wait("closed") { $0.isClosed }
    #expect(one.recorder.state.value.payloads == [NodeID(9): [payload(1, size: 64)]])
    try await one.events.wait("event") {
      $0.contains(.broken(NodeID(9), .consensus, .brokenFrame(.notAuthentic)))
    }
    await one.network.shutdown()
  }

  @Test func clientsWithoutTheSecretAreRefused() async throws {
    let secret = JoinSecret()
    let node = try await TestNode.start(1, authentication: .secret(secret))
    let service = SilentService()
    await node.network.run { $0.nativeService = service }
    let loop = NIOLoop(MultiThreadedEventLoopGroup.singleton.next())
    for (authentication, rejection) in [
      (PeerAuthentication.insecure, HandshakeRejection.secretNeeded), (.withoutSecret, .noSecret),
      (.secret(JoinSecret()), .wrongSecret),
    ] {
      await #expect(throws: TransportError.rejected(node.address, rejection)) {
        _ = try await NativeClientSession.connect(
          to: node.address, on: loop, timeout: .seconds(60), authentication: authentication)
      }
    }
    #expect(service.clients.value == 0)
    let session = try await NativeClientSession.connect(
      to: node.address, on: loop, timeout: .seconds(60), authentication: .secret(secret))
    #expect(session.node == NodeID(1) && session.clusterID == TestNode.cluster)
    try await session.send([1, 2, 3])
    #expect(try await session.receive() == [1, 2, 3])
    session.close()
    await node.network.shutdown()
  }
}

private final class SilentService: NativeService {
  let clients = Observed(0)

  func clientConnected(_ connection: any NativeConnection) { clients.change { $0 += 1 } }
  func received(_ payload: [UInt8], from connection: any NativeConnection) { connection.send(payload) }
  func clientDisconnected(_ connection: any NativeConnection) {}
}
