public import RoostPlatform
public import RoostRaft

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

  public var description: String {
    switch self {
    case .declined(let remote, let rejection): "declined a connection from \(remote): \(rejection)"
    case .unreachable(let node, let address, let error): "cannot reach node \(node) at \(address): \(error)"
    case .reachable(let node, let address): "reached node \(node) at \(address)"
    case .broken(let node, let lane, let end): "the \(lane) connection with node \(node) broke: \(end)"
    case .clientBroken(let remote, let end): "the connection of client \(remote) broke: \(end)"
    }
  }
}

/// Lets each kind of rejection of each host through once, in bounded memory.
struct RejectionFilter {
  private struct Key: Hashable {
    var host: String
    var rejection: HandshakeRejection
  }

  private static let capacity = 256
  private var seen: Set<Key> = []

  mutating func isNew(host: String, _ rejection: HandshakeRejection) -> Bool {
    // Forgetting everything at once keeps a flood of hosts from growing the set; some lines then appear again.
    if seen.count >= Self.capacity { seen.removeAll(keepingCapacity: true) }
    return seen.insert(Key(host: host, rejection: rejection)).inserted
  }
}
