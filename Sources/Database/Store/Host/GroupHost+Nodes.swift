public import RoostBase
public import RoostMembership
import RoostPlatform
import RoostStorage

/// What the floor above tells a host of the other nodes, and asks. Call everything on the loop.
extension GroupHost {
  /// The cluster has taken note of a node's start: nothing earlier is taken for that node any more.
  public func expect(_ incarnation: Incarnation, of node: NodeID) {
    guard node != configuration.node else { return }
    liveness.expect(incarnation.tag, of: node)
  }

  /// A node was replaced: whatever starts under its id is refused.
  public func retire(_ node: NodeID) {
    guard node != configuration.node else { return }
    liveness.retire(node)
  }

  /// The incarnation of a node that is heard of now.
  public func livingIncarnation(of node: NodeID) -> Incarnation.Tag? {
    node == configuration.node ? configuration.incarnation.tag : liveness.nodes.livingTag(of: node)
  }

  /// What people call a node.
  func name(of node: NodeID) -> String { delegate?.name(of: node) ?? "\(node)" }

  /// Whether a node is heard of and hears this one; this node always is.
  public func isReachable(_ node: NodeID) -> Bool { node == configuration.node || liveness.nodes.isReachable(node) }

  /// The last batch of a node's log that it has said is durable; this node's own.
  public func watermark(of node: NodeID) -> UInt64 {
    node == configuration.node ? logStore.lastDurableBatch : liveness.nodes.watermark(of: node)
  }

  /// What hinders a node, as it says itself.
  public func condition(of node: NodeID) -> NodeCondition {
    node == configuration.node ? liveness.nodes.condition : liveness.nodes.condition(of: node)
  }
}
