import Foundation
import RoostBase
import RoostPlatform
import RoostRaft
import RoostStore
public import RoostTransport

/// The way out when a quorum is lost for good: a cluster goes on with one of the data directories that are left.
///
/// Refused as long as there may be another way: while somebody answers at the address of another node, and when the
/// directories that are there make a majority.
public final class QuorumRecovery {
  private let nodes: [OfflineNode]
  private let choice: RecoveryChoice
  private let chosen: Int

  /// The node that goes on.
  public var survivor: OfflineNode { nodes[chosen] }

  /// - Parameter directories: each holds `identity.json` of a node of the same cluster.
  public init(directories: [String]) throws(NodeError) {
    var nodes: [OfflineNode] = []
    for directory in directories { nodes.append(try OfflineNode(directory: directory)) }
    guard let first = nodes.first else { throw .dataDirectory("none is given") }
    for node in nodes.dropFirst() where node.clusterID != first.clusterID {
      throw .dataDirectory(
        "\(node.directory) belongs to cluster \(node.clusterName) (\(node.clusterID)), and \(first.directory) to "
          + "\(first.clusterName) (\(first.clusterID))")
    }
    self.nodes = nodes
    choice = RecoveryChoice(candidates: nodes.map(\.candidate))
    chosen = choice.best
  }

  /// Why this must not be done; nil if it may.
  ///
  /// - Parameters:
  ///   - authentication: what the nodes of the cluster prove to one another: so a node of another cluster that has come to
  ///     the address of a lost one is told apart. Without it whoever answers counts as one of this cluster.
  ///   - remark: told of nodes that answer and are in nobody's way.
  public func objection(
    on loop: NIOLoop, authentication: PeerAuthentication, remark: (String) -> Void
  ) async -> String? {
    if choice.candidates.count > 1, choice.isMajorityEverywhere {
      return
        "\(nodes.map(\.name).joined(separator: ", ")) are a majority of every partition: start these nodes, and nothing "
        + "is lost"
    }
    let probe = MemberProbe(
      clusterID: UInt128(survivor.clusterID, radix: 16) ?? 0, authentication: authentication, loop: loop)
    let own = Set(nodes.map(\.number))
    for other in survivor.others where !own.contains(other.number) {
      guard let address = other.peerAddress else { continue }
      switch await probe.look(at: address) {
      case .nobody: break
      case .stranger(let reason):
        remark("a node of another cluster answers at \(address), where \(other.name) was (\(reason))")
      case .member:
        return "a node of this cluster answers at \(address), where \(other.name) was: if a majority is left, start "
          + "\(survivor.name) and nothing is lost; if it is not, stop \(other.name) first, and give its data directory "
          + "with another --data, for it may have more"
      case .unclear(let rejection):
        let otherwise =
          authentication == .withoutSecret
          ? "name the join secret of this cluster with --join-secret-file, so that the two can be told apart"
          : "try again later, or where it can't be reached"
        return "a node answers at \(address), where \(other.name) was, and does not say of which cluster it is "
          + "(\(rejection)): if it is \(other.name), stop it first; if it is another, \(otherwise)"
      }
    }
    return nil
  }

  public func report(_ state: RecoveryReport.State, milliseconds: UInt64) -> RecoveryReport {
    let survivor = survivor
    let candidate = choice.candidates[chosen]
    return RecoveryReport(
      state: state, made_at: Date(timeIntervalSince1970: Double(milliseconds) / 1000).ISO8601Format(),
      cluster: survivor.clusterName, cluster_id: survivor.clusterID,
      survivor: .init(name: survivor.name, number: survivor.number, peer_address: survivor.peerAddress),
      data_directory: survivor.directory, state_damage: survivor.stateDamage,
      declared_dead: survivor.others.map {
        .init(name: $0.name, number: $0.number, peer_address: $0.peerAddress?.description ?? "")
      },
      partitions: candidate.standings.map { standing in
        RecoveryReport.Partition(
          id: standing.group.rawValue,
          voters: standing.configuration.voters.union(standing.configuration.outgoingVoters).sorted()
            .map(survivor.name(of:)),
          term: standing.term.rawValue, last_index: standing.lastIndex.rawValue, last_term: standing.lastTerm.rawValue,
          commit_index: standing.commitIndex.rawValue, applied_index: standing.appliedIndex.rawValue,
          kept_beyond_commit: standing.lastIndex.rawValue - min(standing.commitIndex, standing.lastIndex).rawValue,
          lost_through: standing.lostThrough.rawValue,
          ahead: choice.ahead(of: candidate, in: standing.group).flatMap { other in
            other.standing(of: standing.group).map {
              .init(node: other.name, last_index: $0.lastIndex.rawValue, last_term: $0.lastTerm.rawValue)
            }
          })
      })
  }
}
