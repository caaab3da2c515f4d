import RoostBase
import RoostStore

/// This node's copy of the node records, kept up to date as the system group applies them. Touched on the host's loop
/// only.
struct Registry {
  private var records: [NodeID: NodeRecord] = [:]

  init(_ records: [NodeRecord] = []) {
    for record in records { self.records[record.id] = record }
  }

  /// As the system group has it, for a transaction that decides by all records together.
  init(in transaction: Transaction) async throws(StoreError) {
    let scan = try transaction.scan(KeyRange(prefix: NodeRecord.prefix))
    while true {
      let pairs = try await scan.next()
      if pairs.isEmpty { return }
      for pair in pairs {
        if let node = NodeRecord.node(of: pair.key), let record = NodeRecord.decode(pair.value, of: node) {
          records[node] = record
        }
      }
    }
  }

  /// The same, but for one record.
  func with(_ record: NodeRecord) -> Registry {
    var registry = self
    registry.records[record.id] = record
    return registry
  }

  /// Every record there is, in order of id.
  var all: [NodeRecord] { records.values.sorted { $0.id < $1.id } }

  /// The nodes that belong to the cluster, in order of id.
  var active: [NodeRecord] { records.values.filter { !$0.isRetired }.sorted { $0.id < $1.id } }

  /// The nodes that were declared gone for good, in order of id.
  var retired: [NodeRecord] { records.values.filter(\.isRetired).sorted { $0.id < $1.id } }

  subscript(node: NodeID) -> NodeRecord? { records[node] }

  func active(named name: String) -> NodeRecord? { records.values.first { $0.name == name && !$0.isRetired } }

  /// The nodes of a standing, in order of id.
  func nodes(_ standing: NodeRecord.Standing) -> [NodeRecord] { all.filter { $0.standing == standing } }

  var membershipPlan: MembershipPlan {
    MembershipPlan(
      nodes: nodes(.member).map(\.id),
      gone: Set(nodes(.replaced).map(\.id)), leaving: Set((nodes(.leaving) + nodes(.removed)).map(\.id)))
  }

  /// What became of the place that a node left.
  enum Succession: Hashable {
    /// Nobody came for it, or nobody who became ready.
    case awaited
    /// A node of the same name came for it.
    case by(NodeID)
    /// Whoever came for it was taken out of the cluster: nobody else is waited for.
    case givenUp
  }

  /// Who comes after a node that was replaced: its successor, or that one's if it was replaced too.
  func succession(of record: NodeRecord) -> Succession {
    var record = record
    // Successors have ever greater ids, so the chain ends.
    while let next = record.successor.flatMap({ records[$0] }), next.id > record.id {
      if next.standing == .member { return .by(next.id) }
      record = next
    }
    switch record.standing {
    case .member, .replaced: return .awaited
    case .leaving, .removed: return record.departure == .neverReady ? .awaited : .givenUp
    }
  }

  /// Returns the records that changed.
  mutating func apply(_ writes: [CommitRequest.Write]) -> [NodeID] {
    var changed: [NodeID] = []
    for write in writes {
      guard let node = NodeRecord.node(of: write.key) else { continue }
      let record = write.value.flatMap { NodeRecord.decode($0, of: node) }
      guard records[node] != record else { continue }
      records[node] = record
      changed.append(node)
    }
    return changed
  }

  /// Reads everything anew, after a start or a snapshot.
  mutating func load(from view: any LocalReadView) throws(StoreError) {
    var loaded: [NodeID: NodeRecord] = [:]
    try view.forEach(KeyRange(prefix: NodeRecord.prefix)) { pair in
      if let node = NodeRecord.node(of: pair.key), let record = NodeRecord.decode(pair.value, of: node) {
        loaded[node] = record
      }
    }
    records = loaded
  }

  /// The ids of all nodes that there ever were, in order.
  var ids: [NodeID] { records.keys.sorted() }
}
