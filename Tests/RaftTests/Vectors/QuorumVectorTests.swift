import Foundation
import RoostBase
import RoostRaft
import Testing

/// The published tables of majority and joint quorums.
@Suite struct QuorumVectorTests {
  @Test(
    .enabled(
      if: !VectorFolder.scripts("quorum").isEmpty, "needs the folder raft/quorum of others' vectors (ROOST_VECTORS)"),
    arguments: VectorFolder.scripts("quorum"))
  func answersAsPublished(file: URL) throws {
    let script = try DataDrivenScript(file: file)
    #expect(!script.directives.isEmpty)
    for directive in script.directives {
      // What is printed above the last line is a drawing.
      let expected = directive.expected.last ?? ""
      let answer = Self.answer(directive)
      try #require(answer == expected, "\(script.name):\(directive.line)")
    }
  }

  private static func answer(_ directive: DataDrivenScript.Directive) -> String {
    let incoming = (directive.values("cfg") ?? []).compactMap { UInt64($0) }.map { NodeID($0) }
    let isJoint = directive.values("cfgj") != nil
    let outgoing = (directive.values("cfgj") ?? []).compactMap { UInt64($0) }.map { NodeID($0) }
    // Values are given to voters in the order they are first named.
    var order: [NodeID] = []
    for id in incoming + outgoing where !order.contains(id) { order.append(id) }
    let values = directive.values("idx") ?? directive.values("votes") ?? []
    let known = Dictionary(uniqueKeysWithValues: zip(order, values)).filter { $0.value != "_" }
    let majority = MajorityQuorum(Set(incoming))
    let joint = JointQuorum(incoming: majority, outgoing: MajorityQuorum(Set(outgoing)))
    let swapped = JointQuorum(incoming: joint.outgoing, outgoing: majority)
    if directive.command == "committed" {
      let lookup = { (id: NodeID) in known[id].flatMap { UInt64($0) }.map { LogIndex($0) } }
      let index = isJoint ? joint.committedIndex(lookup) : majority.committedIndex(lookup)
      #expect(joint.committedIndex(lookup) == index && swapped.committedIndex(lookup) == index)
      guard index == LogIndex(.max) else { return index.description }
      return isJoint ? "∞" : "<empty majority quorum>∞"
    }
    let lookup = { (id: NodeID) in known[id].map { $0 == "y" } }
    let result = isJoint ? joint.voteResult(lookup) : majority.voteResult(lookup)
    #expect(joint.voteResult(lookup) == result && swapped.voteResult(lookup) == result)
    switch result {
    case .pending: return "VotePending"
    case .lost: return "VoteLost"
    case .won: return "VoteWon"
    }
  }
}
