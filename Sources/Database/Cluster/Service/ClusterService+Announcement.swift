import Foundation
import RoostBase
import RoostMembership
import RoostPlatform
import RoostStore

/// Taking note of nodes that start, where this node leads the system group.
extension ClusterService {
  /// - Parameter respond: gets nil if this node does not lead.
  func judge(_ request: AnnounceRequest, _ respond: @escaping @Sendable (AnnounceResponse?) -> Void) {
    let record = request.record
    guard request.isQuestion || host.status(of: .system)?.isServing == true else {
      if request.clusterID == identity.clusterID { noteWhereabouts(of: record) }
      return respond(nil)
    }
    guard request.clusterID == identity.clusterID else {
      return respond(.refused(reason: "it belongs to another cluster (\(request.clusterID))"))
    }
    if let refusal = record.addressRefusal { return respond(.refused(reason: refusal)) }
    if let living = host.livingIncarnation(of: record.id), living != record.start.tag {
      if record.id == host.configuration.node || record.epoch == living.epoch {
        return respond(.refused(reason: AnnounceResponse.duplicate))
      }
      // It may be dead, and that not known yet.
      if record.epoch > living.epoch { return respond(.contested) }
    }
    if request.isQuestion {
      let refusal = registry[record.id].flatMap(record.refusal)
      noteWhereabouts(of: record)
      return respond(refusal.map { .refused(reason: $0) } ?? .accepted)
    }
    noteWhereabouts(of: record)
    Task(executorPreference: executor) { [system] in
      let response = try? await system.withTransaction(TransactionOptions(timeLimit: .seconds(5))) { transaction in
        try await ClusterService.note(record, in: transaction)
      }
      respond(response)
    }
  }

  /// A node says where it is, and nothing is heard of it otherwise. That is believed before the cluster has taken note of it,
  /// which may need this node's answers to that one: where two of three nodes are there and one of them has moved, nothing is
  /// decided otherwise. One that is heard of stays where it is: the other may be a copy of it.
  private func noteWhereabouts(of record: NodeRecord) {
    guard record.id != host.configuration.node, let known = registry[record.id], record.refusal(after: known) == nil,
      host.livingIncarnation(of: record.id).map({ $0 == record.start.tag }) ?? true, !host.isConnected(to: record.id),
      record.addressRefusal == nil, let address = PeerAddress(record.peerAddress), address.port != 0
    else { return }
    network.setAddress(address, of: record.id)
  }

  private static func note(_ record: NodeRecord, in transaction: Transaction) async throws -> AnnounceResponse {
    let key = NodeRecord.key(of: record.id)
    var record = record
    if let known = try await transaction.get(key).flatMap({ NodeRecord.decode($0, of: record.id) }) {
      if let refusal = record.refusal(after: known) { return .refused(reason: refusal) }
      // A node that starts does not know that it is being taken out.
      record.leavingAt = known.leavingAt
      record.departure = known.departure
      if known == record { return .accepted }
    }
    try transaction.put(key, record.encoded())
    return .accepted
  }
}
