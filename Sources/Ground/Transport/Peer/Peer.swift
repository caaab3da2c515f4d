import RoostBase
import RoostPlatform

/// Another node as this one sees it: its address, a lane of each kind to it, and whether it can be reached.
///
/// The consensus lane decides reachability: what liveness depends on travels there.
// @unchecked: touched on the network's loop only.
final class Peer: @unchecked Sendable {
  private enum Reachability {
    case unknown
    case up
    case down
  }

  let node: NodeID
  private(set) var address: PeerAddress?
  private let network: TCPPeerNetwork
  private var lanes: [OutgoingLane] = []
  private var reachability = Reachability.unknown
  /// Why the last attempt failed, as far as operators were told.
  private var reportedFailure: TransportError?

  init(node: NodeID, network: TCPPeerNetwork) {
    self.node = node
    self.network = network
    lanes = PeerLane.allCases.map { OutgoingLane(peer: self, lane: $0, network: network) }
  }

  func setAddress(_ address: PeerAddress?) {
    guard address != self.address else { return }
    let wasUp = reachability == .up
    for lane in lanes { lane.stop() }
    self.address = address
    reachability = .unknown
    reportedFailure = nil
    if address != nil {
      for lane in lanes { lane.start() }
    }
    if wasUp { network.handler?.peerDisconnected(node) }
  }

  func send(_ payload: [UInt8], _ lane: PeerLane) -> Bool {
    lanes[Int(lane.rawValue)].send(payload)
  }

  func queuedBytes(_ lane: PeerLane) -> Int { lanes[Int(lane.rawValue)].queuedBytes }

  func nodeCalled() {
    for lane in lanes { lane.nodeCalled() }
  }

  /// A connection from the node closed: ask on ours, which may have shared its fate.
  func incomingClosed() {
    for lane in lanes { lane.probe() }
  }

  func intervalPassed() {
    for lane in lanes { lane.intervalPassed() }
  }

  // MARK: What the lanes report

  func laneConnected(_ lane: OutgoingLane, _ address: PeerAddress) {
    guard lane.lane == .consensus, reachability != .up else { return }
    reachability = .up
    reportedFailure = nil
    network.emit(.reachable(node, address))
    network.handler?.peerConnected(node)
  }

  func laneFailed(_ lane: OutgoingLane, _ address: PeerAddress, _ error: TransportError) {
    guard lane.lane == .consensus else { return }
    // Another reason than before is news: first nobody listened, now it is a node of another cluster.
    if reportedFailure != error {
      reportedFailure = error
      network.emit(.unreachable(node, address, error))
    }
    guard reachability == .unknown else { return }
    reachability = .down
    network.handler?.peerDisconnected(node)
  }

  func laneLost(_ lane: OutgoingLane, _ reason: ConnectionEnd) {
    network.emit(.broken(node, lane.lane, reason))
    guard lane.lane == .consensus, reachability == .up else { return }
    reachability = .down
    network.handler?.peerDisconnected(node)
  }
}
