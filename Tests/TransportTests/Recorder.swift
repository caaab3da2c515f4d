import NIOCore
import NIOPosix
import RoostBase
import RoostPlatform
import Synchronization
import Testing

@testable import RoostTransport

// What the tests of the network share: observers whose state can be awaited, and networks on free loopback ports.

/// State that other threads change and a test waits for.
final class Observed<Value: Sendable>: Sendable {
  private let box: Mutex<Value>

  init(_ value: Value) { box = Mutex(value) }

  var value: Value { box.withLock { $0 } }

  func change(_ change: (inout Value) -> Void) {
    box.withLock { change(&$0) }
  }

  /// Waits for a state. The bound only keeps a failing test from hanging.
  func wait(_ what: String, until condition: (Value) -> Bool) async throws {
    for _ in 0..<15_000 {
      if condition(value) { return }
      try await Task.sleep(for: .milliseconds(1))
    }
    throw NeverHappened(what: what, state: String("\(value)".prefix(400)))
  }
}

struct NeverHappened: Error {
  var what: String
  var state: String
}

/// Records what a network tells its handler.
final class PeerRecorder: PeerNetworkHandler {
  struct State: Sendable {
    var connected: [NodeID] = []
    var disconnected: [NodeID] = []
    var payloads: [NodeID: [[UInt8]]] = [:]
    /// Connected and not disconnected since.
    var up: Set<NodeID> = []
  }

  let state = Observed(State())
  let loop: NIOLoop

  init(loop: NIOLoop) { self.loop = loop }

  func peerConnected(_ node: NodeID) {
    loop.preconditionCurrent()
    state.change {
      $0.connected.append(node)
      $0.up.insert(node)
    }
  }

  func peerDisconnected(_ node: NodeID) {
    loop.preconditionCurrent()
    state.change {
      $0.disconnected.append(node)
      $0.up.remove(node)
    }
  }

  func received(_ payload: [UInt8], from node: NodeID) {
    loop.preconditionCurrent()
    state.change { $0.payloads[node, default: []].append(payload) }
  }
}

/// A network with its recorder, listening on loopback.
struct TestNode: Sendable {
  static let cluster: UInt128 = 0xC1

  let network: TCPPeerNetwork
  let recorder: PeerRecorder
  let events: Observed<[TransportEvent]>
  let address: PeerAddress

  static func start(
    _ node: UInt64, port: Int = 0, cluster: UInt128 = cluster, authentication: PeerAuthentication = .insecure,
    memory: NodeMemory = .unlimited(), _ configure: (inout PeerNetworkConfiguration) -> Void = { _ in }
  ) async throws -> TestNode {
    var configuration = PeerNetworkConfiguration()
    configuration.seed = node
    // A busy machine must not turn into a refusal.
    configuration.connectTimeout = .seconds(60)
    configuration.handshakeTimeout = .seconds(60)
    configure(&configuration)
    let loop = NIOLoop(MultiThreadedEventLoopGroup.singleton.next())
    let events = Observed<[TransportEvent]>([])
    let network = TCPPeerNetwork(
      loop: loop, node: NodeID(node), clusterID: cluster, authentication: authentication,
      configuration: configuration, memory: memory
    ) { event in
      events.change { $0.append(event) }
    }
    let recorder = PeerRecorder(loop: loop)
    await network.run { $0.handler = recorder }
    let address = try await network.listen(on: PeerAddress(host: "127.0.0.1", port: port))
    return TestNode(network: network, recorder: recorder, events: events, address: address)
  }

  var id: NodeID { network.node }

  func dial(_ other: TestNode) async {
    await network.run { $0.setAddress(other.address, of: other.id) }
  }

  /// Dials and waits until payloads can be sent on the consensus lane.
  func reach(_ other: TestNode) async throws {
    await dial(other)
    try await recorder.state.wait("\(id) reaches \(other.id)") { $0.up.contains(other.id) }
  }

  /// Sends as soon as the lane takes the payload. The bound only keeps a failing test from hanging.
  func sendWhenConnected(_ payload: [UInt8], to other: TestNode, lane: PeerLane) async throws {
    for _ in 0..<15_000 {
      if await network.run({ $0.send(payload, to: other.id, lane: lane) }) { return }
      try await Task.sleep(for: .milliseconds(1))
    }
    throw NeverHappened(what: "the \(lane) lane from \(id) to \(other.id)", state: "not connected")
  }

  func waitForPayloads(_ count: Int, from node: NodeID) async throws -> [[UInt8]] {
    try await recorder.state.wait("\(count) payloads from \(node)") { ($0.payloads[node]?.count ?? 0) >= count }
    return recorder.state.value.payloads[node] ?? []
  }
}

extension TCPPeerNetwork {
  /// Runs on the network's loop and waits for the result.
  @discardableResult
  func run<Value: Sendable>(_ body: @escaping @Sendable (TCPPeerNetwork) -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      loop.execute { continuation.resume(returning: body(self)) }
    }
  }
}

/// A payload that shows its number, of at least eight bytes unless told fewer.
func payload(_ number: Int, size: Int = 8) -> [UInt8] {
  let head = withUnsafeBytes(of: UInt64(number).littleEndian) { Array($0.prefix(size)) }
  return head + [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: size - head.count)
}
