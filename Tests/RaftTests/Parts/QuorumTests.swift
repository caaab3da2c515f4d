import RoostBase
import RoostRaft
import Testing

/// Properties of quorums that no table can show in full.
@Suite struct QuorumTests {
  @Test func committedIndexIsTheHighestThatAMajorityHas() {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<2000 {
      let voters = Set((0..<random.number(1...9)).map { _ in NodeID(UInt64(random.number(1...20))) })
      let indexes = Dictionary(
        uniqueKeysWithValues: voters.sorted().filter { _ in random.chance(80) }.map {
          ($0, LogIndex(UInt64(random.number(0...30))))
        })
      let index = MajorityQuorum(voters).committedIndex { indexes[$0] }
      func count(_ index: LogIndex) -> Int { voters.filter { (indexes[$0] ?? .zero) >= index }.count }
      #expect(count(index) * 2 > voters.count)
      #expect(count(index.next) * 2 <= voters.count)
    }
  }

  /// Any two majorities of a set have a member in common, which is what all of Raft rests on.
  @Test func winnersOverlap() {
    for size in 1...7 {
      let voters = (1...size).map { NodeID(UInt64($0)) }
      let quorum = MajorityQuorum(Set(voters))
      let winners = (0..<(1 << size)).filter { mask in
        quorum.voteResult { mask >> Int($0.rawValue - 1) & 1 == 1 } == .won
      }
      for first in winners { for second in winners { #expect(first & second != 0) } }
    }
  }

  @Test func oneVoterDecidesAlone() {
    #expect(JointQuorum(Configuration(voters: [NodeID(4)])).isSingleton)
    #expect(!JointQuorum(Configuration(voters: [NodeID(4)], outgoingVoters: [NodeID(4)])).isSingleton)
  }
}
