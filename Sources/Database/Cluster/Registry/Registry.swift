import RoostRaft
import RoostStore

/// This node's copy of the node records, kept up to date as the system group applies them. Touched on the host's loop
/// only.
struct Registry {
  private var records: [NodeID: NodeRecord] = [:]

  /// In order of id.
  var all: [NodeRecord] { records.values.sorted { $0.id < $1.id } }

  subscript(node: NodeID) -> NodeRecord? { records[node] }

  func active(named name: String) -> NodeRecord? { records.values.first { $0.name == name } }

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
  mutating func load(from view: any ReadView) throws(StoreError) {
    var loaded: [NodeID: NodeRecord] = [:]
    let cursor = try view.cursor(KeyRange(prefix: NodeRecord.prefix), reverse: false)
    while true {
      let pairs = try cursor.next(128)
      if pairs.isEmpty { break }
      for pair in pairs {
        if let node = NodeRecord.node(of: pair.key), let record = NodeRecord.decode(pair.value) {
          loaded[node] = record
        }
      }
    }
    records = loaded
  }
}
