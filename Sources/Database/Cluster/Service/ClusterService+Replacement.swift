import Foundation
import RoostMembership
import RoostPlatform
import RoostRaft
import RoostStore

/// Declaring nodes gone for good, where this node leads the system group. What follows from it is the work of
/// ``MembershipDriver``, on whichever nodes lead.
extension ClusterService {
  func replace(_ request: ReplaceRequest, _ respond: @escaping @Sendable (Response) -> Void) {
    let answer: @Sendable (ReplaceResponse) -> Void = { response in
      respond(.application((try? JSONEncoder.stable.encode(response)).map { [UInt8]($0) } ?? []))
    }
    guard let status = host.status(of: .system), status.isServing else { return respond(notLeaderOfSystem) }
    // Asking again changes nothing: who still has to be replaced is, before its successor can be.
    let underWay = replacements().last { $0.node == request.name }
    guard let record = registry.active(named: request.name) else {
      guard let underWay = underWay ?? registry.retired.last(where: { $0.name == request.name }).map(replacement)
      else { return answer(.refused(reason: "there is no node named \(request.name)")) }
      return answer(.retired(underWay))
    }
    let isAlive = host.livingIncarnation(of: record.id) != nil || host.isConnected(to: record.id)
    if let underWay {
      guard !isAlive, request.isForced else { return answer(.retired(underWay)) }
    }
    if record.id == host.configuration.node {
      return answer(
        .refused(reason: "\(record.name) leads the cluster; run `roost transfer` to another node first"))
    }
    if request.isDryRun { return answer(.planned(replacement(record))) }
    if isAlive, !request.isForced {
      return answer(
        .refused(reason: "\(record.name) is alive; stop it first, or say --force if it must be replaced even so"))
    }
    retire(record.id, answer, respond)
  }

  private func retire(
    _ node: NodeID, _ answer: @escaping @Sendable (ReplaceResponse) -> Void,
    _ respond: @escaping @Sendable (Response) -> Void
  ) {
    // house: when somebody was replaced is for people to read
    let now = UInt64(max(0, Date().timeIntervalSince1970 * 1000))
    Task(executorPreference: executor) { [self] in
      do {
        let record = try await system.withTransaction(TransactionOptions(timeLimit: .seconds(5))) { transaction in
          let key = NodeRecord.key(of: node)
          guard var record = try transaction.get(key).flatMap({ NodeRecord.decode($0, of: node) }) else {
            throw StoreError.unavailable("the record of node \(node) is missing")
          }
          if !record.isRetired {
            record.retiredAt = now
            try transaction.put(key, record.encoded())
          }
          return record
        }
        answer(.retired(replacement(record)))
      } catch let error as StoreError {
        respond(.failure(error))
      } catch {
        respond(.failure(.unavailable("\(error)")))
      }
    }
  }

  /// The nodes that are gone and still have a place somewhere, in order of number.
  func replacements() -> [Replacement] {
    registry.retired.isEmpty ? [] : registry.retired.map(replacement).filter { $0.partitions > 0 }
  }

  private func replacement(_ record: NodeRecord) -> Replacement {
    let successor = registry.membershipPlan.successors[record.id] ?? .none
    return Replacement(
      node: record.name, number: record.id.rawValue, successor: successor == .none ? nil : successor.rawValue,
      partitions: host.status().count { $0.configuration.members.contains(record.id) })
  }
}
