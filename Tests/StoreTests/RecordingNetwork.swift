import RoostBase
import RoostPlatform
import RoostRaft
import Testing

@testable import RoostStore

/// Keeps what is sent, and takes it only where the way is open.
final class RecordingNetwork: PeerNetwork, @unchecked Sendable {
  let loop: any Loop
  var handler: (any PeerNetworkHandler)?
  let counters = PeerNetworkCounters()
  var open: Set<NodeID>
  var sent: [(payload: [UInt8], node: NodeID, lane: PeerLane)] = []

  init(_ loop: any Loop, open: Set<NodeID>) {
    self.loop = loop
    self.open = open
  }

  func setAddress(_ address: PeerAddress?, of node: NodeID) {}
  func refuse(_ reason: String, from node: NodeID, closing: Bool) {}

  func send(_ payload: [UInt8], to node: NodeID, lane: PeerLane) -> Bool {
    guard open.contains(node) else { return false }
    sent.append((payload, node, lane))
    return true
  }

  /// Of all that was sent, in order.
  func kinds() throws -> [PeerPayload.Kind] {
    try sent.map { try #require(PeerPayload.Kind(rawValue: $0.payload[0])) }
  }
}
