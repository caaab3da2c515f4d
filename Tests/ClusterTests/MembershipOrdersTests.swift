import RoostBase
import RoostPlatform
import RoostRaft
import Testing

@testable import RoostCluster

@Suite("What orders about members come to")
struct MembershipOrdersTests {
  private func record(_ id: UInt64, _ name: String? = nil) -> NodeRecord {
    NodeRecord(
      id: NodeID(id), name: name ?? "node\(id)", pid: 1, peerAddress: "a:1", sqlAddress: "a:2", locality: [:],
      startedAt: 3, incarnation: 4)
  }

  private func replaced(_ id: UInt64, _ name: String? = nil, by successor: NodeID? = nil) -> NodeRecord {
    var record = record(id, name)
    record.retiredAt = 1
    record.successor = successor
    return record
  }

  private func leaving(_ id: UInt64, isOut: Bool = false) -> NodeRecord {
    var record = record(id)
    record.leavingAt = 1
    record.retiredAt = isOut ? 2 : nil
    record.departure = .decommissioned
    return record
  }

  private func orders(
    _ records: [NodeRecord], voters: Set<NodeID>, learners: Set<NodeID> = [], live: Set<NodeID>
  ) -> MembershipOrders {
    let configuration = Configuration(voters: voters, learners: learners)
    return MembershipOrders(
      registry: Registry(records), groups: [1, 2].map { .init(id: GroupID($0), configuration: configuration) },
      live: live,
      judge: 1)
  }

  private func reason(_ outcome: MembershipOrders.Outcome) -> String {
    if case .refused(let reason) = outcome { reason } else { "not refused: \(outcome)" }
  }

  private var three: [NodeRecord] { [record(1), record(2), record(3)] }

  @Test func aLivingNodeIsReplacedByForceOnly() {
    let orders = orders(three, voters: [1, 2, 3], live: [1, 2, 3])
    #expect(reason(orders.replace("node2", number: nil, isForced: false)).contains("alive"))
    #expect(orders.replace("node2", number: nil, isForced: true) == .allowed(record(2)))
    #expect(reason(orders.replace("node1", number: nil, isForced: true)).contains("leads the cluster"))
    #expect(reason(orders.replace("node9", number: nil, isForced: true)).contains("node1, node2, node3"))
  }

