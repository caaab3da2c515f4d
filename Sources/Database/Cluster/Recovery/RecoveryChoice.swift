import RoostBase
import RoostPlatform
import RoostRaft
import RoostStore

/// Which of several data directories a cluster goes on with: the one that has the most. Raft's own order decides, for each
/// partition: the later last term, then the longer log.
struct RecoveryChoice {
  struct Candidate {
    var node: NodeID
    var name: String
    var standings: [OfflineGroups.Standing]

    func standing(of group: GroupID) -> OfflineGroups.Standing? { standings.first { $0.group == group } }
  }

  var candidates: [Candidate]

  /// The place of the best one: the one that nobody is ahead of in the most partitions. Of equals the one that has more
  /// of the earlier partitions, for the first holds the cluster's own records.
  var best: Int {
    let groups = Set(candidates.flatMap { $0.standings.map(\.group) }).sorted()
    func score(_ candidate: Candidate) -> [Bool] { groups.map { ahead(of: candidate, in: $0) == nil } }
    let scores = candidates.map(score)
    return candidates.indices.max { left, right in
      let (few, many) = (scores[left].count { $0 }, scores[right].count { $0 })
      if few != many { return few < many }
      if let place = groups.indices.first(where: { scores[left][$0] != scores[right][$0] }) {
        return scores[right][place]
      }
      return left > right
    } ?? 0
  }

  /// Somebody who has more of a partition, the one that has most.
  func ahead(of candidate: Candidate, in group: GroupID) -> Candidate? {
    candidates.filter { Self.isAhead($0.standing(of: group), of: candidate.standing(of: group)) }
      .max { Self.isAhead($1.standing(of: group), of: $0.standing(of: group)) }
  }

  private static func isAhead(_ left: OfflineGroups.Standing?, of right: OfflineGroups.Standing?) -> Bool {
    let mine = (left?.lastTerm ?? .zero, left?.lastIndex ?? .zero)
    let theirs = (right?.lastTerm ?? .zero, right?.lastIndex ?? .zero)
    return mine > theirs
  }

  /// Whether the candidates together are a majority of every partition, so that none of them need be given up.
  var isMajorityEverywhere: Bool {
    let there = Set(candidates.map(\.node))
    let standings = candidates.flatMap(\.standings)
    return !standings.isEmpty
      && standings.allSatisfy { standing in
        [standing.configuration.voters, standing.configuration.outgoingVoters].filter { !$0.isEmpty }.allSatisfy {
          QuorumGuard.isMajority($0.intersection(there).count, of: $0.count)
        }
      }
  }
}
