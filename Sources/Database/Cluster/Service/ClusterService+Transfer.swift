import RoostBase
import RoostPlatform
import RoostRaft
import RoostStore

/// Giving leadership away on request.
extension ClusterService {
  func transfer(_ request: TransferRequest, _ answer: ClusterReply<TransferResponse>) {
    guard let target = registry.active(named: request.target) else {
      return answer(.refused(reason: "there is no node named \(request.target)"))
    }
    var groups = host.status().filter { $0.role == .leader }.map(\.id)
    if let wanted = request.partition.map({ GroupID($0) }) {
      guard let status = host.status(of: wanted) else {
        return answer(.refused(reason: "there is no partition \(wanted)"))
      }
      guard status.role == .leader else {
        return answer.respond(.notLeader(status.leader, peerAddress(of: status.leader)))
      }
      groups = [wanted]
    }
    // Who leads already has nothing to do.
    if target.id == host.configuration.node { return answer(.done([])) }
    guard host.isConnected(to: target.id) else {
      return answer(.refused(reason: "\(request.target) is down, or cut off from \(identity.name)"))
    }
    transfers.begin(groups, to: target.id) { answer(.done($0)) }
  }
}
