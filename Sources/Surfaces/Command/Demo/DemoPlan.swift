import RoostCluster
import RoostPlatform

/// What a demo cluster consists of: node N (from 1) has its data in `DIR/nodeN` and its SQL port at the first port
/// plus N − 1.
struct DemoPlan: Equatable {
  struct Node: Equatable {
    var name: String
    var directory: String
    var ports: NodeSettings.Ports
  }

  /// The distance between a node's kinds of ports is 1000, which leaves room for more nodes than one machine bears.
  static let nodeCounts = 1...32

  var host: String
  var directory: String
  var partitions: Int
  /// Whether its nodes do without a join secret.
  var isInsecure: Bool
  var nodes: [Node]

  init(nodeCount: Int, host: String, firstPort: Int, directory: String, partitions: Int = 0, isInsecure: Bool = false) {
    self.host = host
    self.directory = directory
    self.partitions = partitions
    self.isInsecure = isInsecure
    nodes = (0..<nodeCount).map { offset in
      let name = "node\(offset + 1)"
      return Node(name: name, directory: directory + "/" + name, ports: NodeSettings.Ports(sql: firstPort + offset))
    }
  }

  /// The one that all nodes share.
  var joinSecretFile: String { directory + "/" + JoinSecretFile.name }

  /// The arguments that start a node, also when someone starts it again by hand.
  func startArguments(of node: Node) -> [String] {
    let peers = nodes.map { PeerAddress(host: host, port: $0.ports.peer).description }
    return [
      "start", "--node-id", node.name, "--data", node.directory, "--host", host, "--port", String(node.ports.sql),
      "--cluster-mode", "primary", "--join", peers.joined(separator: ","),
    ] + (isInsecure ? ["--insecure"] : ["--join-secret-file", joinSecretFile])
      + (partitions > 0 ? ["--partitions", String(partitions)] : [])
  }

  /// The first port that cannot be used, in a sentence.
  ///
  /// - Parameter isRunning: whether a node runs already, which then has its ports.
  func obstacle(
    isRunning: (Node) -> Bool = { _ in false }, probe: (_ host: String, _ port: Int) -> String?
  ) -> String? {
    for node in nodes where !isRunning(node) {
      for (use, port) in [("SQL", node.ports.sql), ("peer", node.ports.peer)] {
        if let reason = probe(host, port) { return "\(node.name) cannot use \(use) port \(port): \(reason)" }
      }
    }
    return nil
  }
}
