extension ClusterChannels {
  /// What the cluster looks like from the node that is asked.
  public static let status = ClusterChannel<NoParts, ClusterStatus>(65)
}

/// What `roost status` shows. Field names are the JSON keys users rely on.
public struct ClusterStatus: Codable, Sendable {
  public struct Cluster: Codable, Sendable {
    public var name: String
    public var id: String
    /// The node that answered.
    public var answered_by: String
    /// Whether there is nothing to say against it.
    public var is_healthy: Bool
    /// What is wrong, each in a few words: a partition without leader, a node that is down, a disk that is full.
    public var reasons: [String]
    /// Voters of the partition that can lose the fewest of them.
    public var voters: Int
    /// How many of these make a majority.
    public var needed: Int
    /// How many of those that are there may still fail; the node that answered counts whom it hears.
    public var can_lose: Int
    /// Nodes that were declared gone and for which nobody votes everywhere yet.
    public var missing: Int
    /// Nodes and native clients are believed without proof (`--insecure`).
    public var insecure: Bool
  }

  public struct Node: Codable, Sendable {
    public var id: String
    public var number: UInt64
    /// Zero while it is down: the number may be another process by now.
    public var pid: Int32
    /// joining, active (it votes in every partition), diverged (what it holds of a partition contradicts the others),
    /// leaving or down, as seen by the node that answered.
    public var status: String
    /// PRIMARY leads the data, STANDBY votes, REPLICA learns; empty if the node is down.
    public var role: String
    /// What hinders its disk, as it says itself: empty, "disk full" or "disk stalled".
    public var disk: String
    /// What is wrong with it as far as the node that answered knows, in words: messages of it that were refused lately,
    /// and of itself also damage and partitions that it serves no more.
    public var trouble: [String]
    public var sql_address: String
    public var peer_address: String
    public var locality: [String: String]
    public var start_time: String
  }

  public struct Group: Codable, Sendable {
    public var id: UInt64
    /// The first key it holds and the first one after it; bytes that are not printable as \\xNN.
    public var start: String
    public var end: String
    /// Empty if the node that answered knows none.
    public var leader: String
    public var replicas: [Replica]
    public var term: UInt64
    public var commit_index: UInt64
    public var applied_index: UInt64
  }

  public struct Replica: Codable, Sendable {
    public var node: String
    /// VOTER or LEARNER.
    public var role: String
  }

  public var cluster: Cluster
  /// In order of id.
  public var nodes: [Node]
  public var groups: [Group]
  /// Nodes that were declared gone and for which nobody votes everywhere yet.
  public var replacements: [Replacement]
  /// Nodes that are being taken out.
  public var departures: [Departing]
  /// What the node that answered has done and refused since it started.
  public var counters: [String: UInt64]
}
