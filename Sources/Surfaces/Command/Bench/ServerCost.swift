import Foundation
import RoostCluster
import RoostPlatform

/// What the nodes of a cluster have spent so far: processor time, where all of them run on this machine, and syncs of
/// their logs.
struct ServerCost {
  /// Nil if a node runs elsewhere, or the system does not tell.
  private var cpuMicroseconds: Double?
  /// Nil if a node does not answer.
  private var syncs: Double?
  private var nodes: Int

  static func sample(_ cluster: RemoteCluster, _ nodes: [ClusterStatus.Node]) async -> ServerCost {
    let active = nodes.filter { $0.status == "active" }
    var cost = ServerCost(cpuMicroseconds: 0, syncs: 0, nodes: active.count)
    for node in active {
      cost.cpuMicroseconds = add(cost.cpuMicroseconds, cpuMicroseconds(of: node))
      var syncs: Double?
      if let address = PeerAddress(node.peer_address), let status = try? await cluster.status(from: address) {
        syncs = status.counters["log_syncs"].map { Double($0) }
      }
      cost.syncs = add(cost.syncs, syncs)
    }
    return cost
  }

  /// Over all nodes, since an earlier sample.
  func cpuMicroseconds(since earlier: ServerCost) -> Double? {
    guard let cpuMicroseconds, let before = earlier.cpuMicroseconds else { return nil }
    return cpuMicroseconds - before
  }

  /// Of one node on average, since an earlier sample.
  func syncsOfANode(since earlier: ServerCost) -> Double? {
    guard let syncs, let before = earlier.syncs, nodes > 0 else { return nil }
    return (syncs - before) / Double(nodes)
  }

  private static func add(_ left: Double?, _ right: Double?) -> Double? {
    guard let left, let right else { return nil }
    return left + right
  }

  private static func cpuMicroseconds(of node: ClusterStatus.Node) -> Double? {
    #if os(Linux)
      // The same number may be another process here if the node runs elsewhere.
      guard let address = PeerAddress(node.peer_address), ["127.0.0.1", "localhost", "::1"].contains(address.host),
        let line = try? String(contentsOfFile: "/proc/\(node.pid)/stat", encoding: .utf8),
        let end = line.lastIndex(of: ")")
      else { return nil }
      let fields = line[line.index(after: end)...].split(separator: " ")
      guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
      return (user + system) * 1e6 / Double(sysconf(Int32(_SC_CLK_TCK)))
    #else
      return nil
    #endif
  }
}
