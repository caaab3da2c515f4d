import RoostBase
import RoostMembership
import RoostRaft
import Testing

@testable import RoostCluster

@Suite("Who judges instead of a node that has diverged") struct DepartureDriverTests {
  private func judges(
    _ voters: Set<NodeID>, conditions: [NodeID: NodeCondition] = [:], away: Set<NodeID> = [],
    match: [NodeID: LogIndex] = [:]
  ) -> [NodeID] {
    DepartureDriver.judges(
      among: voters, condition: { conditions[$0] ?? [] }, isReachable: { !away.contains($0) },
      match: { match[$0] ?? .zero })
  }

  @Test func aSoundVoterThatIsThere() {
    #expect(judges([2, 3, 4], conditions: [2: .diverged], away: [3]) == [4])
    #expect(judges([2, 3], conditions: [2: .diverged], away: [3]) == [], "nobody can")
    #expect(judges([2, 3], match: [2: LogIndex(5), 3: LogIndex(9)]) == [3, 2], "who needs least comes first")
    #expect(judges([2, 3], conditions: [2: .diskFull]) == [3, 2], "a full disk is better than nobody")
  }
}
