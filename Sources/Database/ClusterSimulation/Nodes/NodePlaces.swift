import RoostPlatform
import RoostRaft
import RoostSimulation

/// Which node listens on which machine: what greetings would say.
///
/// Machines and nodes have numbers of their own: the cluster gives a node its number, and a machine may run one node after
/// another.
///
/// Unchecked sendable: guarded by the world's thread.
final class NodePlaces: @unchecked Sendable {
  private struct Listener {
    var node: NodeID
    var clusterID: UInt128
  }

  private var listeners: [NodeID: Listener] = [:]

  func listen(_ node: NodeID, of clusterID: UInt128, on machine: NodeID) {
    listeners[machine] = Listener(node: node, clusterID: clusterID)
  }

  func close(_ machine: NodeID) { listeners[machine] = nil }

  /// The node of a cluster that listens on a machine.
  func node(on machine: NodeID, of clusterID: UInt128) -> NodeID? {
    listeners[machine].flatMap { $0.clusterID == clusterID ? $0.node : nil }
  }

  static func address(of machine: NodeID) -> PeerAddress { PeerAddress(host: "machine", port: Int(machine.rawValue)) }

  static func machine(at address: PeerAddress) -> NodeID { NodeID(UInt64(address.port)) }
}
