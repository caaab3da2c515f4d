public import RoostBase
public import RoostPlatform

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A whole cluster in one thread: machines, disks, wires and clocks driven by one queue of events in virtual time.
///
/// Everything that happens is an event, and everything that is left to chance is drawn from the seed: the same seed
/// gives the same run, event by event, which `traceHash` shows. Node code runs unchanged behind the platform's seams:
///
///     node code ── Loop ───────────▶ SimulatedLoop ──────┐
///               ── BlockingWorker ─▶ SimulatedWorker ────┼──▶ World: one queue, one clock, one seed
///               ── PeerNetwork ────▶ SimulatedPeerNetwork┘
///               ── Disk ───────────▶ SimulatedDisk ─────────▶ DiskMedium (survives the process)
///
/// Two runs in different processes agree only with `SWIFT_DETERMINISTIC_HASHING=1`, if node code walks dictionaries.
///
/// Unchecked sendable: guarded by the thread that calls `run`; work from any other thread is refused.
public final class World: @unchecked Sendable {
  public let seed: UInt64
  /// Virtual time since the world began.
  public private(set) var now = Instant.origin
  public private(set) var traceHash = TraceHash()
  public private(set) var eventCount = 0
  /// Every node ever added, in order of addition.
  public private(set) var nodes: [SimulatedNode] = []
  public private(set) var network: SimulatedNetwork! = nil
  /// Sees every event as it begins: to print a story, or to find where two runs part.
  public var observer: ((_ time: Instant, _ kind: EventKind, _ node: NodeID) -> Void)?
  /// For the test's own choices; separate from the world's.
  public var generator: SeededGenerator

  var schedule: SeededGenerator
  private var queue = EventQueue()
  private var sequence: UInt64 = 0
  private var thread: pthread_t?
  /// What runs at this moment, for `Loop.isCurrent`.
  private(set) var currentLoop: SimulatedLoop?

  public init(seed: UInt64, network options: NetworkOptions = NetworkOptions()) {
    self.seed = seed
    var root = SeededGenerator(seed: seed)
    schedule = root.split()
    generator = root.split()
    network = SimulatedNetwork(world: self, options: options, generator: root.split())
  }

  // MARK: Building

  /// Adds a machine. `boot` assembles the node's code from the process's seams, on its first loop, at every start; what
  /// it returns is kept until the process ends.
  @discardableResult
  public func addNode(
    _ id: NodeID, options: NodeOptions = NodeOptions(), boot: @escaping (SimulatedProcess) -> AnyObject?
  ) -> SimulatedNode {
    precondition(!nodes.contains { $0.id == id }, "node \(id) exists already")
    let node = SimulatedNode(id: id, world: self, options: options, generator: schedule.split(), boot: boot)
    nodes.append(node)
    return node
  }

  public func node(_ id: NodeID) -> SimulatedNode? { nodes.first { $0.id == id } }

  // MARK: Time

  /// Runs `work` as an event of the world itself after `delay`.
  public func after(_ delay: Duration, _ work: @escaping () -> Void) {
    post(after: delay, kind: .driver, node: .none, work)
  }

  /// Runs the next event. Returns false when there is none.
  @discardableResult
  public func step() -> Bool {
    own()
    guard let event = queue.pop() else { return false }
    now = Instant(nanoseconds: Swift.max(now.nanoseconds, event.time))
    eventCount += 1
    traceHash.mix(UInt64(event.kind.rawValue) << 56 | event.node & 0xFF_FFFF_FFFF_FFFF)
    traceHash.mix(UInt64(bitPattern: event.time))
    observer?(now, event.kind, NodeID(event.node))
    event.run()
    return true
  }

  /// Runs every event up to and including `time`, and moves the clock there.
  public func run(until time: Instant) {
    own()
    while let next = queue.nextTime, next <= time.nanoseconds { step() }
    now = Swift.max(now, time)
  }

  public func run(for duration: Duration) { run(until: now + duration) }

  /// Runs until `condition` holds, looking after every event; false if that takes longer than `limit`.
  public func run(limit: Duration, until condition: () -> Bool) -> Bool {
    own()
    let end = now + limit
    while !condition() {
      guard let next = queue.nextTime, next <= end.nanoseconds else {
        now = Swift.max(now, end)
        return condition()
      }
      step()
    }
    return true
  }

  /// Ends the world and frees what it held; without this its parts keep each other alive.
  public func close() {
    for node in nodes { node.discard() }
    nodes = []
    queue.removeAll()
    network.close()
    observer = nil
  }

  // MARK: For the parts of the world

  func post(after delay: Duration, kind: EventKind, node: NodeID, _ run: @escaping () -> Void) {
    post(at: now + delay, kind: kind, node: node, run)
  }

  func post(at time: Instant, kind: EventKind, node: NodeID, _ run: @escaping () -> Void) {
    own()
    sequence += 1
    queue.push(
      Event(
        time: Swift.max(time, now).nanoseconds, tie: schedule.next(), sequence: sequence, kind: kind,
        node: node.rawValue, run: run))
  }

  /// An event of a nemesis. It draws nothing, so that a run in which the nemesis chooses and one that plays what it
  /// chose are the same.
  func postFault(at time: Instant, _ run: @escaping () -> Void) {
    own()
    sequence += 1
    queue.push(
      Event(time: Swift.max(time, now).nanoseconds, tie: 0, sequence: sequence, kind: .fault, node: 0, run: run))
  }

  /// Makes what an event carried part of the trace.
  func trace(_ word: UInt64) { traceHash.mix(word) }

  /// Runs `body` as if on the first loop of a process, alive or not: to free what a dead one still holds.
  public func visit(_ process: SimulatedProcess, _ body: () -> Void) { enter(process.loops[0], body) }

  func enter(_ loop: SimulatedLoop?, _ body: () -> Void) {
    let outer = currentLoop
    currentLoop = loop
    defer { currentLoop = outer }
    body()
  }

  /// A second thread would make the order depend on the machine: whoever reaches this from one has found a thread, a
  /// default actor or a detached task in node code.
  private func own() {
    let caller = pthread_self()
    if let thread {
      precondition(pthread_equal(thread, caller) != 0, "the simulated world was touched by a second thread")
    } else {
      thread = caller
    }
  }
}
