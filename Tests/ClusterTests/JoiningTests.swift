import Foundation
import NIOCore
import NIOPosix
import RoostBase
import RoostPlatform
import Synchronization
import Testing

@testable import RoostCluster
@testable import RoostStore
@testable import RoostTransport

/// What a new node makes of nodes that refuse it: some refusals last, others end by themselves.
@Suite("A node that is to join") struct JoiningTests {
  /// A folder for one test, gone with it.
  private final class Folder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("roost-joining-\(UUID().uuidString)").path

    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  private let loop = NIOLoop(MultiThreadedEventLoopGroup.singleton.next())
  private let own = PeerAddress(host: "127.0.0.1", port: 1)

  private func configuration(_ folder: Folder, join: [PeerAddress], _ security: NodeSecurity) -> NodeConfiguration {
    // A busy machine must not end the search.
    NodeConfiguration(
      clusterName: "roost", name: "node2", dataDirectory: folder.path, peerAddress: own,
      sqlAddress: PeerAddress(host: "127.0.0.1", port: 2), join: join, joinTimeLimit: .seconds(600),
      security: security, localNodes: LocalNodeRegistry(environment: ["HOME": folder.path]), entropy: 7, pid: 1)
  }

  @Test(arguments: [
    (HandshakeRejection.otherCluster, true), (.unknownVersion, true), (.noSecret, true), (.wrongSecret, true),
    (.secretNeeded, true), (.insecure, true), (.tooManyConnections, false), (.noService, false), (.tooSlow, false),
    (.damaged, false),
  ])
  func someRefusalsEndByThemselves(rejection: HandshakeRejection, isLasting: Bool) {
    #expect(rejection.isLasting == isLasting)
  }

  /// The seed serves nobody yet: refused again and again, the node asks on until it is let in.
  @Test func aSeedThatIsNotReadyIsAskedAgain() async throws {
    let folder = Folder()
    let disk = try PosixDisk(root: folder.path)
    let seed = TCPPeerNetwork(loop: loop, node: NodeID(1), clusterID: 0xC1, authentication: .insecure)
    let address = try await seed.listen(on: PeerAddress(host: "127.0.0.1", port: 0))
    let admission = Admission(
      configuration(folder, join: [address], .insecure), disk: disk, loop: loop,
      dialer: TransportDialer(loop: loop, authentication: .insecure), startedAt: 1)
    let ended = Mutex(false)
    let identity = Task {
      defer { ended.withLock { $0 = true } }
      return try await admission.identity()
    }
    while await onLoop({ seed.counters.declinedConnections }) < 5, !ended.withLock({ $0 }) {
      try await Task.sleep(for: .milliseconds(10))
    }
    await onLoop { seed.nativeService = Admitting() }
    #expect(try await identity.value.node == NodeID(9))
    await seed.shutdown()
  }

  private func onLoop<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in loop.execute { continuation.resume(returning: body()) } }
  }

  /// A node that is too busy for one more caller may have time for it later.
  @Test func aBusyNodeIsNoReasonToGiveUp() async throws {
    let folder = Folder()
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    let busy = try await BusyNode.start()
    let file = folder.path + "/" + JoinSecretFile.name
    let configuration = configuration(folder, join: [busy.address], .joinSecret(file: file))
    let source = JoinSecretSource(configuration, file: file, identity: nil, loop: loop) { _ in }
    let ended = Mutex(false)
    let secret = Task {
      defer { ended.withLock { $0 = true } }
      return try await source.secret()
    }
    // For longer than a lasting refusal would be borne.
    while busy.turnedAway.withLock({ $0 }) < 20, !ended.withLock({ $0 }) {
      try await Task.sleep(for: .milliseconds(10))
    }
    let theirs = try JoinSecretFile.keep(JoinSecret(), at: folder.path + "/theirs")
    let registration = configuration.localNodes?.register(busy.address, secretFile: folder.path + "/theirs")
    #expect(try await secret.value == theirs)
    registration?.end()
    try await busy.channel.close()
  }

  /// Who makes a secret where no node has one any more.
  @Test(arguments: [
    (UInt64(1), [UInt64(2), 3], true), (2, [1, 3], false), (2, [3, 4], true), (4, [2, 3], false), (3, [], true),
  ])
  func theLowestMemberMakesTheSecret(node: UInt64, peers: [UInt64], makes: Bool) {
    let folder = Folder()
    // The founder may be gone long since.
    var identity = NodeIdentity(
      clusterName: "roost", clusterID: 0xC1, node: NodeID(node), name: "node2", founders: [NodeID(1)], incarnation: 1)
    identity.peers = peers.map { .init(node: NodeID($0), address: "127.0.0.1:\($0)") }
    let source = JoinSecretSource(
      configuration(folder, join: [], .joinSecret(file: "f")), file: "f", identity: identity, loop: loop
    ) { _ in }
    #expect(source.founds == makes)
  }
}

/// Takes every node in as number 9.
private final class Admitting: NativeService {
  func clientConnected(_ connection: any NativeConnection) {}
  func clientDisconnected(_ connection: any NativeConnection) {}

  func received(_ payload: [UInt8], from connection: any NativeConnection) {
    let admitted = JoinResponse.admitted(
      .init(clusterID: "c1", node: NodeID(9), founders: [NodeID(1)], members: [], partitions: nil))
    guard let body = try? JSONEncoder.stable.encode(admitted) else { return }
    connection.send(NativePayload.response(1, .application([UInt8](body))))
  }
}

/// A listener that turns everybody away before they can prove anything, as a node with too many callers does.
private final class BusyNode: Sendable {
  let channel: any Channel
  let turnedAway: TurnedAway
  var address: PeerAddress { PeerAddress(host: "127.0.0.1", port: channel.localAddress?.port ?? 0) }

  final class TurnedAway: Sendable {
    private let count = Mutex(0)
    func withLock<Value: Sendable>(_ body: (inout Int) -> Value) -> Value { count.withLock { body(&$0) } }
  }

  private init(_ channel: any Channel, _ turnedAway: TurnedAway) {
    self.channel = channel
    self.turnedAway = turnedAway
  }

  static func start() async throws -> BusyNode {
    let turnedAway = TurnedAway()
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Handler(turnedAway))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return BusyNode(channel, turnedAway)
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private var exchange = AnswererExchange(.secret(JoinSecret()))
    private var received = ByteBuffer()
    private let turnedAway: TurnedAway

    init(_ turnedAway: TurnedAway) { self.turnedAway = turnedAway }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var bytes = unwrapInboundIn(data)
      received.writeBuffer(&bytes)
      guard case .send(var answer)? = try? exchange.received(&received),
        var verdict = exchange.answer(.tooManyConnections, cluster: 0xC1, node: NodeID(1))
      else { return }
      // In one piece, as they arrive when the node was quick.
      answer.writeBuffer(&verdict)
      turnedAway.withLock { $0 += 1 }
      context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
      context.close(promise: nil)
    }
  }
}
