public import RoostBase
public import RoostPlatform

/// A loop of a simulated process: what is handed over runs in order in turns, each an event a moment later; timers
/// follow the node's own clock.
///
/// Unchecked sendable: guarded by the world's thread.
public final class SimulatedLoop: Loop, @unchecked Sendable {
  private let node: SimulatedNode
  private let life: ProcessLife
  private var world: World { node.world }

  private var queue: [@Sendable () -> Void] = []
  private var turnIsPosted = false
  private var timers = TimerHeap()
  /// Counts arrangements of the timer event, so that one that was superseded does nothing.
  private var timerGeneration: UInt64 = 0
  private var timerIsPostedFor: Instant?

  init(node: SimulatedNode, life: ProcessLife) {
    self.node = node
    self.life = life
  }

  public var now: Instant { node.clock.monotonic(at: node.world.now) }
  public var isCurrent: Bool { node.world.currentLoop === self }

  public func execute(_ work: @escaping @Sendable () -> Void) {
    guard life.isAlive else { return }
    queue.append(work)
    postTurn()
  }

  @discardableResult
  public func schedule(at deadline: Instant, _ work: @escaping @Sendable () -> Void) -> any LoopTimer {
    let timer = SimulatedTimer(work)
    guard life.isAlive else { return timer }
    timers.push(timer, deadline)
    postTimers()
    return timer
  }

  private func postTurn() {
    guard !turnIsPosted, life.isRunning, !queue.isEmpty else { return }
    turnIsPosted = true
    world.post(after: node.turnDelay(), kind: .turn, node: node.id) { [self] in turn() }
  }

  private func turn() {
    turnIsPosted = false
    guard life.isRunning else { return }
    let batch = queue
    queue = []
    world.trace(UInt64(batch.count))
    world.enter(self) {
      for work in batch where life.isAlive { work() }
    }
    postTurn()
  }

  private func postTimers() {
    guard life.isRunning, let deadline = timers.earliest() else { return }
    if let posted = timerIsPostedFor, posted <= deadline { return }
    // Something that is due in thirty years of virtual time never is.
    guard deadline.nanoseconds < .max / 8 else { return }
    timerIsPostedFor = deadline
    timerGeneration += 1
    let generation = timerGeneration
    let time = node.clock.world(for: deadline, now: world.now) + node.turnDelay()
    world.post(at: time, kind: .timers, node: node.id) { [self] in
      guard generation == timerGeneration else { return }
      timerIsPostedFor = nil
      guard life.isRunning else { return }
      while let timer = timers.popDue(now) { queue.append { timer.fire() } }
      postTurn()
      postTimers()
    }
  }

  /// The clock was changed or the process goes on: what was arranged no longer holds.
  func rearrange() {
    timerIsPostedFor = nil
    timerGeneration += 1
    postTimers()
    postTurn()
  }

  /// The process is gone.
  func discard() {
    queue = []
    timers = TimerHeap()
    timerGeneration += 1
  }
}

/// Unchecked sendable: guarded by the world's thread.
final class SimulatedTimer: LoopTimer, @unchecked Sendable {
  private var work: (@Sendable () -> Void)?

  init(_ work: @escaping @Sendable () -> Void) { self.work = work }

  var isCancelled: Bool { work == nil }
  func cancel() { work = nil }

  func fire() {
    let due = work
    work = nil
    due?()
  }
}

/// Timers by deadline, and in the order they were made where deadlines are equal.
private struct TimerHeap {
  private struct Item {
    var deadline: Instant
    var sequence: UInt64
    var timer: SimulatedTimer

    func precedes(_ other: Item) -> Bool {
      deadline != other.deadline ? deadline < other.deadline : sequence < other.sequence
    }
  }

  private var heap: [Item] = []
  private var sequence: UInt64 = 0

  mutating func push(_ timer: SimulatedTimer, _ deadline: Instant) {
    sequence += 1
    heap.append(Item(deadline: deadline, sequence: sequence, timer: timer))
    var child = heap.count - 1
    while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// The deadline of the earliest timer that was not cancelled.
  mutating func earliest() -> Instant? {
    while let first = heap.first, first.timer.isCancelled { removeFirst() }
    return heap.first?.deadline
  }

  mutating func popDue(_ now: Instant) -> SimulatedTimer? {
    guard let deadline = earliest(), deadline <= now else { return nil }
    let timer = heap[0].timer
    removeFirst()
    return timer
  }

  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = 2 * parent + 1
      guard least < heap.count else { return }
      if least + 1 < heap.count, heap[least + 1].precedes(heap[least]) { least += 1 }
      guard heap[least].precedes(heap[parent]) else { return }
      heap.swapAt(least, parent)
      parent = least
    }
  }
}
