import RoostBase
import RoostPlatform
import RoostRaft
import Testing

@testable import RoostCluster
@testable import RoostStore

@Suite("Which data directory a cluster goes on with")
struct RecoveryChoiceTests {
  private func candidate(_ node: NodeID, _ logs: [(term: UInt64, last: UInt64)]) -> RecoveryChoice.Candidate {
    .init(
      node: node, name: "node\(node)",
      standings: logs.enumerated().map { place, log in
        OfflineGroups.Standing(
          group: GroupID(UInt64(place + 1)), term: Term(log.term), lastIndex: LogIndex(log.last),
          lastTerm: Term(log.term),
          commitIndex: .zero, appliedIndex: .zero, lostThrough: .zero,
          configuration: Configuration(voters: [1, 2, 3, 4, 5]), namedLater: [])
      })
  }

  @Test func aLaterTermBeatsALongerLog() {
    let choice = RecoveryChoice(candidates: [candidate(1, [(2, 100)]), candidate(2, [(3, 5)])])
    #expect(choice.best == 1)
    #expect(choice.ahead(of: choice.candidates[0], in: GroupID(1))?.name == "node2")
    #expect(choice.ahead(of: choice.candidates[1], in: GroupID(1)) == nil)
  }

  @Test func mostPartitionsDecideThenTheEarlier() {
    #expect(
      RecoveryChoice(candidates: [candidate(1, [(1, 9), (1, 1), (1, 1)]), candidate(2, [(1, 1), (1, 2), (1, 2)])]).best
        == 1)
    #expect(RecoveryChoice(candidates: [candidate(1, [(1, 1), (1, 9)]), candidate(2, [(1, 2), (1, 3)])]).best == 1)
    #expect(RecoveryChoice(candidates: [candidate(1, [(1, 1)]), candidate(2, [(1, 1)])]).best == 0)
  }

  @Test func aMajorityIsNotGivenUp() {
    let two = [candidate(1, [(1, 1)]), candidate(2, [(1, 1)])]
    #expect(!RecoveryChoice(candidates: two).isMajorityEverywhere)
    #expect(RecoveryChoice(candidates: two + [candidate(5, [(1, 1)])]).isMajorityEverywhere)
    #expect(!RecoveryChoice(candidates: two + [candidate(9, [(1, 1)])]).isMajorityEverywhere, "9 never voted")
  }
}
