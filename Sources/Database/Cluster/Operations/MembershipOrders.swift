import RoostBase
import RoostPlatform
import RoostRaft

/// What an order to replace a node, or to take one out, comes to: worked out from the records and the groups, and
/// written down nowhere. The same order given again is answered by what became of it.
struct MembershipOrders {
  enum Outcome: Equatable {
    /// Nothing is left to do.
    case done(NodeRecord)
    /// An earlier order is being carried out.
    case underWay(NodeRecord)
    /// It may be done.
    case allowed(NodeRecord)
    case refused(String)
  }

  let registry: Registry
  let groups: [QuorumGuard.Group]
  /// Nodes that are heard of, the one that judges among them.
  let live: Set<NodeID>
  /// Nodes that show a sign of life, though perhaps too little of it to count on.
  let signs: Set<NodeID>
  /// The node that judges: it leads the system group.
  let judge: NodeID

  init(
    registry: Registry, groups: [QuorumGuard.Group], live: Set<NodeID>, signs: Set<NodeID> = [], judge: NodeID
  ) {
    self.registry = registry
    self.groups = groups
    self.live = live.union([judge])
    self.signs = signs.union(live)
    self.judge = judge
  }

  var quorums: QuorumGuard {
    QuorumGuard(
      groups: groups, live: live, gone: Set(registry.nodes(.replaced).map(\.id)),
      leaving: Set(registry.nodes(.leaving).map(\.id)))
  }

  // MARK: Replacing

  func replace(_ name: String, number: UInt64?, isForced: Bool) -> Outcome {
    guard let target = target(name, number) else { return .refused(unknown(name, number)) }
    switch target.standing {
    case .replaced: return partitions(of: target) == 0 ? .done(target) : .underWay(target)
    case .removed:
      return .refused(
        "\(described(target)) \((target.departure ?? .replaced).summary): nobody is waited for; a new \(name) can simply "
          + "be started")
    case .leaving:
      return .refused("\(described(target)) is being taken out; `roost status` shows how far that is")
    case .member: break
    }
    let isAlive = signs.contains(target.id)
    if let predecessor = registry.nodes(.replaced).last(where: { registry.succession(of: $0) == .by(target.id) }) {
      if partitions(of: predecessor) > 0 {
        // Who came after it has to vote before it can be replaced itself.
        guard !isAlive, isForced else { return .underWay(predecessor) }
      } else if isAlive, number == nil {
        return .done(predecessor)
      }
    }
    if target.id == judge {
      return .refused("\(name) leads the cluster; run `roost transfer` to another node first")
    }
    if isAlive {
      guard isForced else {
        return .refused("\(name) is alive; stop it first, or say --force if it must be replaced even so")
      }
      if let other = underWay(besides: target) {
        return .refused(
          "\(name) is alive, and \(described(other)) is being \(other.standing == .leaving ? "taken out" : "replaced"); "
            + "wait until that is done")
      }
    }
    let shortfalls = quorums.shortfalls(declaringGone: target.id)
    return shortfalls.isEmpty
      ? .allowed(target) : .refused("\(name) can't be replaced now: \(explain(shortfalls, without: target))")
  }

  /// Somebody whose replacement or departure is not over.
  private func underWay(besides target: NodeRecord) -> NodeRecord? {
    (registry.nodes(.replaced).filter { partitions(of: $0) > 0 } + registry.nodes(.leaving))
      .first { $0.id != target.id }
  }

  // MARK: Taking out

  func takeOut(_ name: String, number: UInt64?) -> Outcome {
    guard let target = target(name, number) else { return .refused(unknown(name, number)) }
    switch target.standing {
    case .removed: return partitions(of: target) == 0 ? .done(target) : .underWay(target)
    case .leaving: return .underWay(target)
    case .replaced:
      if partitions(of: target) == 0 { return .done(target) }
      if case .by(let successor) = registry.succession(of: target) {
        return .refused(
          "\(described(target)) is being replaced, and number \(successor) comes after it; wait until that is done")
      }
    case .member:
      if registry.nodes(.member).count == 1 {
        return .refused("\(name) is the only node of the cluster; stop it instead")
      }
    }
    let shortfalls = quorums.shortfalls(removing: target.id)
    return shortfalls.isEmpty
      ? .allowed(target) : .refused("\(name) can't be taken out now: \(explain(shortfalls, without: target))")
  }

