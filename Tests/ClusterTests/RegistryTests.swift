import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage
import Testing

@testable import RoostCluster
@testable import RoostStore

/// The records of nodes as they are read from the system group.
@Suite("The registry") struct RegistryTests {
  private func record(_ id: NodeID, _ name: String) -> NodeRecord {
    var record = NodeRecord(
      id: id, name: name, pid: 1, peerAddress: "a:1", sqlAddress: "a:2", locality: [:], startedAt: 3, incarnation: 4)
    record.retiredAt = 1
    return record
  }

  /// A value under another node's key, as a damaged disk or a wrong write may leave it.
  @Test func aRecordUnderAnothersKeyIsNone() throws {
    let engine = MemoryEngine()
    var batch = EngineBatch()
    let written: [(NodeID, NodeRecord)] = [(1, record(1, "one")), (2, record(1, "other")), (3, record(3, "three"))]
    for (key, record) in written { batch.putVersion(NodeRecord.key(of: key).bytes, at: 1, record.encoded()) }
    try engine.write(batch)
    let view = EngineReadView(
      snapshot: engine.snapshot(), timestamp: Timestamp(1), openedAt: .origin, horizon: ViewHorizon())
    var registry = Registry()
    try registry.load(from: view)
    #expect(registry.all.map(\.name) == ["one", "three"])
    #expect(registry.membershipPlan.gone.sorted() == [1, 3])
  }
}
