/// What a recovery of a lost quorum keeps and what it may lose, for people and for their records. Field names are the
/// JSON keys of the report.
public struct RecoveryReport: Codable, Sendable, Equatable {
  public struct Node: Codable, Sendable, Equatable {
    public var name: String
    public var number: UInt64
    public var peer_address: String
  }

  public struct Partition: Codable, Sendable, Equatable {
    public var id: UInt64
    /// Who voted, as far as the kept directory knows.
    public var voters: [String]
    public var term: UInt64
    public var last_index: UInt64
    public var last_term: UInt64
    /// Entries up to here are known to be committed.
    public var commit_index: UInt64
    public var applied_index: UInt64
    /// Entries beyond that, which may have been acknowledged to nobody, and are kept.
    public var kept_beyond_commit: UInt64
    /// Entries up to here were on this disk once and are lost; zero if none is.
    public var lost_through: UInt64
    /// Another directory that was given has more of it; what that has beyond `last_index` is lost.
    public var ahead: Ahead?
  }

  public struct Ahead: Codable, Sendable, Equatable {
    public var node: String
    public var last_index: UInt64
    public var last_term: UInt64
  }

  public enum State: String, Codable, Sendable { case planned, done }

  public var state: State
  public var made_at: String
  public var cluster: String
  public var cluster_id: String
  /// The node that goes on alone.
  public var survivor: Node
  public var data_directory: String
  /// Why the state can't be used and is made anew from the log, which has every entry; absent if it can.
  public var state_damage: String?
  /// Nodes whose data directories are refused from now on.
  public var declared_dead: [Node]
  public var partitions: [Partition]

  /// For people.
  public var lines: [String] {
    var lines = [
      "recovery of cluster \(cluster) (\(cluster_id)), \(made_at): \(state == .done ? "done" : "not done yet")",
      "\(survivor.name) (number \(survivor.number)) goes on alone, with the data in \(data_directory)",
      declared_dead.isEmpty
        ? "nobody else belonged to the cluster"
        : "declared dead, and refused from now on: "
          + declared_dead.map { "\($0.name) (number \($0.number), \($0.peer_address))" }.joined(separator: ", "),
    ]
    if let state_damage {
      lines.append("its state is damaged (\(state_damage)), and is made anew from the log, which has every entry")
    }
    lines.append("")
    for partition in partitions {
      lines.append(
        "partition \(partition.id): kept up to entry \(partition.last_index) of term \(partition.last_term); committed up "
          + "to \(partition.commit_index) as far as is known")
      if partition.kept_beyond_commit > 0 {
        lines.append("  the last \(partition.kept_beyond_commit) are kept although nobody may have been told of them")
      }
      if partition.lost_through > 0 {
        lines.append("  entries up to \(partition.lost_through) were on this disk once, and are lost")
      }
      if let ahead = partition.ahead {
        lines.append(
          "  lost: \(ahead.node) has it up to entry \(ahead.last_index) of term \(ahead.last_term); its directory is kept "
            + "as it is")
      }
    }
    lines.append("")
    lines.append(
      "what the nodes that are gone had acknowledged beyond these entries is lost; nobody can tell whether there was any"
    )
    return lines
  }
}
