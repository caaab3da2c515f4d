import RoostBase
import RoostMembership
import RoostPlatform
import RoostRaft

/// Gathers the messages of all groups for each peer, and sends them once a turn of the loop: one payload per peer.
///
/// Touched on the host's loop only.
final class PeerOutbox {
  private struct Payload {
    var node: NodeID
    var messages: ByteWriter
  }

  private let network: any PeerNetwork
  private let tag: Incarnation.Tag
  /// Peers that can be sent to.
  @exclusivity(unchecked) private(set) var connected: Set<NodeID> = []
  @exclusivity(unchecked) private var payloads: [Payload] = []

  /// - Parameter tag: which start of this node its messages are from.
  init(network: any PeerNetwork, tag: Incarnation.Tag) {
    self.network = network
    self.tag = tag
  }

  func connected(to node: NodeID) { connected.insert(node) }

  func disconnected(from node: NodeID) { connected.remove(node) }

  /// Returns false if the peer can't be reached.
  func add(_ message: Message, of group: GroupID) -> Bool {
    if let index = payloads.firstIndex(where: { $0.node == message.to }) {
      payloads[index].messages.write(group, message)
      return true
    }
    guard connected.contains(message.to) else { return false }
    var writer = ByteWriter(reserving: 512)
    writer.write(PeerPayload.Kind.consensus.rawValue)
    writer.write(tag.rawValue)
    writer.write(group, message)
    payloads.append(Payload(node: message.to, messages: writer))
    return true
  }

  /// Sends everything.
  ///
  /// - Parameter onFailure: told the peers that take nothing: their queue is full, or they have just gone. Both are rare.
  func send(onFailure: (NodeID) -> Void) {
    guard !payloads.isEmpty else { return }
    let ready = payloads
    payloads.removeAll(keepingCapacity: true)
    for payload in ready where !network.send(payload.messages.bytes, to: payload.node, lane: .consensus) {
      onFailure(payload.node)
    }
  }
}
