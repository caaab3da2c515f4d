public import RoostBase
public import RoostPlatform

/// Whether one incarnation of a node is alive; shared by all its parts, so that a dead one's parts do nothing any more.
final class ProcessLife {
  var isAlive = true
  var isPaused = false
  var isRunning: Bool { isAlive && !isPaused }
}

/// One incarnation of a node, from start to crash: the seams its code is assembled from.
///
/// Unchecked sendable: guarded by the world's thread.
public final class SimulatedProcess: @unchecked Sendable {
  public let node: SimulatedNode
  /// Counts the starts of the node, from 1.
  public let incarnation: UInt64
  public let loops: [SimulatedLoop]
  public let disk: SimulatedDisk
  /// The endpoint of this incarnation; its callbacks come on the first loop.
  public let network: SimulatedPeerNetwork
  /// For whatever the node's code leaves to chance.
  public var generator: SeededGenerator
  private(set) var workers: [SimulatedWorker] = []
  let life = ProcessLife()

  public var isAlive: Bool { life.isAlive }
  public var id: NodeID { node.id }
  /// Nanoseconds since 1970 as this machine believes; may be wrong and may jump.
  public var wallNanoseconds: Int64 { node.clock.wall(at: node.world.now) }

  init(node: SimulatedNode, incarnation: UInt64, loopCount: Int, generator: SeededGenerator) {
    self.node = node
    self.incarnation = incarnation
    self.generator = generator
    let life = self.life
    loops = (0..<loopCount).map { _ in SimulatedLoop(node: node, life: life) }
    disk = SimulatedDisk(medium: node.medium, life: life) { [unowned node] in node.diskOperationBegins() }
    network = SimulatedPeerNetwork(node: node, life: life, loops: loops)
  }

  public func makeWorker() -> SimulatedWorker {
    let worker = SimulatedWorker(node: node, life: life)
    workers.append(worker)
    return worker
  }

  /// The process ends itself, as on a failed sync; from here on nothing it does has any effect.
  ///
  /// - Parameter kind: A power loss where the process ends because nobody knows what its disk kept.
  public func exit(_ kind: CrashKind = .kill, restartAfter delay: Duration? = nil) {
    guard life.isAlive else { return }
    node.crash(kind, restartAfter: delay)
  }

  func discard() {
    life.isAlive = false
    for loop in loops { loop.discard() }
    for worker in workers { worker.discard() }
    network.discard()
  }
}
