import RoostBase
import RoostPlatform
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
    var address: PeerAddress
  }

  private var listeners: [NodeID: Listener] = [:]
  /// Whether the network keeps some questions between nodes for a while.
  var delaysQuestions = false

  func listen(_ node: NodeID, of clusterID: UInt128, at address: PeerAddress) {
    listeners[NodePlaces.machine(at: address)] = Listener(node: node, clusterID: clusterID, address: address)
  }

  func close(_ machine: NodeID) { listeners[machine] = nil }

  /// Whether the node of a machine has joined its cluster.
  func takesPart(_ machine: NodeID) -> Bool { listeners[machine] != nil }

  /// The node of a cluster that runs on a machine and listens.
  func node(on machine: NodeID, of clusterID: UInt128) -> NodeID? {
    listeners[machine].flatMap { $0.clusterID == clusterID ? $0.node : nil }
  }

  /// The node of a cluster that listens at an address.
  func node(at address: PeerAddress, of clusterID: UInt128) -> NodeID? {
    isListening(at: address) ? node(on: NodePlaces.machine(at: address), of: clusterID) : nil
  }

  func isListening(at address: PeerAddress) -> Bool { listeners[NodePlaces.machine(at: address)]?.address == address }

  private static let portsOfMachine = 1000

  /// - Parameter move: how often the node on the machine has moved to another port.
  static func address(of machine: NodeID, move: Int) -> PeerAddress {
    PeerAddress(host: "machine", port: Int(machine.rawValue) * portsOfMachine + move % portsOfMachine)
  }

  static func machine(at address: PeerAddress) -> NodeID { NodeID(UInt64(address.port / portsOfMachine)) }
}
