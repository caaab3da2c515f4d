import RoostBase
import RoostPlatform
import RoostSimulation

/// The network of a node that knows others by their numbers and addresses, over wires between machines.
///
/// Unchecked sendable: guarded by the world's thread.
final class PlacedNetwork: PeerNetwork, PeerNetworkHandler, @unchecked Sendable {
  private let process: SimulatedProcess
  private let places: NodePlaces
  private let clusterID: UInt128
  var handler: (any PeerNetworkHandler)?
  /// Where the others are, as far as this node was told.
  private var addresses: [NodeID: PeerAddress] = [:]
  /// Those it can reach.
  private var reachable: Set<NodeID> = []

  init(_ process: SimulatedProcess, _ places: NodePlaces, clusterID: UInt128) {
    self.process = process
    self.places = places
    self.clusterID = clusterID
    process.network.handler = self
  }

  var loop: any Loop { process.network.loop }
  var counters: PeerNetworkCounters { process.network.counters }

  /// Who dialled before was not let in.
  func listen(as node: NodeID, at address: PeerAddress) {
    places.listen(node, of: clusterID, at: address)
    let world = process.node.world
    for other in world.nodes where other.id != process.id { world.network.reset(process.id, other.id) }
  }

  func setAddress(_ address: PeerAddress?, of node: NodeID) {
    let before = addresses[node]
    guard before != address else { return }
    addresses[node] = address
    if let before {
      let machine = NodePlaces.machine(at: before)
      if reachable.remove(node) != nil { handler?.peerDisconnected(node) }
      if !addresses.values.contains(where: { NodePlaces.machine(at: $0) == machine }) {
        process.network.setAddress(nil, of: machine)
      }
    }
    guard let address else { return }
    let machine = NodePlaces.machine(at: address)
    guard machine != process.id else { return }
    process.network.setAddress(address, of: machine)
    if process.node.world.network.isConnected(process.id, machine) { peerConnected(machine) }
  }

  @discardableResult
  func send(_ payload: [UInt8], to node: NodeID, lane: PeerLane) -> Bool {
    guard let address = addresses[node], reachable.contains(node) else { return false }
    return process.network.send(payload, to: NodePlaces.machine(at: address), lane: lane)
  }

  func refuse(_ reason: String, from node: NodeID, closing: Bool) {
    guard let address = addresses[node] else { return }
    process.network.refuse(reason, from: NodePlaces.machine(at: address), closing: closing)
  }

  // MARK: From the wires

  func peerConnected(_ machine: NodeID) {
    guard let node = places.node(on: machine, of: clusterID), let address = addresses[node],
      places.node(at: address, of: clusterID) == node
    else { return }
    if reachable.insert(node).inserted { handler?.peerConnected(node) }
  }

  func peerDisconnected(_ machine: NodeID) {
    for (node, address) in addresses.sorted(by: { $0.key < $1.key }) where NodePlaces.machine(at: address) == machine {
      if reachable.remove(node) != nil { handler?.peerDisconnected(node) }
    }
  }

  func received(_ payload: [UInt8], from machine: NodeID) {
    guard let node = places.node(on: machine, of: clusterID) else { return }
    handler?.received(payload, from: node)
  }
}
