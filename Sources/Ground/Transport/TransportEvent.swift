public import RoostBase
public import RoostPlatform

/// What an operator may want to read about the network. Repetitions are left out: the same rejection of the same
/// host, the same failure to reach the same node.
public enum TransportEvent: Hashable, Sendable, CustomStringConvertible {
  /// An incoming connection was turned away.
  case declined(remote: String, HandshakeRejection)
  /// A node can't be reached; attempts go on.
  case unreachable(NodeID, PeerAddress, TransportError)
  case reachable(NodeID, PeerAddress)
  /// A connection from or to a node ended otherwise than by being closed.
  case broken(NodeID, PeerLane, ConnectionEnd)
  /// A client's connection ended because of what it sent or failed to read.
  case clientBroken(remote: String, ConnectionEnd)
  /// What a node sent was whole, but nothing that a node would send, or not now.
  case refused(NodeID, reason: String)

  /// The node it is about; nil for strangers.
  public var node: NodeID? {
    switch self {
    case .unreachable(let node, _, _), .reachable(let node, _), .broken(let node, _, _), .refused(let node, _): node
    case .declined, .clientBroken: nil
    }
  }

  public var description: String {
    switch self {
    case .declined(let remote, let rejection): "declined a connection from \(remote): \(rejection)"
    case .unreachable(let node, let address, let error): "cannot reach node \(node) at \(address): \(error)"
    case .reachable(let node, let address): "reached node \(node) at \(address)"
    case .broken(let node, let lane, let end): "the \(lane) connection with node \(node) broke: \(end)"
    case .clientBroken(let remote, let end): "the connection of client \(remote) broke: \(end)"
    case .refused(let node, let reason): "refused what node \(node) sent: \(reason)"
    }
  }
}

/// Lets each complaint about each sender through once, in bounded memory.
struct ComplaintFilter {
  enum Complaint: Hashable {
    case declined(host: String, HandshakeRejection)
    case brokenFrame(NodeID, FrameError)
    case clientBroken(host: String, ConnectionEnd)
    case refused(NodeID, reason: String)
  }

  private static let capacity = 256
  private var seen: Set<Complaint> = []

  mutating func isNew(_ complaint: Complaint) -> Bool {
    // Forgetting everything at once keeps a flood of senders from growing the set; some lines then appear again.
    if seen.count >= Self.capacity { seen.removeAll(keepingCapacity: true) }
    return seen.insert(complaint).inserted
  }
}
