public import RoostPlatform
public import RoostStore

/// Why a node could not start, join or go on; each says what to do about it.
public enum NodeError: Error, Sendable, CustomStringConvertible {
  /// The data directory can't be used.
  case dataDirectory(String)
  /// Another process uses it, or it can't be opened.
  case disk(DiskError)
  case cannotListen(String)
  /// Two layers were put together that claim the same keys.
  case keySpace(KeySpaceConflict)
  /// The join secret is missing, or can't be used.
  case joinSecret(String)
  /// The cluster does not take the node in.
  case refused(String)
  /// None of the nodes to join answered in time.
  case noSeed([PeerAddress])
  /// The cluster was founded with another number of partitions.
  case partitions(wanted: Int, founded: Int)
  case recovery(String)

  public var description: String {
    switch self {
    case .dataDirectory(let reason): "the data directory can't be used: \(reason)"
    case .keySpace(let conflict): conflict.description
    case .disk(let error): error.description
    case .cannotListen(let reason), .joinSecret(let reason): reason
    case .refused(let reason): "the cluster does not take this node in: \(reason)"
    case .noSeed(let seeds):
      "none of the nodes to join answered: \(seeds.map(\.description).joined(separator: ", ")); "
        + "start one of them, or correct --join"
    case .partitions(let wanted, let founded): NodeError.partitions(wanted, founded)
    case .recovery(let reason): reason
    }
  }

  static func partitions(_ wanted: Int, _ founded: Int) -> String {
    "--partitions \(wanted) can't apply: the cluster was founded with \(founded), and that number stays; leave the setting "
      + "out, or found a new cluster"
  }
}
