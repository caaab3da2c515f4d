import RoostBase
public import RoostMembership
public import RoostPlatform
public import RoostRaft
public import RoostTransport

/// What an operator may want to read about a node.
public enum NodeEvent: Sendable, CustomStringConvertible {
  /// The node's whereabouts are in the registry.
  case announced
  case leader(GroupID, String?, Term)
  /// How many of the other partitions each node leads, and how many nobody.
  case leaders([(node: String, count: Int)], none: Int)
  case connection(String, isConnected: Bool)
  /// How the node proves that it belongs to its cluster.
  case security(String)
  /// Something about the network; with the name of the node it is about, where that is known, and what to do about it.
  case transport(TransportEvent, String?, advice: String)
  /// What hinders this node's disk.
  case condition(NodeCondition)
  /// Damage of the log or the state, and what is done about it.
  case storage(String)
  /// A node was refused, and why.
  case refused(String, String)
  /// The node is being taken out of the cluster.
  case leaving
  /// The node is out, and its process may end.
  case departed(NodeDeparture)
  /// A node that never became ready is taken out; or why it can't be.
  case forgotten(String, String?)
  /// The process has to end.
  case failed(String)

  public var description: String {
    switch self {
    case .announced: "the cluster knows this node's addresses"
    case .leader(let group, let name?, let term): "partition \(group) is led by \(name) in term \(term)"
    case .leader(let group, nil, let term): "partition \(group) has no leader in term \(term)"
    case .leaders(let counts, let none):
      "other partitions are led: " + counts.map { "\($0.count) by \($0.node)" }.joined(separator: ", ")
        + (none > 0 ? "\(counts.isEmpty ? "" : ", ")\(none) by nobody" : "")
    case .connection(let name, let isConnected): isConnected ? "connected to \(name)" : "lost the connection to \(name)"
    case .transport(let event, let name, let advice): NodeEvent.text(of: event, name: name) + advice
    case .storage(let text), .security(let text): text
    case .condition(let condition):
      if condition.contains(.diskExhausted) {
        "the disk is full, and the reserve is used up: this node takes no writes at all until space is freed"
      } else if condition.contains(.diskFull) {
        "the disk is full: this node takes only writes that make room (DELETE, TRUNCATE, DROP) until there is enough"
      } else if condition.contains(.diskStalled) {
        "the disk does not answer: this node gives leadership away, where another one can have it, until it does"
      } else {
        "the disk is well again"
      }
    case .refused(let name, let reason): "refused node \(name): \(reason)"
    case .leaving: "this node is being taken out of the cluster: it gives up its places one by one"
    case .departed(let departure): "this node \(departure.summary)"
    case .forgotten(let name, nil): "\(name) was admitted and never became ready: it is taken out"
    case .forgotten(let name, let reason?): "\(name) was admitted and never became ready, and stays: \(reason)"
    case .failed(let reason): reason
    }
  }

  /// The same with a name for the number. A stranger's port is left out: it changes with every attempt, and equal lines
  /// could not be told to be equal.
  private static func text(of event: TransportEvent, name: String?) -> String {
    func shown(_ node: NodeID) -> String { name ?? "node number \(node)" }
    func host(_ remote: String) -> Substring { remote.lastIndex(of: ":").map { remote[..<$0] } ?? remote[...] }
    return switch event {
    case .declined(let remote, let rejection): "declined a connection from \(host(remote)): \(rejection)"
    case .unreachable(let node, let address, let error): "cannot reach \(shown(node)) at \(address): \(error)"
    case .reachable(let node, let address): "reached \(shown(node)) at \(address)"
    case .broken(let node, let lane, let end): "the \(lane) connection with \(shown(node)) broke: \(end)"
    case .clientBroken(let remote, let end): "the connection of client \(host(remote)) broke: \(end)"
    case .refused(let node, let reason): "refused what \(shown(node)) sent: \(reason)"
    }
  }
}
