public import RoostPlatform

/// A blocking thread of a simulated process: one piece at a time, in order, each an event after the time the disk
/// takes.
///
/// A piece itself takes no virtual time, so a crash falls between pieces, or inside one where
/// ``SimulatedNode/crashDuringDiskOperation(_:kind:restartAfter:)`` asks for it.
///
/// Unchecked sendable: guarded by the world's thread.
public final class SimulatedWorker: BlockingWorker, @unchecked Sendable {
  private let node: SimulatedNode
  private let life: ProcessLife
  private var queue: [@Sendable () -> Void] = []
  private var head = 0
  private var isPosted = false

  init(node: SimulatedNode, life: ProcessLife) {
    self.node = node
    self.life = life
  }

  public func submit(_ work: @escaping @Sendable () -> Void) {
    guard life.isAlive else { return }
    queue.append(work)
    post()
  }

  func post() {
    guard !isPosted, life.isRunning, head < queue.count, !node.diskIsStalled else { return }
    isPosted = true
    node.world.post(after: node.diskDelay(), kind: .piece, node: node.id) { [self] in
      isPosted = false
      guard life.isRunning, !node.diskIsStalled, head < queue.count else { return }
      let work = queue[head]
      head += 1
      if head == queue.count {
        queue.removeAll(keepingCapacity: true)
        head = 0
      }
      node.world.enter(nil) { work() }
      post()
    }
  }

  func discard() {
    queue = []
    head = 0
  }
}
