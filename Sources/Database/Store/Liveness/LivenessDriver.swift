import RoostBase
import RoostMembership
import RoostPlatform
import RoostRaft

/// Runs ``NodeLiveness``: gives it time and what arrives, sends the heartbeats it wants sent, and tells its watcher who
/// is suspected and who is back.
///
/// Touched on its loop only, which is what `@unchecked` relies on.
final class LivenessDriver: @unchecked Sendable {
  private let loop: any Loop
  private let network: any PeerNetwork
  /// The last batch of this node's log that is durable.
  private let durableBatch: () -> UInt64
  /// Set before the first event.
  unowned var watcher: (any LivenessWatcher)!

  /// What is known of the other nodes.
  @exclusivity(unchecked) private(set) var nodes: NodeLiveness
  private var timer: (any LoopTimer)?
  private var deadline = Instant.distantFuture
  private var isStopped = false

  init(
    _ configuration: NodeLiveness.Configuration, loop: any Loop, network: any PeerNetwork,
    durableBatch: @escaping () -> UInt64
  ) {
    self.loop = loop
    self.network = network
    self.durableBatch = durableBatch
    nodes = NodeLiveness(configuration, now: loop.now)
  }

  /// The log is recovered: its end is what this node may be expected to have.
  func start() { nodes.watermarkAtStart = durableBatch() }

  func stop() {
    isStopped = true
    timer?.cancel()
  }

  // MARK: Events

  /// Call it before anything else is sent on a connection: until the first heartbeat the peer does not know whose
  /// messages these are.
  func connected(to node: NodeID) {
    nodes.watermark = durableBatch()
    nodes.connected(to: node, now: loop.now)
    perform()
  }

  func disconnected(from node: NodeID) {
    nodes.disconnected(from: node, now: loop.now)
    perform()
  }

  func received(_ heartbeat: Heartbeat, from node: NodeID) {
    nodes.received(heartbeat, from: node, now: loop.now)
    perform()
  }

  /// Something else than a heartbeat came from the known incarnation of a node.
  func heard(from node: NodeID, now: Instant) { nodes.heard(from: node, now: now) }

  // MARK: What is known from elsewhere

  /// The cluster's records say that a node was started as this incarnation.
  func expect(_ tag: Incarnation.Tag, of node: NodeID) { nodes.expect(tag, of: node, now: loop.now) }

  /// The cluster's records say that a node was replaced.
  func retire(_ node: NodeID) { nodes.retire(node, now: loop.now) }

  /// A node had said, before this one was started, that this batch of its log is durable.
  func recall(_ batch: UInt64, of node: NodeID) { nodes.recall(batch, of: node, now: loop.now) }

  /// What hinders this node, as its next heartbeats say. Returns whether that is something else than before.
  func setCondition(_ condition: NodeCondition) -> Bool {
    guard condition != nodes.condition else { return false }
    nodes.condition = condition
    return true
  }

  // MARK: Acting

  private func perform() {
    for action in nodes.takeActions() {
      switch action {
      case .send(let heartbeat, let node):
        network.send(PeerPayload.heartbeat(heartbeat), to: node, lane: .consensus)
      case .suspected(let node): watcher.nodeSuspected(node)
      case .returned(let node, let isNew): watcher.nodeReturned(node, isNew: isNew)
      case .deaf(let node): watcher.nodeIsDeaf(node)
      case .refuse(let node, let tag, let refusal):
        network.send(PeerPayload.refusal(of: tag, refusal), to: node, lane: .consensus)
        watcher.nodeRefused(node, refusal)
      }
    }
    arm()
  }

  private func arm() {
    let next = nodes.nextDeadline
    guard next < deadline, !isStopped else { return }
    timer?.cancel()
    deadline = next
    timer = loop.schedule(at: next) { [self] in tick() }
  }

  private func tick() {
    deadline = .distantFuture
    guard !isStopped else { return }
    watcher.heartbeatsAreDue()
    nodes.watermark = durableBatch()
    nodes.tick(now: loop.now)
    watcher.heartbeatsAreMade()
    perform()
  }
}

/// Who has to know which nodes are there.
protocol LivenessWatcher: AnyObject {
  /// Heartbeats are about to be made: what they say of this node can still change.
  func heartbeatsAreDue()
  func heartbeatsAreMade()
  /// A node seems dead.
  func nodeSuspected(_ node: NodeID)
  /// A node can be reached again, or for the first time; if `isNew`, as another incarnation, which remembers nothing.
  func nodeReturned(_ node: NodeID, isNew: Bool)
  /// A node is heard and does not hear this one.
  func nodeIsDeaf(_ node: NodeID)
  /// A node is not who it says, and was told so.
  func nodeRefused(_ node: NodeID, _ refusal: NodeLiveness.Refusal)
}
