import RoostBase
import RoostPlatform
import RoostRaft

/// Whether every group keeps a majority of voters that live when nodes go: what stands between a command and the end of
/// a cluster.
///
/// Learners never count: they have no vote. A node that was declared gone counts as dead, heard of or not, for it must
/// stop as soon as it learns of that. In a joint configuration both halves must have their majority.
struct QuorumGuard {
  struct Group: Equatable {
    var id: GroupID
    var configuration: Configuration
  }

  /// A set of voters that would have too few that live.
  struct Shortfall: Equatable {
    var group: GroupID
    var voters: [NodeID]
    var live: [NodeID]
    var needed: Int
  }

  /// How many more voters a group can lose.
  struct Tolerance: Equatable {
    var voters: Int
    var needed: Int
    var live: Int

    /// Zero or less: nobody more; below zero there is no majority now.
    var margin: Int { live - needed }
  }

  var groups: [Group]
  /// Nodes that are heard of, the one that judges among them.
  var live: Set<NodeID>
  /// Nodes that were declared gone. They may still be voters: until a change is made, or where none can be.
  var gone: Set<NodeID> = []
  /// Nodes that will soon be voters no more.
  var leaving: Set<NodeID> = []

  static func needed(of voters: Int) -> Int { voters / 2 + 1 }
  static func isMajority(_ count: Int, of voters: Int) -> Bool { voters > 0 && count >= needed(of: voters) }

  /// What would be too weak if a node were declared gone: its vote counts for nothing from then on, and the others have to
  /// agree on its removal. Those that are left then are a majority of themselves, too.
  func shortfalls(declaringGone node: NodeID) -> [Shortfall] {
    var after = self
    after.gone.insert(node)
    return groups.filter { Self.halves($0.configuration).contains { $0.contains(node) } }.flatMap { group in
      Self.halves(group.configuration).flatMap { half in
        // As it is, and as it will be when those that leave are out.
        [half, half.subtracting(leaving)].compactMap { after.shortfall(of: $0, in: group.id) }.prefix(1)
      }
    }
  }

  /// What would be too weak if a node gave up its places: now, while the change is agreed on, and afterwards.
  func shortfalls(removing node: NodeID) -> [Shortfall] {
    groups.filter { Self.halves($0.configuration).contains { $0.contains(node) } }.flatMap { group in
      Self.halves(group.configuration).flatMap { half in
        [half, half.subtracting([node]), half.subtracting(leaving).subtracting([node])]
          .compactMap { shortfall(of: $0, in: group.id) }.prefix(1)
      }
    }
  }

  /// The group that can lose the fewest voters; nil if there is none.
  var weakest: Tolerance? {
    groups.flatMap { Self.halves($0.configuration) }.map { half in
      Tolerance(voters: half.count, needed: Self.needed(of: half.count), live: alive(half).count)
    }.min { $0.margin < $1.margin }
  }

  private static func halves(_ configuration: Configuration) -> [Set<NodeID>] {
    configuration.isJoint ? [configuration.voters, configuration.outgoingVoters] : [configuration.voters]
  }

  private func alive(_ voters: Set<NodeID>) -> Set<NodeID> { voters.intersection(live).subtracting(gone) }

  private func shortfall(of voters: Set<NodeID>, in group: GroupID) -> Shortfall? {
    let alive = alive(voters)
    guard !Self.isMajority(alive.count, of: voters.count) else { return nil }
    return Shortfall(
      group: group, voters: voters.sorted(), live: alive.sorted(), needed: Self.needed(of: voters.count))
  }
}
