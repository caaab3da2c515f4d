import RoostBase
import RoostPlatform

/// A connection that another node made to this one for one lane: delivers what comes over it.
// @unchecked: touched on the network's loop only.
final class IncomingLane: FramedConnectionOwner, @unchecked Sendable {
  let key: Key
  private let network: TCPPeerNetwork
  private(set) var connection: FramedConnection!

  /// At most one connection of each kind is kept; a newer one takes the older one's place.
  struct Key: Hashable {
    var node: NodeID
    var lane: PeerLane
  }

  init(key: Key, security: FrameSecurity?, network: TCPPeerNetwork) {
    self.key = key
    self.network = network
    connection = network.makeConnection(owner: self, security)
  }

  func intervalPassed() {
    if connection.intervalPassed() >= network.configuration.silentIntervals { connection.close(.silent) }
  }

  func frameReceived(_ payload: [UInt8]) {
    network.deliver(payload, over: self)
  }

  func queueDrained() {}

  func connectionEnded(_ reason: ConnectionEnd) {
    network.incomingEnded(self, reason)
  }
}
