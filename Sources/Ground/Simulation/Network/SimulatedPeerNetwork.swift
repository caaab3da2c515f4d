public import RoostBase
public import RoostPlatform

/// One process's end of the simulated network.
///
/// Unchecked sendable: guarded by the world's thread.
public final class SimulatedPeerNetwork: PeerNetwork, @unchecked Sendable {
  public let id: NodeID
  public var handler: (any PeerNetworkHandler)?
  /// Serves clients; without one they are refused.
  public var nativeService: (any NativeService)?
  public private(set) var counters = PeerNetworkCounters()
  let life: ProcessLife
  private let node: SimulatedNode
  private let loops: [SimulatedLoop]
  /// Whom this process knows and wants to reach, in order of identity.
  private(set) var wanted: [NodeID] = []
  private var network: SimulatedNetwork { node.world.network }

  init(node: SimulatedNode, life: ProcessLife, loops: [SimulatedLoop]) {
    self.id = node.id
    self.node = node
    self.life = life
    self.loops = loops
  }

  public var loop: any Loop { loops[0] }

  public func setAddress(_ address: PeerAddress?, of node: NodeID) {
    guard life.isAlive, node != id else { return }
    let position = wanted.firstIndex { $0 >= node } ?? wanted.count
    let isKnown = position < wanted.count && wanted[position] == node
    if address == nil {
      if isKnown { wanted.remove(at: position) }
      network.dropUnwanted(id, node)
    } else if !isKnown {
      wanted.insert(node, at: position)
      network.dial(id, node)
    }
  }

  @discardableResult
  public func send(_ payload: [UInt8], to node: NodeID, lane: PeerLane) -> Bool {
    guard life.isAlive else { return false }
    return network.connection(id, node)?.send(payload, from: self, lane: lane) ?? false
  }

  public func refuse(_ reason: String, from node: NodeID, closing: Bool) {
    counters.refusedPayloads += 1
    guard closing, life.isAlive, let connection = network.connection(id, node) else { return }
    connection.breakUp()
    network.redial(node, id)
  }

  // MARK: From the network

  func connected(to peer: NodeID) {
    loops[0].execute { [self] in handler?.peerConnected(peer) }
  }

  func disconnected(from peer: NodeID) {
    loops[0].execute { [self] in handler?.peerDisconnected(peer) }
  }

  func deliver(_ payload: [UInt8], from peer: NodeID) {
    loops[0].execute { [self] in handler?.received(payload, from: peer) }
  }

  func acceptingLoop(_ generator: inout SeededGenerator) -> SimulatedLoop { loops[generator.below(loops.count)] }

  func discard() {
    wanted = []
    handler = nil
    nativeService = nil
  }
}
