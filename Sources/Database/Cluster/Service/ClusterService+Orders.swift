import RoostBase
import RoostMembership
import RoostPlatform
import RoostRaft
import RoostStore
import RoostTransport

/// Orders of operators about who belongs to the cluster, where this node leads the system group: judged by
/// ``MembershipOrders`` and written into the records in one transaction. What follows from a record is the work of
/// ``MembershipDriver``, on whichever nodes lead.
extension ClusterService {
  func replace(_ request: ReplaceRequest, _ answer: ClusterReply<ReplaceResponse>) {
    guard leadsSystem else { return answer.respond(notLeaderOfSystem) }
    carryOut(
      isDryRun: request.isDryRun, answer.respond,
      judge: { $0.replace(request.name, number: request.number, isForced: request.isForced) },
      change: { record, now in
        record.retiredAt = now
        record.departure = .replaced
      },
      answer: { outcome, orders, position in
        switch outcome {
        case .refused(let reason): answer(.refused(reason: reason))
        case .done(let record): answer(.replacedAlready(orders.replacement(record)))
        case .underWay(let record): answer(.retired(orders.replacement(record), position: position))
        case .allowed(let record) where request.isDryRun:
          answer(.planned(orders.replacement(record), canLose: orders.tolerance(without: record.id)))
        case .allowed(let record): answer(.retired(orders.replacement(record), position: position))
        }
      })
  }

  func takeOut(_ request: DepartureRequest, _ answer: ClusterReply<DepartureResponse>) {
    guard leadsSystem else { return answer.respond(notLeaderOfSystem) }
    let departure: NodeDeparture = request.isLeave ? .left : .decommissioned
    carryOut(
      isDryRun: request.isDryRun, answer.respond, judge: { $0.takeOut(request.name, number: request.number) },
      change: { record, now in
        record.leavingAt = now
        record.departure = departure
      },
      answer: { outcome, orders, position in
        switch outcome {
        case .refused(let reason): answer(.refused(reason: reason))
        case .done(let record): answer(.outAlready(orders.departing(record)))
        case .underWay(let record): answer(.accepted(orders.departing(record), position: position))
        case .allowed(var record) where request.isDryRun:
          record.departure = departure
          answer(.planned(orders.departing(record), canLose: orders.tolerance(without: record.id)))
        case .allowed(let record): answer(.accepted(orders.departing(record), position: position))
        }
      })
  }

  /// How far a replacement or a departure is. A leader that serves has applied whatever an earlier one answered for.
  func progress(_ request: DepartureProgressRequest, _ answer: ClusterReply<DepartureProgress>) {
    guard leadsSystem, let applied = host.status(of: .system)?.appliedIndex.rawValue, applied >= request.position else {
      return answer.respond(notLeaderOfSystem)
    }
    answer(orders(registry).progress(of: NodeID(request.number)))
  }

  // MARK: Carrying out

  var leadsSystem: Bool { host.status(of: .system)?.isServing == true }

  /// Judges by what a transaction reads, so that of two orders given at once the second one sees the first.
  private func carryOut(
    isDryRun: Bool, _ respond: @escaping @Sendable (Response) -> Void,
    judge: @escaping @Sendable (MembershipOrders) -> MembershipOrders.Outcome,
    change: @escaping @Sendable (inout NodeRecord, UInt64) -> Void,
    answer: @escaping @Sendable (MembershipOrders.Outcome, MembershipOrders, _ position: UInt64) -> Void
  ) {
    let now = wallClock()
    let known = orders(registry)
    Task(executorPreference: executor) { [self] in
      do {
        let (outcome, orders) = try await system.withTransaction(TransactionOptions(timeLimit: .seconds(5))) {
          transaction in
          let orders = known.with(try await Registry(in: transaction))
          let outcome = judge(orders)
          if !isDryRun, case .allowed(var record) = outcome {
            change(&record, now)
            try transaction.put(NodeRecord.key(of: record.id), record.encoded())
            return (MembershipOrders.Outcome.allowed(record), orders.with(orders.registry.with(record)))
          }
          return (outcome, orders)
        }
        loop.execute { [self] in
          answer(outcome, orders, host.status(of: .system)?.commitIndex.rawValue ?? 0)
        }
      } catch let error as StoreError {
        respond(.failure(error))
      } catch {
        respond(.failure(.notServing))
      }
    }
  }

  func orders(_ registry: Registry) -> MembershipOrders {
    let nodes = registry.active.map(\.id)
    return MembershipOrders(
      registry: registry, groups: host.status().map { .init(id: $0.id, configuration: $0.configuration) },
      live: Set(nodes.filter { host.isReachable($0) }),
      signs: Set(nodes.filter { host.livingIncarnation(of: $0) != nil || host.isConnected(to: $0) }),
      judge: host.configuration.node)
  }
}

extension MembershipOrders {
  /// The same, by other records.
  func with(_ registry: Registry) -> MembershipOrders {
    MembershipOrders(registry: registry, groups: groups, live: live, signs: signs, judge: judge)
  }

  /// How far the replacement or the departure of a node is.
  func progress(of node: NodeID) -> DepartureProgress {
    guard let record = registry[node] else { return .unknown }
    let partitions = partitions(of: record)
    switch record.standing {
    case .member: return .member
    case .leaving: return .leaving(partitions: partitions)
    case .removed: return partitions == 0 ? .out : .leaving(partitions: partitions)
    case .replaced:
      let votes = votes(of: record)
      return switch registry.succession(of: record) {
      case .by where partitions == 0: .succeeded
      case .by: .succeeding(partitions: partitions)
      case .awaited where votes == 0: .waitingForSuccessor(partitions: partitions)
      case .awaited: .losingVote(partitions: votes)
      case .givenUp: partitions == 0 ? .out : .leaving(partitions: partitions)
      }
    }
  }

  func replacement(_ record: NodeRecord) -> Replacement {
    var successor: UInt64?
    if case .by(let node) = registry.succession(of: record) { successor = node.rawValue }
    return Replacement(
      node: record.name, number: record.id.rawValue, successor: successor, partitions: partitions(of: record),
      votes: votes(of: record))
  }

  func departing(_ record: NodeRecord) -> Departing {
    Departing(
      node: record.name, number: record.id.rawValue, reason: (record.departure ?? .decommissioned).rawValue,
      partitions: partitions(of: record))
  }

  /// The nodes that are gone and after which somebody is to come or to vote, in order of number. Of several of one name that
  /// came after each other the last one stands for all, as soon as the others are out.
  var replacements: [Replacement] {
    registry.nodes(.replaced).filter { record in
      let isPassedOn = record.successor.flatMap { registry[$0] }?.standing == .replaced
      return partitions(of: record) > 0 && !(isPassedOn && votes(of: record) == 0)
    }.map(replacement)
  }

  /// The nodes that give up their places and still have some, in order of number.
  var departures: [Departing] {
    registry.nodes(.leaving).map(departing)
      + registry.nodes(.removed).map(departing).filter { $0.partitions > 0 }
  }
}