  @Test func theSecondIsRefusedUntilTheFirstIsDone() {
    let records = [record(1), replaced(2), record(3)]
    let forced = orders(records, voters: [1, 2, 3], live: [1, 3]).replace("node3", number: nil, isForced: true)
    #expect(reason(forced).contains("node2 (number 2) is being replaced"))
    let dead = orders(records, voters: [1, 2, 3], live: [1]).replace("node3", number: nil, isForced: false)
    #expect(reason(dead).contains("partitions 1, 2") && reason(dead).contains("node2 is being replaced"), "\(dead)")
    let outvoted = orders(records, voters: [1, 3], live: [1]).replace("node3", number: nil, isForced: false)
    #expect(reason(outvoted).contains("node2 is being replaced and does not vote yet"), "\(outvoted)")
    let alive = orders(records, voters: [1, 3], live: [1, 3]).replace("node3", number: nil, isForced: true)
    #expect(reason(alive).contains("node2 (number 2) is being replaced"))
    // Of five, two that are dead may be replaced at once.
    let five = [record(1), replaced(2), record(3), record(4), record(5)]
    #expect(
      orders(five, voters: [1, 2, 3, 4, 5], live: [1, 4, 5]).replace("node3", number: nil, isForced: false)
        == .allowed(record(3)))
    let done = [record(1), replaced(2, by: 4), record(3), record(4, "node2")]
    #expect(
      orders(done, voters: [1, 3, 4], live: [1, 3, 4]).replace("node3", number: nil, isForced: true)
        == .allowed(record(3)))
  }

  @Test func theSameOrderAgainChangesNothing() {
    let gone = replaced(2, by: 4)
    let records = [record(1), gone, record(3), record(4, "node2")]
    let learning = orders(records, voters: [1, 2, 3], learners: [4], live: [1, 3, 4])
    #expect(learning.replace("node2", number: nil, isForced: false) == .underWay(gone))
    #expect(learning.replace("node2", number: nil, isForced: true) == .underWay(gone))
    let done = orders(records, voters: [1, 3, 4], live: [1, 3, 4])
    for isForced in [false, true] {
      #expect(done.replace("node2", number: nil, isForced: isForced) == .done(gone))
    }
    #expect(done.replace("node2", number: 2, isForced: true) == .done(gone))
    #expect(done.replace("node2", number: 4, isForced: true) == .allowed(record(4, "node2")), "said which one")
    // Before its vote is taken away, and when nobody has come yet.
    for voters in [[1, 2, 3], [1, 3]] as [Set<NodeID>] {
      let waiting = orders([record(1), replaced(2), record(3)], voters: voters, live: [1, 3])
      #expect(waiting.replace("node2", number: nil, isForced: false) == .underWay(replaced(2)))
    }
  }

  @Test func aCopyThatLagsDoesNotMakeItDone() {
    // The judge's replica of a group may know neither the gone node nor its successor yet.
    let gone = replaced(2, by: 4)
    let records = [record(1), gone, record(3), record(4, "node2")]
    let lagging = orders(records, voters: [1], live: [1, 3, 4])
    #expect(lagging.partitions(of: gone) == 2)
    #expect(lagging.replace("node2", number: nil, isForced: false) == .underWay(gone))
  }

  @Test func aNodeIsTakenOutWhereAMajorityIsLeft() {
    #expect(orders(three, voters: [1, 2, 3], live: [1, 2, 3]).takeOut("node3", number: nil) == .allowed(record(3)))
    #expect(orders(three, voters: [1, 2, 3], live: [1, 2, 3]).takeOut("node1", number: nil) == .allowed(record(1)))
    #expect(orders(three, voters: [1, 2, 3], live: [1, 2]).takeOut("node3", number: nil) == .allowed(record(3)))
    let living = orders(three, voters: [1, 2, 3], live: [1, 2]).takeOut("node2", number: nil)
    #expect(reason(living).contains("node3 is down"), "\(living)")
    #expect(reason(orders([record(1)], voters: [1], live: [1]).takeOut("node1", number: nil)).contains("only node"))
    let ghost = orders(three + [record(4)], voters: [1, 2, 3], learners: [4], live: [1, 2])
    #expect(ghost.takeOut("node4", number: nil) == .allowed(record(4)), "it never voted")
  }

  @Test func takingOutAgainChangesNothing() {
    let records = [record(1), record(2), leaving(3)]
    #expect(
      orders(records, voters: [1, 2, 3], live: [1, 2, 3]).takeOut("node3", number: nil) == .underWay(leaving(3)))
    let out = [record(1), record(2), leaving(3, isOut: true)]
    #expect(orders(out, voters: [1, 2], live: [1, 2]).takeOut("node3", number: nil) == .done(leaving(3, isOut: true)))
    #expect(
      reason(orders(out, voters: [1, 2], live: [1, 2]).replace("node3", number: nil, isForced: true)).contains(
        "nobody is waited for"))
  }

  @Test func aReplacementThatNobodyCameForCanBeGivenUp() {
    let gone = replaced(4, "tryout")
    let orders = orders(three + [gone], voters: [1, 2, 3, 4], live: [1, 2, 3])
    #expect(orders.takeOut("tryout", number: nil) == .allowed(gone))
    let out = self.orders(three + [gone], voters: [1, 2, 3], live: [1, 2, 3])
    #expect(out.takeOut("tryout", number: nil) == .allowed(gone), "though it votes no more")
    let came = self.orders(
      three + [replaced(4, "tryout", by: 5), record(5, "tryout")], voters: [1, 2, 3, 4], learners: [5],
      live: [1, 2, 3, 5])
    #expect(reason(came.takeOut("tryout", number: 4)).contains("number 5 comes after it"))
  }

  @Test func aReplacementIsToldStepByStep() {
    let gone = replaced(2)
    let voting = orders([record(1), gone, record(3)], voters: [1, 2, 3], live: [1, 3])
    #expect(voting.progress(of: 2) == .losingVote(partitions: 2))
    #expect(voting.replacements == [.init(node: "node2", number: 2, successor: nil, partitions: 2, votes: 2)])
    let waiting = orders([record(1), gone, record(3)], voters: [1, 3], live: [1, 3])
    #expect(waiting.progress(of: 2) == .waitingForSuccessor(partitions: 2))
    #expect(waiting.replacements == [.init(node: "node2", number: 2, successor: nil, partitions: 2, votes: 0)])
    let records = [record(1), replaced(2, by: 4), record(3), record(4, "node2")]
    let learning = orders(records, voters: [1, 3], learners: [4], live: [1, 3, 4])
    #expect(learning.progress(of: 2) == .succeeding(partitions: 2))
    #expect(learning.replacements.map(\.successor) == [4])
    let done = orders(records, voters: [1, 3, 4], live: [1, 3, 4])
    #expect(done.progress(of: 2) == .succeeded)
    #expect(done.replacements.isEmpty)
    #expect(done.progress(of: 9) == .unknown, "which is no reason to ask again")
  }

  @Test func theLastOfANameStandsForThoseBefore() {
    let records = [record(1), replaced(2, "node2", by: 4), record(3), replaced(4, "node2")]
    let waiting = orders(records, voters: [1, 3], live: [1, 3])
    #expect(waiting.replacements.map(\.number) == [4])
    #expect(waiting.progress(of: 2) == .waitingForSuccessor(partitions: 2), "nothing is done before one votes")
    #expect(waiting.replace("node2", number: nil, isForced: false) == .underWay(records[3]))
    let voting = orders(records, voters: [1, 2, 3, 4], live: [1, 3])
    #expect(voting.replacements.map(\.number) == [2, 4])
  }

  @Test func whoseSuccessorWasTakenOutIsWaitedForNoMore() {
    var successor = record(4, "node2")
    successor.leavingAt = 1
    successor.departure = .decommissioned
    let gone = replaced(2, by: 4)
    let leaving = orders([record(1), gone, record(3), successor], voters: [1, 3, 4], live: [1, 3, 4])
    #expect(leaving.replacements.isEmpty && leaving.progress(of: 2) == .out)
    successor.retiredAt = 2
    successor.departure = .neverReady
    let forgotten = orders([record(1), gone, record(3), successor], voters: [1, 3], live: [1, 3])
    #expect(forgotten.replacements.map(\.number) == [2], "one that never came is no successor")
    #expect(forgotten.replace("node2", number: nil, isForced: false) == .underWay(gone))
  }

  @Test func whatMayFailAfterwardsIsForetold() {
    #expect(orders(three + [record(4)], voters: [1, 2, 3, 4], live: [1, 2, 3, 4]).tolerance(without: 4) == 1)
    #expect(orders(three, voters: [1, 2, 3], live: [1, 2, 3]).tolerance(without: 3) == 0)
  }

  /// An operator who orders at random, while nodes die and return, never leaves a group without a majority of those that
  /// live, as long as deaths alone would not have.
  @Test(arguments: 0..<200)
  func noOrderTakesAMajorityAway(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var world = RandomMembership(&random)
    for _ in 0..<120 { world.step(&random) }
    #expect(world.violations == [])
    #expect(world.changes > 0, "something happened")
    world.rest()
    #expect(world.ghosts == [], "whoever is gone votes no more")
  }
}

