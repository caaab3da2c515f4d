import RoostPlatform
import RoostRaft
public import RoostSimulation
import RoostStore

/// One seed from beginning to end: a cluster under faults, healing, progress through every node, judgement.
public struct ClusterRun {
  public var hash = TraceHash()
  public var verdict = LinearizabilityChecker<KeyValueModel>.Verdict.unknown
  /// Everything that should not have happened, in words.
  public var complaints: [String] = []
  /// What clients saw, an operation a line.
  public var operations: [String] = []
  /// What the nemesis did.
  public var deeds: [String] = []
  public var answered = 0
  public var unknown = 0
  public var conflicts = 0
  public var events = 0
  public var tally = ClusterTally()

  public var isFine: Bool { complaints.isEmpty }

  /// What is done to a cluster, and how.
  public struct Profile {
    /// If nil, the seed decides on everything.
    public var nemesis: NemesisOptions?
    public var duration = Duration.seconds(5)
    public var syncDelay: Duration?

    public init(nemesis: NemesisOptions? = nil, syncDelay: Duration? = nil) {
      self.nemesis = nemesis
      self.syncDelay = syncDelay
    }

    /// The whole cluster loses its power again and again: the worst for what was not synced.
    public static func blackouts(syncDelay: Duration? = nil) -> Profile {
      var options = NemesisOptions()
      options.faults = [.blackout]
      options.interval = .milliseconds(600)...(.milliseconds(1200))
      options.duration = .milliseconds(20)...(.milliseconds(100))
      return Profile(nemesis: options, syncDelay: syncDelay)
    }
  }

  /// Most seeds play everything, some a few faults again and again.
  private static func faults(_ choice: inout SeededGenerator) -> NemesisOptions {
    var options = NemesisOptions()
    // A sync that fails ends the process for good reason; here a process that ends by itself counts as a fault of the
    // code.
    let all = NemesisOptions.Fault.allCases.filter { $0 != .failingSync }
    options.faults = choice.chance(0.4) ? (0..<3).map { _ in all[choice.below(all.count)] } : all
    options.duration = .milliseconds(30)...(choice.chance(0.3) ? .milliseconds(400) : .milliseconds(1500))
    if choice.chance(0.3) { options.interval = .milliseconds(10)...(.milliseconds(200)) }
    return options
  }

  private static func wires(_ choice: inout SeededGenerator) -> NetworkOptions {
    var options = NetworkOptions()
    if choice.chance(0.3) { options.dropRate = 0.01 }
    if choice.chance(0.2) { options.resetRate = 0.002 }
    if choice.chance(0.2) { options.reorderRate = 0.02 }
    return options
  }

  public init(seed: UInt64, _ profile: Profile = Profile()) {
    var choice = SeededGenerator(seed: seed ^ 0x636C_7573_7465_7221)
    let world = World(seed: seed, network: ClusterRun.wires(&choice))
    defer { world.close() }
    var options = ClusterOptions()
    options.syncDelay = profile.syncDelay
    if choice.chance(0.5) { options.groups = [.data] }
    if choice.chance(0.6) {
      options.flushAfterLogBytes = 1 << (9 + choice.below(4))
      options.maximumLogEntries = 5 + UInt64(choice.below(40))
    }
    if choice.chance(0.5) { options.segmentBytes = 8 << 10 }
    let padding = choice.chance(0.25) ? 800 : choice.below(60)
    let cluster = SimulatedCluster(world, options)
    cluster.start()

    let record = ClusterRecord()
    // With two groups, one key is the system's.
    var keys: [[UInt8]] = (0..<3).map { Array("key\($0)".utf8) }
    if options.groups.count > 1 { keys.append([0, 7]) }
    var clients = (0..<5).map { process in
      ClusterClient(
        world, process: process, record: record, keys: keys, members: cluster.members, padding: padding)
    }
    for client in clients { client.run() }

    let faults = profile.nemesis ?? ClusterRun.faults(&choice)
    let nemesis = Nemesis(world, options: faults) { [unowned cluster] in cluster.leader }
    nemesis.start()
    let end = world.now + profile.duration
    while world.now < end {
      world.run(for: .milliseconds(500))
      cluster.compareContents()
    }
    nemesis.heal()
    deeds = nemesis.deeds

    // Progress: within seconds a write and a read get through every node.
    let pinned = cluster.members.map { member in
      ClusterClient(
        world, process: clients.count + Int(member.rawValue), record: record, keys: keys, members: [member],
        padding: padding)
    }
    for client in pinned { client.run() }
    let progressed = world.run(limit: .seconds(20)) {
      !cluster.violations.isEmpty || pinned.allSatisfy { $0.writes > 0 && $0.reads > 0 }
    }
    if !progressed { complaints.append("no progress through every node within 20 s after everything was healed") }
    clients += pinned
    for client in clients { client.isRunning = false }
    var isEqual = false
    for _ in 0..<40 where !isEqual && cluster.violations.isEmpty {
      world.run(for: .milliseconds(250))
      isEqual = cluster.compareContents()
    }
    if !isEqual, cluster.violations.isEmpty { complaints.append("the nodes don't come to stand equally within 10 s") }

    complaints += cluster.violations
    complaints += record.surprises
    verdict = LinearizabilityChecker(KeyValueModel()).check(record.history)
    if verdict != .linearizable { complaints.append("the history is not linearizable: \(verdict)") }
    operations = record.history.operations.map(ClusterRun.line)
    hash = world.traceHash
    answered = record.history.okCount
    unknown = record.unknownCount
    conflicts = record.conflictCount
    events = world.eventCount
    tally = cluster.total
  }

  private static func line(_ operation: History<KeyValueModel.Input, KeyValueModel.Output>.Operation) -> String {
    func number(_ value: [UInt8]?) -> String {
      value.map { "\($0.prefix(4).reduce(0) { $0 << 8 | Int($1) })" } ?? "nothing"
    }
    let what =
      switch operation.input.action {
      case .get: "get"
      case .put(let value): "put \(number(value))"
      case .delete: "delete"
      case .append(let value): "append \(number(value))"
      case .compareAndSet(let expected, let value): "put \(number(value)) over \(number(expected))"
      }
    let outcome =
      switch operation.outcome {
      case .ok(.value(let value)): number(value)
      case .ok: "done"
      case .failed: "failed"
      case .unknown: "unknown"
      }
    let end = operation.endTime.map { "\($0 / 1000)" } ?? "never"
    return "\(operation.beginTime / 1000)–\(end) µs: client \(operation.process) "
      + "\(String(decoding: operation.input.key, as: UTF8.self)): \(what): \(outcome)"
  }

  /// Enough to begin to look for the cause.
  public var story: String { (complaints + deeds).joined(separator: "\n") }
}
