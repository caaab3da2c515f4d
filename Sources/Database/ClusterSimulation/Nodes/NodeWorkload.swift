/// Clients of whole nodes, and what they hold against them.
public protocol NodeWorkload: AnyObject {
  /// Clients begin; the machines are started.
  func start()
  /// Clients begin nothing new. What is under way goes on.
  func stop()
  /// Looks at everything there is, once all is well.
  func judge()
  /// What must not have been.
  var violations: [String] { get }
  /// Changes that were acknowledged.
  var acknowledged: Int { get }
  /// Reads that were answered.
  var reads: Int { get }
}

/// Clients of the native protocol: see ``NodeClient``.
///
/// Unchecked sendable: guarded by the world's thread.
final class KeyValueNodeWorkload: NodeWorkload, @unchecked Sendable {
  private static let clientCount = 4

  private let cluster: NodeCluster
  private let board = NodeClient.Board()
  private var clients: [NodeClient] = []

  init(_ cluster: NodeCluster) { self.cluster = cluster }

  func start() {
    clients = (0..<KeyValueNodeWorkload.clientCount).map { _ in NodeClient(cluster, board) }
    for client in clients { client.run() }
  }

  func stop() { for client in clients { client.isRunning = false } }
  /// Each read was judged when it was answered.
  func judge() {}

  var violations: [String] { [] }
  var acknowledged: Int { board.acknowledged }
  var reads: Int { board.reads }
}
