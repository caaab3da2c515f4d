import RoostBase
import RoostPlatform
import RoostRaft
import RoostSimulation
import RoostStore

/// Changes who belongs to the groups while clients work: learners added and promoted, voters demoted, removed and taken
/// back, several at once through a joint configuration, leadership given away; machines that are gone lose their votes, and
/// those that replaced them get in.
///
/// It asks whichever replica leads, as the driver of a real cluster does, and keeps no plan: every look compares what is
/// with what should be. Three voters remain, but for the time between the end of a machine and the next one's vote.
///
/// Unchecked sendable: guarded by the world's thread.
final class ClusterOperator: @unchecked Sendable {
  private let world: World
  private unowned let cluster: SimulatedCluster
  private var generator: SeededGenerator
  private let pause: ClosedRange<Duration> = .milliseconds(200)...(.milliseconds(1500))
  /// Between two looks of a hasty operator, who does not wait until a change is made before asking for the next one.
  private let hastyPause: ClosedRange<Duration> = .microseconds(200)...(.milliseconds(8))
  private var hastyLooks = 0
  /// Whether every machine should vote in every group from here on, and nothing else change.
  private var isRestoring = false
  private var isRunning = false
  private(set) var changes: UInt64 = 0
  private(set) var transfers: UInt64 = 0

  private static let fewestVoters = 3
  /// A learner that lacks no more entries than this may vote.
  private static let caughtUp: UInt64 = 64

  init(_ cluster: SimulatedCluster) {
    world = cluster.world
    self.cluster = cluster
    generator = SeededGenerator(seed: cluster.world.seed ^ 0x6F70_6572_6174_6F72)
  }

  func run() {
    isRunning = true
    if hastyLooks > 0 { hastyLooks -= 1 } else if generator.chance(0.15) { hastyLooks = 12 }
    let wait = isRestoring ? .milliseconds(50) : generator.duration(hastyLooks > 0 ? hastyPause : pause)
    world.after(wait) { [self] in
      for group in cluster.options.groups where isRestoring || generator.chance(0.7) { look(at: group.id) }
      run()
    }
  }

  /// From now on every machine is to vote in every group.
  func restore() {
    isRestoring = true
    if !isRunning { run() }
  }

  private func look(at group: GroupID) {
    guard let leader = cluster.invariants.leader(of: group), let member = cluster.running[leader] else { return }
    let draw = generator.next()
    let members = cluster.members
    member.host.loop.execute { [self] in
      guard let status = member.host.status(of: group), status.role == .leader else { return }
      var choice = SeededGenerator(seed: draw)
      guard let step = next(status, members, member.host, &choice) else { return }
      switch step {
      case .transfer(let node):
        member.host.transferLeadership(of: group, to: node)
        transfers += 1
      case .change(let change):
        // Refused while an earlier change is under way or leadership is fresh: the next look tries again.
        if (try? member.host.propose(change, in: group)) != nil { changes += 1 }
      }
    }
  }

  private enum Step {
    case transfer(NodeID)
    case change(ConfigurationChange)
  }

  private func next(
    _ status: GroupStatus, _ members: [NodeID], _ host: GroupHost, _ choice: inout SeededGenerator
  ) -> Step? {
    let configuration = status.configuration
    if configuration.isJoint {
      guard !configuration.autoLeave, isRestoring || choice.chance(0.7) else { return nil }
      return .change(.leaveJoint)
    }
    func isCaughtUp(_ node: NodeID) -> Bool {
      guard let matched = host.matchedIndex(of: node, in: status.id) else { return false }
      return matched > .zero && matched + ClusterOperator.caughtUp >= status.commitIndex
    }
    let gone = configuration.members.sorted().filter { !members.contains($0) }
    if let first = gone.first(where: { mayGo($0, configuration, host) }) {
      return .change(ConfigurationChange([.init(.remove, first)]))
    }
    if !gone.isEmpty, !isRestoring { return nil }
    if isRestoring || configuration.voters.count < ClusterOperator.fewestVoters {
      if let absent = members.first(where: { !configuration.members.contains($0) }) {
        return .change(ConfigurationChange([.init(.addLearner, absent)]))
      }
      return configuration.learners.sorted().first(where: isCaughtUp)
        .map { .change(ConfigurationChange([.init(.addVoter, $0)])) }
    }
    return whim(configuration, members, isCaughtUp, &choice)
  }

  /// Whether a machine that is gone can be taken out: the voters that are left have a majority that is there.
  private func mayGo(_ node: NodeID, _ configuration: Configuration, _ host: GroupHost) -> Bool {
    guard configuration.voters.contains(node) else { return true }
    let others = configuration.voters.subtracting([node])
    return !others.isEmpty && MajorityQuorum(others).voteResult { host.isReachable($0) } == .won
  }

  private func whim(
    _ configuration: Configuration, _ members: [NodeID], _ isCaughtUp: (NodeID) -> Bool,
    _ choice: inout SeededGenerator
  ) -> Step? {
    let voters = configuration.voters.sorted()
    let learners = configuration.learners.sorted()
    let absent = members.filter { !configuration.members.contains($0) }
    let ready = learners.filter(isCaughtUp)
    let spare = voters.count - ClusterOperator.fewestVoters
    switch choice.below(10) {
    case 0..<3: return choice.pick(voters).map { .transfer($0) }
    case 3 where spare > 0: return choice.pick(voters).map { .change(ConfigurationChange([.init(.addLearner, $0)])) }
    case 4 where spare > 0: return choice.pick(voters).map { .change(ConfigurationChange([.init(.remove, $0)])) }
    case 5: return choice.pick(absent).map { .change(ConfigurationChange([.init(.addLearner, $0)])) }
    case 6, 7: return choice.pick(ready).map { .change(ConfigurationChange([.init(.addVoter, $0)])) }
    case 8:
      // A voter leaves while another member takes its place.
      guard let enters = choice.pick(ready), let leaves = choice.pick(voters) else { return nil }
      let operation: ConfigurationChange.Operation = choice.chance(0.5) ? .remove : .addLearner
      return .change(
        ConfigurationChange(
          [.init(.addVoter, enters), .init(operation, leaves)],
          transition: choice.chance(0.5) ? .jointImplicit : .jointExplicit))
    case 9 where spare > 1:
      var leaving = voters
      leaving.shuffle(using: &choice)
      let steps = leaving.prefix(2).map { ConfigurationChange.Step(choice.chance(0.5) ? .remove : .addLearner, $0) }
      return .change(ConfigurationChange(steps, transition: choice.chance(0.5) ? .jointImplicit : .jointExplicit))
    default: return nil
    }
  }
}
