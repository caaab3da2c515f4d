import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage
import Testing

@Suite struct LogRecoveryTests {
  @Test func recoversWhatWasSynced() throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log")
    #expect(store.recoveredGroups.isEmpty)
    let configuration = Configuration(voters: [NodeID(1), NodeID(2), NodeID(3)], outgoingVoters: [NodeID(4)])
    try store.write([
      LogWrite(group: GroupID(2), hardState: HardState(term: Term(3), vote: NodeID(2), commit: LogIndex(1))),
      LogWrite(group: GroupID(1), entries: [entry(1), entry(2), entry(3, term: 2)]),
    ])
    try store.write([
      LogWrite(
        group: GroupID(1), hardState: HardState(term: Term(2)),
        snapshot: SnapshotMetadata(index: LogIndex(2), term: Term(1), configuration: configuration))
    ])
    try store.sync()
    var generator = SeededGenerator(seed: 1)
    disk.crash(&generator)
    let again = try LogStore(disk: disk, directory: "log")
    #expect(
      again.recoveredGroups == [
        RecoveredGroup(
          group: GroupID(1), hardState: HardState(term: Term(2)),
          snapshot: SnapshotMetadata(index: LogIndex(2), term: Term(1), configuration: configuration),
          firstIndex: LogIndex(3), lastIndex: LogIndex(3)),
        RecoveredGroup(
          group: GroupID(2), hardState: HardState(term: Term(3), vote: NodeID(2), commit: LogIndex(1)),
          snapshot: SnapshotMetadata(), firstIndex: LogIndex(1), lastIndex: .zero),
      ])
    #expect(
      try again.entries(of: GroupID(1), from: LogIndex(3), through: LogIndex(3), maxBytes: 100) == [entry(3, term: 2)])
    #expect(again.tornBytes == 0)
  }

  /// Random histories with crashes at any point: what comes back is the state after some batch that is no older than
  /// the last one synced.
  @Test(arguments: 0..<60 as Range<UInt64>)
  func crashesLoseOnlyWhatWasNotSynced(_ seed: UInt64) throws {
    let disk = FaultyDisk()
    var workload = LogWorkload(seed: seed)
    for _ in 0..<12 {
      let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
      // The states that may come back, the surely durable one first.
      var candidates = [workload.model]
      for _ in 0..<Int.random(in: 1...30, using: &workload.generator) {
        try store.write(workload.batch())
        candidates.append(workload.model)
        if Int.random(in: 0..<10, using: &workload.generator) < 8 {
          try store.sync()
          candidates.removeFirst(candidates.count - 1)
          if Bool.random(using: &workload.generator) { try maintain(store, workload) }
        }
      }
      disk.crash(&workload.generator)
      let recovered = try LogModel(readingBack: LogStore(disk: disk, directory: "log", options: smallSegments))
      guard candidates.contains(recovered) else {
        Issue.record("seed \(seed): the log came back in a state that it never had, or older than its last sync")
        return
      }
      workload.model = recovered
      // A second crash before anything is written finds the same.
      disk.crash(&workload.generator)
    }
  }

  /// The state engine is durable up to the compaction point of every group.
  private func maintain(_ store: LogStore, _ workload: LogWorkload) throws {
    for (group, state) in workload.model.groups { store.release(group, through: state.snapshot.index) }
    try store.reclaim()
    try store.prepare()
  }

  @Test func hardStateOutlivesTheSegmentItWasWrittenTo() throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    let state = HardState(term: Term(7), vote: NodeID(3), commit: LogIndex(0))
    try store.write([LogWrite(group: GroupID(9), hardState: state)])
    var index: UInt64 = 0
    for _ in 0..<40 {
      index += 8
      try store.write([LogWrite(group: GroupID(1), entries: (index - 7...index).map { entry($0, bytes: 100) })])
      try store.write([
        LogWrite(group: GroupID(1), snapshot: SnapshotMetadata(index: LogIndex(index), term: Term(1)))
      ])
      try store.sync()
      store.release(GroupID(1), through: LogIndex(index))
      try store.reclaim()
    }
    // What one group needs, another one's silence doesn't hold up.
    #expect(store.segmentCount <= 2)
    #expect(disk.paths.count <= 3)
    let again = try LogStore(disk: disk, directory: "log", options: smallSegments)
    #expect(again.recoveredGroups.map(\.group) == [GroupID(1), GroupID(9)])
    #expect(again.recoveredGroups[1].hardState == state)
    #expect(again.recoveredGroups[0].snapshot.index == LogIndex(index))
  }

  @Test func entriesStayUntilBothMarkerAndReleaseCoverThem() throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    for index in 1...60 as ClosedRange<UInt64> {
      try store.write([LogWrite(group: GroupID(1), entries: [entry(index, bytes: 200)])])
    }
    try store.sync()
    let before = store.segmentCount
    #expect(before > 2)
    store.release(GroupID(1), through: LogIndex(60))
    #expect(try store.reclaim() == 0)
    try store.write([LogWrite(group: GroupID(1), snapshot: SnapshotMetadata(index: LogIndex(40), term: Term(1)))])
    #expect(try store.reclaim() == 0, "not before the marker is durable")
    try store.sync()
    #expect(try store.reclaim() > 0)
    let again = try LogModel(readingBack: LogStore(disk: disk, directory: "log", options: smallSegments))
    #expect(again.groups[GroupID(1)]?.entries == (41...60).map { entry($0, bytes: 200) })
  }

  @Test func aTornBatchVanishesAsAWhole() throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    try store.write([LogWrite(group: GroupID(1), entries: [entry(1)])])
    try store.sync()
    let end = try #require(disk.bytes(of: path(1)).lastIndex { $0 != 0 })
    try store.write([LogWrite(group: GroupID(1), entries: (2...10).map { entry($0) })])
    // The middle of the unsynced batch is lost.
    let torn = disk.copy()
    torn.flip(path(1), offset: end + 200, bit: 0)
    let again = try LogStore(disk: torn, directory: "log", options: smallSegments)
    #expect(again.recoveredGroups.first?.lastIndex == LogIndex(1))
    #expect(again.tornBytes > 0)
    // A second opening finds nothing left of it.
    #expect(try LogStore(disk: torn, directory: "log", options: smallSegments).tornBytes == 0)
  }

  @Test func aBatchLargerThanASegmentGetsOneOfItsOwnSize() throws {
    let disk = FaultyDisk()
    // The very first batch, and one later.
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    try store.write([LogWrite(group: GroupID(1), entries: [entry(1, bytes: 9000)])])
    try store.sync()
    try store.write([LogWrite(group: GroupID(1), entries: [entry(2, bytes: 20000), entry(3, bytes: 1)])])
    try store.write([LogWrite(group: GroupID(1), entries: [entry(4, bytes: 10)])])
    try store.sync()
    let again = try LogModel(readingBack: LogStore(disk: disk, directory: "log", options: smallSegments))
    #expect(again.groups[GroupID(1)]?.entries.map(\.payload.count) == [9000, 20000, 1, 10])
  }

  private func path(_ number: UInt64) -> String { "log/segment-000000000000000\(number).log" }
}
