import RoostPlatform
import RoostRaft
import RoostSimulation
import RoostStore

/// One seed from beginning to end: a cluster under faults, healing, progress through every node, judgement.
struct ClusterRun {
  var hash = TraceHash()
  var verdict = LinearizabilityChecker<KeyValueModel>.Verdict.unknown
  /// Everything that should not have happened, in words.
  var complaints: [String] = []
  /// What clients saw, an operation a line.
  var operations: [String] = []
  /// What the nemesis did.
  var deeds: [String] = []
  var answered = 0
  var unknown = 0
  var conflicts = 0
  var events = 0
  var tally = SimulatedCluster.Tally()

  var isFine: Bool { complaints.isEmpty }

  struct Profile {
    var faults = NemesisOptions.Fault.allCases.filter { $0 != .monotonicJump }
    var duration = Duration.seconds(5)
    var syncDelay: Duration?
  }

  init(seed: UInt64, _ profile: Profile = Profile()) {
    let world = World(seed: seed)
    defer { world.close() }
    var choice = world.generator.split()
    var options = ClusterOptions()
    options.syncDelay = profile.syncDelay
    if choice.chance(0.5) { options.groups = [.data] }
    if choice.chance(0.5) {
      options.flushAfterLogBytes = 4 << 10
      options.maximumLogEntries = 20
      options.segmentBytes = 16 << 10
    }
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

    var faults = NemesisOptions()
    faults.faults = profile.faults
    faults.duration = .milliseconds(30)...(.milliseconds(1500))
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
    let progressed = world.run(limit: .seconds(20)) { pinned.allSatisfy { $0.writes > 0 && $0.reads > 0 } }
    if !progressed { complaints.append("no progress through every node within 20 s after everything was healed") }
    clients += pinned
    for client in clients { client.isRunning = false }
    var isEqual = false
    for _ in 0..<40 where !isEqual {
      world.run(for: .milliseconds(250))
      isEqual = cluster.compareContents()
    }
    if !isEqual { complaints.append("the nodes don't come to stand equally within 10 s") }

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
  var story: String { (complaints + deeds).joined(separator: "\n") }
}