/// A cluster of one group as records and a configuration: orders are judged and carried out as by the services, and nodes
/// die and return in between.
private struct RandomMembership {
  private var records: [NodeRecord] = []
  private var configuration = Configuration()
  private var dead: Set<NodeID> = []
  private var nextID: UInt64 = 1
  private(set) var violations: [String] = []
  private(set) var changes = 0

  init(_ random: inout SeededGenerator) {
    for _ in 0..<Int.random(in: 1...5, using: &random) { admit("n\(nextID)") }
    configuration.voters = Set(records.map(\.id))
  }

  private mutating func admit(_ name: String) {
    let id = NodeID(nextID)
    nextID += 1
    records.append(
      NodeRecord(
        id: id, name: name, pid: 1, peerAddress: "a:1", sqlAddress: "a:2", locality: [:], startedAt: 1, incarnation: 1))
    for place in records.indices where records[place].name == name && records[place].isRetired {
      if records[place].successor == nil { records[place].successor = id }
    }
  }

  private var registry: Registry { Registry(records) }
  /// A node that was declared gone stops; one that is out, too.
  private var live: Set<NodeID> { Set(registry.active.map(\.id)).subtracting(dead) }
  private func hasMajority(_ live: Set<NodeID>) -> Bool {
    QuorumGuard.isMajority(configuration.voters.intersection(live).count, of: configuration.voters.count)
  }