  /// How many more nodes may fail when a node is out.
  func tolerance(without node: NodeID) -> Int {
    var after = quorums
    for place in after.groups.indices { after.groups[place].configuration.voters.remove(node) }
    return max(0, after.weakest?.margin ?? 0)
  }

  // MARK: Names and places

  /// Of several that are gone the last whose replacement or departure is not over, else the last.
  private func target(_ name: String, _ number: UInt64?) -> NodeRecord? {
    if let number { return registry[NodeID(number)].flatMap { $0.name == name ? $0 : nil } }
    if let active = registry.active(named: name) { return active }
    let retired = registry.retired.filter { $0.name == name }
    return retired.last { partitions(of: $0) > 0 } ?? retired.last
  }

  private func unknown(_ name: String, _ number: UInt64?) -> String {
    let known = registry.active.map { number == nil ? $0.name : "\($0.name) (number \($0.id))" }
    return
      "there is no node named \(name)\(number.map { " with number \($0)" } ?? ""), but \(known.joined(separator: ", "))"
  }

  /// In how many groups something is left to do about a node: it is a member, or it was replaced and whoever is to come
  /// after it is not seen to vote. A replica that lags may know of neither, and a number is never given twice.
  func partitions(of record: NodeRecord) -> Int {
    let succession = record.standing == .replaced ? registry.succession(of: record) : .givenUp
    return groups.count { group in
      if group.configuration.members.contains(record.id) { return true }
      return switch succession {
      case .awaited: true
      case .by(let successor): !group.configuration.voters.contains(successor)
      case .givenUp: false
      }
    }
  }

  /// In how many groups a node still has its vote, or is needed for a change that is being made.
  func votes(of record: NodeRecord) -> Int {
    groups.count { $0.configuration.voters.union($0.configuration.outgoingVoters).contains(record.id) }
  }

  private func described(_ record: NodeRecord) -> String { "\(record.name) (number \(record.id))" }

  private func explain(_ shortfalls: [QuorumGuard.Shortfall], without target: NodeRecord) -> String {
    let first = shortfalls[0]
    let ids = shortfalls.map(\.group).reduce(into: [GroupID]()) { if $0.last != $1 { $0.append($1) } }
    let shown = ids.prefix(4).map(\.description).joined(separator: ", ")
    let partitions =
      ids.count == 1
      ? "partition \(shown)" : "partitions \(shown)" + (ids.count > 4 ? " and \(ids.count - 4) more" : "")
    let missing = first.voters.filter { $0 != target.id && !first.live.contains($0) }.map(why)
    let alive = first.live.filter { $0 != target.id }.map { registry[$0]?.name ?? "node \($0)" }
    let there = alive.isEmpty ? "none" : "\(alive.count) (\(alive.joined(separator: ", ")))"
    let absent = replacements.filter { $0.votes == 0 }.map { "\($0.node) is being replaced and does not vote yet" }
    let reasons = (missing + absent).map { "; \($0)" }.joined()
    return
      "\(partitions) would have \(there) of \(first.voters.count) voters alive and \(ids.count == 1 ? "needs" : "need") "
      + "\(first.needed)\(reasons)"
      + (reasons.isEmpty ? "; start another node first" : "; bring these back or wait until they are replaced first")
  }

  private func why(_ node: NodeID) -> String {
    guard let record = registry[node] else { return "node \(node) is unknown" }
    return switch record.standing {
    case .replaced: "\(record.name) is being replaced"
    case .leaving: "\(record.name) is being taken out"
    case .removed: "\(record.name) is gone"
    case .member: "\(record.name) is down"
    }
  }
}
