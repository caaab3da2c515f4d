public import RoostBase
import RoostPlatform

/// How a simulated machine behaves when nothing is wrong with it.
public struct NodeOptions: Sendable {
  public var loops = 1
  /// How late a loop takes up work or a timer.
  public var turnDelay: ClosedRange<Duration> = .nanoseconds(100)...(.microseconds(20))
  /// How long a piece of blocking work takes.
  public var diskDelay: ClosedRange<Duration> = .microseconds(30)...(.milliseconds(2))

  public init() {}
}

/// How a process ends against its will.
public enum CrashKind: Sendable {
  /// The process dies: the operating system closes its connections, and keeps what was written.
  case kill
  /// The machine dies: what was not synced may be lost, and nobody is told.
  case powerLoss
}

/// A machine of the cluster: it outlives its processes, and keeps their disk and their clock.
///
/// Unchecked sendable: guarded by the world's thread.
public final class SimulatedNode: @unchecked Sendable {
  public let id: NodeID
  public let world: World
  public let medium: DiskMedium
  public private(set) var clock: SimulatedClock
  public private(set) var process: SimulatedProcess?
  /// What `boot` returned for the running process.
  public private(set) var root: AnyObject?
  public private(set) var incarnation: UInt64 = 0
  /// Called right after a crash, with how the process ended: for durable things the disk does not hold.
  public var onCrash: ((CrashKind) -> Void)?
  /// Blocking work does not get on while this holds: a hanging sync.
  public private(set) var diskIsStalled = false
  /// Multiplies the time blocking work takes.
  public var diskSlowness = 1
  /// Whether the machine is gone for good.
  public private(set) var isRetired = false
  /// Copies durable things that the disk does not hold; what it returns puts the copy back.
  public var onCopy: (() -> () -> Void)?

  private let options: NodeOptions
  private var generator: SeededGenerator
  private let boot: (SimulatedProcess) -> AnyObject?
  private var plannedCrash: PlannedCrash?

  /// A crash that falls inside a piece of blocking work.
  private struct PlannedCrash {
    var operationsLeft: Int
    var kind: CrashKind
    var restartAfter: Duration?
  }

  init(
    id: NodeID, world: World, options: NodeOptions, generator: SeededGenerator,
    boot: @escaping (SimulatedProcess) -> AnyObject?
  ) {
    self.id = id
    self.world = world
    self.options = options
    self.boot = boot
    var generator = generator
    medium = DiskMedium(generator: generator.split())
    clock = SimulatedClock(origin: Int64(generator.next() % 1_000_000_000_000))
    self.generator = generator
  }

  public var isUp: Bool { process != nil }
  public var isPaused: Bool { process?.life.isPaused ?? false }

  // MARK: Life

  /// Starts a process, if none runs.
  public func start() {
    guard process == nil, !isRetired else { return }
    incarnation += 1
    let process = SimulatedProcess(
      node: self, incarnation: incarnation, loopCount: options.loops, generator: generator.split())
    self.process = process
    world.network.add(process.network)
    world.post(after: turnDelay(), kind: .boot, node: id) { [self] in
      guard process.life.isAlive else { return }
      var root: AnyObject?
      world.enter(process.loops[0]) { root = boot(process) }
      // Booting may have ended the process: on a disk it can't read.
      if process.life.isAlive { self.root = root }
    }
  }

  /// Ends the process now; all that it had under way vanishes.
  public func crash(_ kind: CrashKind = .powerLoss, restartAfter delay: Duration? = nil) {
    guard let process else { return }
    plannedCrash = nil
    self.process = nil
    root = nil
    process.discard()
    world.network.remove(process.network, kind)
    medium.crash(kind)
    if kind == .powerLoss {
      clock.restart(origin: Int64(generator.next() % 1_000_000_000_000), at: world.now)
    }
    onCrash?(kind)
    world.trace(UInt64(kind == .kill ? 1 : 2) << 32 | id.rawValue)
    if let delay { restart(after: delay) }
  }

  public func restart(after delay: Duration) {
    world.post(after: delay, kind: .fault, node: id) { [self] in start() }
  }

  /// Crashes inside blocking work: at the `count`th disk operation from now that changes something, before it happens.
  public func crashDuringDiskOperation(_ count: Int, kind: CrashKind = .powerLoss, restartAfter delay: Duration? = nil)
  {
    precondition(count > 0, "the first operation that can be hit is the next")
    plannedCrash = PlannedCrash(operationsLeft: count, kind: kind, restartAfter: delay)
  }

  public func cancelPlannedCrash() { plannedCrash = nil }

  /// The process stands still, as if stopped by a signal; its connections stay.
  public func pause() { process?.life.isPaused = true }

  public func resume() {
    guard let process, process.life.isPaused else { return }
    process.life.isPaused = false
    for loop in process.loops { loop.rearrange() }
    for worker in process.workers { worker.post() }
    world.network.wake(id)
  }

  /// Loses everything: a machine replaced under the same name. The process must be down.
  public func wipe() {
    precondition(process == nil, "a running machine can't be wiped")
    medium.wipe()
    onCrash?(.powerLoss)
  }

  /// Takes the machine out of the world. Its process must be down.
  public func retire() {
    precondition(process == nil, "a running machine can't be taken away")
    isRetired = true
    medium.wipe()
    onCrash = nil
    onCopy = nil
  }

  /// Copies what is durable; what it returns puts the copy in the place of all that was written since. The process must
  /// be down then.
  public func copyDisk() -> () -> Void {
    let restoreMedium = medium.copy()
    let restoreRest = onCopy?()
    return { [self] in
      precondition(process == nil, "the disk of a running machine can't be put back")
      restoreMedium()
      restoreRest?()
    }
  }

  // MARK: Faults of the machine

  public func setClockDrift(_ partsPerMillion: Int64) {
    clock.setDrift(partsPerMillion, at: world.now)
    process?.loops.forEach { $0.rearrange() }
  }

  public func jumpClock(ahead: Duration) {
    clock.jump(ahead, at: world.now)
    process?.loops.forEach { $0.rearrange() }
  }

  public func setWallOffset(_ offset: Duration) { clock.wallOffset = offset }

  public func stallDisk() { diskIsStalled = true }

  public func releaseDisk() {
    diskIsStalled = false
    process?.workers.forEach { $0.post() }
  }

  // MARK: For its parts

  func turnDelay() -> Duration { generator.duration(options.turnDelay) }
  func diskDelay() -> Duration { generator.duration(options.diskDelay) * diskSlowness }

  func diskOperationBegins() {
    guard var planned = plannedCrash else { return }
    planned.operationsLeft -= 1
    plannedCrash = planned
    if planned.operationsLeft == 0 { crash(planned.kind, restartAfter: planned.restartAfter) }
  }

  /// The world ends.
  func discard() {
    process?.discard()
    process = nil
    root = nil
    onCrash = nil
  }
}
