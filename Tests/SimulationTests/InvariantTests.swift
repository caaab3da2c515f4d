import RoostBase
import RoostPlatform
import RoostRaft
import RoostStore
import Testing

@testable import RoostClusterSimulation

/// What breaks a promise is told, by whoever notices first.
@Suite("Invariants: lies are found where they are told")
struct InvariantTests {
  private final class Complaints {
    var all: [String] = []
  }

  private static let group = GroupDescriptor.data.id
  private let complaints = Complaints()
  private let invariants: ClusterInvariants

  init() {
    let complaints = complaints
    invariants = ClusterInvariants { complaints.all.append($0) }
  }

  private func id(_ node: UInt64) -> ClusterInvariants.ReplicaID { .init(node: NodeID(node), group: Self.group) }

  private func core(_ node: UInt64, term: UInt64 = 0, entries: [Entry] = [], commit: UInt64 = 0) throws -> RaftCore {
    let voters: Set<NodeID> = [NodeID(1), NodeID(2), NodeID(3)]
    var state = RestoredState()
    state.configuration = Configuration(voters: voters)
    state.hardState = HardState(term: Term(term), commit: LogIndex(commit))
    state.entries = entries
    return try RaftCore(
      configuration: RaftConfiguration(id: NodeID(node), randomSeed: node), restoring: state, now: .origin)
  }

  private func entry(_ index: UInt64, _ term: UInt64, _ text: String = "") -> Entry {
    Entry(index: LogIndex(index), term: Term(term), payload: Array(text.utf8))
  }

  /// Node 1 elected by its peers.
  private func leader(term: UInt64) throws -> RaftCore {
    let now = Instant.origin + .seconds(1)
    var core = try core(1, term: term - 1)
    /// What it tells itself when its writes are durable.
    func settle() throws {
      while core.hasEffects {
        for response in core.takeEffects().persist?.responses ?? [] where response.to == NodeID(1) {
          try core.step(response, now: now)
        }
      }
    }
    core.tick(now: now)
    try settle()
    try core.step(Message(.preVoteResponse, from: NodeID(2), to: NodeID(1), term: Term(term)), now: now)
    try settle()
    try core.step(Message(.voteResponse, from: NodeID(2), to: NodeID(1), term: Term(term)), now: now)
    return core
  }

  @Test func logsThatAgreeOnAnEntryAgreeOnTheOnesBefore() throws {
    for node in [1, 2] as [UInt64] { invariants.recovered(id(node), try core(node)) }
    invariants.logging(id(1), StorageAppend(entries: [entry(1, 1, "a"), entry(2, 2, "b")]), try core(1))
    invariants.logging(id(2), StorageAppend(entries: [entry(1, 1, "a")]), try core(2))
    #expect(complaints.all.isEmpty)
    invariants.logging(id(2), StorageAppend(entries: [entry(1, 1, "x"), entry(2, 2, "b")]), try core(2))
    #expect(complaints.all.contains { $0.contains("differs from another one") })
  }

  @Test func whatWasDurableIsFoundAgain() throws {
    invariants.recovered(id(1), try core(1))
    invariants.logging(id(1), StorageAppend(hardState: HardState(term: Term(3)), entries: [entry(1, 3)]), try core(1))
    invariants.recovered(id(1), try core(1, term: 3))
    #expect(complaints.all.isEmpty, "what was under way may be lost")
    invariants.logging(id(1), StorageAppend(hardState: HardState(term: Term(3)), entries: [entry(1, 3)]), try core(1))
    invariants.logged(id(1))
    invariants.recovered(id(1), try core(1, term: 3, entries: [entry(1, 3)]))
    #expect(complaints.all.isEmpty)
    invariants.recovered(id(1), try core(1, term: 3))
    #expect(complaints.all.contains { $0.contains("comes back without entry 1") })
    invariants.recovered(id(1), try core(1, term: 2))
    #expect(complaints.all.contains { $0.contains("had made term 3 durable") })
  }

  @Test func whatIsAppliedIsCommittedInOrderAndTheSameEverywhere() throws {
    for node in [1, 2] as [UInt64] { invariants.recovered(id(node), try core(node)) }
    let entries = [entry(1, 1, "a"), entry(2, 1, "b")]
    for node in [1, 2] as [UInt64] {
      invariants.logging(id(node), StorageAppend(entries: entries), try core(node))
      invariants.logged(id(node))
    }
    let ahead = try core(1, term: 1, entries: entries, commit: 2)
    invariants.settled(id(1), ahead)
    invariants.applied(id(1), entries, at: Timestamp(5), 77, ahead)
    let behind = try core(2, term: 1, entries: entries, commit: 2)
    #expect(complaints.all.isEmpty, "\(complaints.all)")
    invariants.applied(id(2), [entries[1]], at: Timestamp(5), 77, behind)
    #expect(complaints.all.contains { $0.contains("applies entry 2 after 0") })
    complaints.all = []
    invariants.recovered(id(2), try core(2, term: 1, entries: entries))
    invariants.applied(id(2), entries, at: Timestamp(5), 78, behind)
    #expect(complaints.all.contains { $0.contains("its state at 2") })
    complaints.all = []
    invariants.recovered(id(2), try core(2, term: 1, entries: entries, commit: 2))
    invariants.applied(id(2), [entry(1, 1, "z"), entries[1]], at: Timestamp(5), 77, behind)
    #expect(complaints.all.contains { $0.contains("another entry 1") })
  }

  @Test func aTermHasOneLeaderWithAllThatIsCommitted() throws {
    for node in [1, 2] as [UInt64] { invariants.recovered(id(node), try core(node)) }
    let old = entry(1, 1, "a")
    invariants.logging(id(2), StorageAppend(entries: [old]), try core(2))
    invariants.logged(id(2))
    invariants.settled(id(2), try core(2, term: 1, entries: [old], commit: 1))
    #expect(complaints.all.isEmpty)
    let leader = try leader(term: 2)
    #expect(leader.role == .leader)
    invariants.roleChanged(id(1), leader)
    #expect(complaints.all.contains { $0.contains("without entry 1 of term 1, which is committed") })
    invariants.roleChanged(id(3), leader)
    #expect(complaints.all.contains { $0.contains("both lead") })
  }

  @Test func configurationsChangeByOneStep() {
    func configuration(_ voters: [UInt64], _ outgoing: [UInt64] = []) -> Configuration {
      Configuration(
        voters: Set(voters.map { NodeID($0) }), outgoingVoters: Set(outgoing.map { NodeID($0) }))
    }
    func isOneStep(_ old: Configuration, _ new: Configuration) -> Bool {
      ClusterInvariants.isOneStep(from: old, to: new)
    }
    #expect(isOneStep(configuration([1, 2, 3]), configuration([1, 2, 3, 4])))
    #expect(!isOneStep(configuration([1, 2, 3]), configuration([1, 2, 4])))
    #expect(isOneStep(configuration([1, 2, 3]), configuration([1, 4, 5], [1, 2, 3])))
    #expect(!isOneStep(configuration([1, 2, 3]), configuration([1, 4, 5], [1, 2])))
    #expect(isOneStep(configuration([1, 4, 5], [1, 2, 3]), configuration([1, 4, 5])))
    #expect(!isOneStep(configuration([1, 4, 5], [1, 2, 3]), configuration([1, 2, 5])))
  }
}
