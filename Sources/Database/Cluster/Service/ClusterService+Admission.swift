import RoostBase
import RoostPlatform
import RoostStore

/// Taking new nodes in, where this node leads the system group.
extension ClusterService {
  func admit(_ request: JoinRequest, _ answer: ClusterReply<JoinResponse>) {
    guard let status = host.status(of: .system), status.isServing else {
      return answer.respond(notLeaderOfSystem)
    }
    guard request.clusterName == identity.clusterName else {
      return answer(.refused(reason: "this cluster is named \(identity.clusterName), not \(request.clusterName)"))
    }
    if let wanted = request.partitions {
      let founded = identity.partitions ?? partitions.plan?.count ?? 0
      guard wanted == founded else {
        return answer(.refused(reason: NodeError.partitions(wanted, founded)))
      }
    }
    if let refusal = request.record.addressRefusal { return answer(.refused(reason: refusal)) }
    var identity = identity
    identity.partitions = identity.partitions ?? partitions.plan?.count
    let admitting = identity
    Task(executorPreference: executor) { [system] in
      do {
        let response = try await system.withTransaction(TransactionOptions(timeLimit: .seconds(5))) { transaction in
          try await ClusterService.admit(request, admitting, in: transaction)
        }
        answer(response)
      } catch let error as StoreError {
        answer.respond(.failure(error))
      } catch {
        answer.respond(.failure(.notServing))
      }
    }
  }

  private static func admit(
    _ request: JoinRequest, _ identity: NodeIdentity, in transaction: Transaction
  ) async throws -> JoinResponse {
    let members = try await Registry(in: transaction).all
    var record = request.record
    if let known = members.first(where: { $0.name == record.name && !$0.isRetired }) {
      guard known.standing == .member else {
        return .refused(
          reason:
            "the node named \(record.name) is being taken out; wait until `roost status` shows it no more, or choose "
            + "another --node-id")
      }
      // One that was started once has an identity of its own, unless its directory was emptied since.
      guard known.incarnation == record.incarnation, known.epoch == 0 else {
        return .refused(
          reason:
            "a node named \(record.name) belongs to it already, and this is another data directory; start with the "
            + "one the node had; if that is lost, run `roost replace \(record.name)` on another node and start again; or "
            + "choose another --node-id")
      }
      record.id = known.id
    } else {
      // A counter, not the highest record: an id is never given twice, also when its node has left or not yet told its
      // record.
      let first = (identity.founders.map(\.rawValue).max() ?? 0) + 1
      let counter = try await transaction.get(NodeRecord.counterKey).map(NodeRecord.number)
      record.id = NodeID(max(counter ?? first, first))
      try transaction.put(NodeRecord.counterKey, NodeRecord.encodedNumber(record.id.rawValue + 1))
    }
    try transaction.put(NodeRecord.key(of: record.id), record.encoded())
    for var gone in members where gone.name == record.name && gone.isRetired && gone.successor == nil {
      gone.successor = record.id
      try transaction.put(NodeRecord.key(of: gone.id), gone.encoded())
    }
    return .admitted(
      JoinResponse.Admission(
        clusterID: identity.clusterID, node: record.id, founders: identity.founders,
        members: members.filter { $0.id != record.id && !$0.isRetired }, partitions: identity.partitions))
  }

  /// For requests that only the leader of the system group can serve.
  var notLeaderOfSystem: Response {
    let leader = host.status(of: .system)?.leader ?? .none
    return .notLeader(leader, peerAddress(of: leader))
  }
}
