/// How a node divides the descriptors that the system grants it.
///
/// A socket takes a descriptor, and so does a file. Whoever may connect could take the last one, and then the log can't
/// open its next segment. So the parts that durability and consensus rest on have a reserve, and the listening ports
/// share what is left:
///
///     ├ own ┼ state engine ┼ peers ┼ arrivals ┼ native clients ┼──────────── SQL ────────────┤
///
/// `own` are standard streams, event loops, the log's segments, directories that are synced, and snapshots under way.
public struct DescriptorBudget: Hashable, Sendable {
  /// Ports that are listened on: for nodes and native clients, and for SQL.
  private static let ports = 2
  /// A node does not start with fewer.
  public static let minimum = 128

  public let limit: Int
  public let own: Int
  public let stateEngine: Int
  /// Connections from and to other nodes: four for each.
  public let peers: Int
  /// Connections that were accepted at one port and that no event loop has taken yet.
  public let arrivals: Int
  /// Native clients, and callers at the peer port that have not greeted yet.
  public let nativeClients: Int
  /// Sessions, and clients that are starting or being refused.
  public let sqlClients: Int

  /// - Parameter limit: What the system grants, at least ``minimum``.
  public init(limit: Int) {
    let limit = max(limit, DescriptorBudget.minimum)
    self.limit = limit
    own = min(limit / 4, 96)
    stateEngine = min(max(limit / 8, 24), 256)
    peers = min(limit / 8, 4096)
    arrivals = min(limit / 32, 128)
    let shared = limit - own - stateEngine - peers - arrivals * DescriptorBudget.ports
    nativeClients = min(shared / 3, 2048)
    sqlClients = shared - nativeClients
  }
}