  mutating func step(_ random: inout SeededGenerator) {
    switch Int.random(in: 0..<10, using: &random) {
    case 0:
      if let node = live.sorted().randomElement(using: &random), hasMajority(live.subtracting([node])) {
        dead.insert(node)
      }
    case 1: if let node = dead.sorted().randomElement(using: &random) { dead.remove(node) }
    case 2:
      if let gone = records.filter({ $0.isRetired && $0.successor == nil }).randomElement(using: &random),
        registry.active(named: gone.name) == nil
      {
        admit(gone.name)
      } else if records.count(where: { !$0.isRetired }) < 7 {
        admit("n\(nextID)")
      }
    case 3, 4: order(&random)
    default: advance()
    }
    if !hasMajority(live) { violations.append("\(configuration) with \(live.sorted()) alive") }
  }

  private mutating func order(_ random: inout SeededGenerator) {
    guard hasMajority(live), let judge = configuration.voters.intersection(live).min(),
      let name = records.map(\.name).randomElement(using: &random)
    else { return }
    let orders = MembershipOrders(
      registry: registry, groups: [.init(id: GroupID(1), configuration: configuration)], live: live, judge: judge)
    let isReplacement = Bool.random(using: &random)
    let outcome =
      isReplacement
      ? orders.replace(name, number: nil, isForced: Bool.random(using: &random)) : orders.takeOut(name, number: nil)
    guard case .allowed(let record) = outcome, let place = records.firstIndex(where: { $0.id == record.id }) else {
      return
    }
    changes += 1
    if isReplacement {
      records[place].retiredAt = 1
      records[place].departure = .replaced
    } else {
      records[place].leavingAt = 1
      records[place].departure = .decommissioned
    }
  }

  /// Everybody is back who may be, and the driver has done all it can.
  mutating func rest() {
    dead = []
    for _ in 0..<60 { advance() }
  }

  /// Nodes that were declared gone and still vote.
  var ghosts: [NodeID] { registry.retired.map(\.id).filter { configuration.voters.contains($0) } }

  /// One step of the driver, then of the one that writes down who is out.
  private mutating func advance() {
    guard hasMajority(live), let leader = configuration.voters.intersection(live).max() else { return }
    let live = live
    let view = MembershipPlan.View(
      configuration: configuration, leader: leader, isLive: { live.contains($0) }, hasCaughtUp: { live.contains($0) })
    if case .propose(let change) = registry.membershipPlan.nextStep(for: view) {
      for step in change.steps {
        configuration.voters.remove(step.node)
        configuration.learners.remove(step.node)
        switch step.operation {
        case .addVoter: configuration.voters.insert(step.node)
        case .addLearner: configuration.learners.insert(step.node)
        case .remove, .update: break
        }
      }
      changes += 1
    } else if case .handOver(let candidates) = registry.membershipPlan.nextStep(for: view), let next = candidates.first
    {
      // The next leader takes the step that this one can't.
      var handed = view
      handed.leader = next
      if case .propose(let change) = registry.membershipPlan.nextStep(for: handed) {
        for step in change.steps where step.operation == .remove {
          configuration.voters.remove(step.node)
          configuration.learners.remove(step.node)
        }
        changes += 1
      }
    }
    for place in records.indices where records[place].standing == .leaving {
      if !configuration.members.contains(records[place].id) { records[place].retiredAt = 2 }
    }
  }
}
