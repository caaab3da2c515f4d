import Foundation
import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage
import Testing

@testable import RoostStore

/// The groups of a stopped node as they are looked at, before anything is changed.
@Suite struct OfflineSurveyTests {
  private let group = GroupDescriptor.data.id
  private let voters = Configuration(voters: [NodeID(1), NodeID(2), NodeID(3)])

  private func withDisk(_ body: (PosixDisk) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("roost-survey-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(try PosixDisk(root: path))
  }

  private func write(_ index: UInt64, _ value: UInt8) -> Entry {
    Entry(
      index: LogIndex(index), term: Term(5),
      payload: WriteCommand.encode([.init(key: Key([1, 7]), value: [value])], at: Timestamp(index)))
  }

  /// A log that begins after entry 2 and ends with entry 4.
  private func makeLog(_ disk: PosixDisk) throws {
    let log = try LogStore(disk: disk, directory: "log")
    defer { log.close() }
    let marker = SnapshotMetadata(index: LogIndex(2), term: Term(5), configuration: voters)
    try log.write([
      LogWrite(group: group, hardState: HardState(term: Term(5), commit: LogIndex(2)), snapshot: marker)
    ])
    try log.write([LogWrite(group: group, entries: [write(3, 3), write(4, 4)])])
    try log.sync()
  }

  /// A state that was lost, as after damage: nothing can be applied to it, and no peer can help.
  @Test func entriesThatFitNoStateAreKept() throws {
    try withDisk { disk in
      try makeLog(disk)
      for purpose in [OfflineGroups.Purpose.survey, .recovery] {
        let log = try LogStore(disk: disk, directory: "log", mayCreate: false)
        defer { log.close() }
        let error = #expect(throws: RecoveryError.self) {
          try OfflineGroups(
            engine: MemoryEngine(), logStore: log, disk: disk, node: NodeID(1), descriptors: [.data], purpose: purpose)
        }
        #expect(error?.description.contains("begins after entry 2") == true, "\(String(describing: error))")
      }
      let log = try LogStore(disk: disk, directory: "log", mayCreate: false)
      defer { log.close() }
      #expect(log.group(group)?.lastIndex == LogIndex(4))
      #expect(try log.entries(of: group, from: LogIndex(3), through: LogIndex(4), maxBytes: .max).count == 2)
    }
  }

  @Test func aHalfInstalledSnapshotCountsAsInstalled() throws {
    try withDisk { disk in
      try makeLog(disk)
      let stand = SnapshotMetadata(index: LogIndex(9), term: Term(6), configuration: voters)
      let snapshot = try SnapshotFile.create(
        "half", on: disk, header: SnapshotHeader(metadata: stand, timestamp: Timestamp(9), leaderTerm: Term(6)))
      var pairs = EngineBatch()
      pairs.putVersion([1, 7], at: 9, [9])
      let source = MemoryEngine()
      try source.write(pairs)
      let cursor = try source.snapshot().cursor(lower: [0], upper: [0xFF])
      cursor.next()
      try snapshot.append([(cursor.key, cursor.value)])
      try snapshot.finish(on: disk)
      let engine = MemoryEngine()
      var state = GroupState()
      state.applied = LogIndex(2)
      state.appliedTerm = Term(5)
      state.installing = "half"
      var batch = EngineBatch()
      batch.put(LocalKeys.groupState(group), state.encoded())
      try engine.write(batch)
      let position = engine.position

      let overlay = OverlayDisk(over: disk)
      let log = try LogStore(disk: overlay, directory: "log", mayCreate: false)
      defer { log.close() }
      let groups = try OfflineGroups(
        engine: engine, logStore: log, disk: overlay, node: NodeID(1), descriptors: [], purpose: .survey)
      let standing = try groups.standing(of: group, founders: [])
      #expect(standing.appliedIndex == LogIndex(9) && standing.lastIndex == LogIndex(9))
      #expect(standing.lastTerm == Term(6) && standing.configuration == voters)
      #expect(try groups.contents(of: group).view.get(Key([1, 7])) == [9])
      #expect(engine.position == position, "the engine is only read")
    }
  }
}
