import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage
import Synchronization
import Testing

@Suite struct LogStoreTests {
  @Test func readsGiveConsecutiveEntriesWithinLimits() throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    for index in 1...60 as ClosedRange<UInt64> {
      try store.write([
        LogWrite(group: GroupID(1), entries: [entry(index, bytes: 100)]),
        LogWrite(group: GroupID(2), entries: [entry(index, term: 2, bytes: 50)]),
      ])
    }
    func read(_ from: UInt64, _ through: UInt64, _ maxBytes: Int) throws -> [UInt64] {
      try store.entries(of: GroupID(1), from: LogIndex(from), through: LogIndex(through), maxBytes: maxBytes)
        .map(\.index.rawValue)
    }
    #expect(try read(1, 60, .max) == Array(1...60))
    #expect(try read(5, 9, .max) == Array(5...9))
    #expect(try read(5, 60, 250) == [5, 6, 7])
    #expect(try read(5, 60, 0) == [5])
    #expect(try read(59, 99, .max) == [59, 60])
    #expect(try read(61, 99, .max) == [])
    #expect(try store.entries(of: GroupID(3), from: LogIndex(1), through: LogIndex(9), maxBytes: 9) == [])
    #expect(store.term(of: LogIndex(7), in: GroupID(2)) == Term(2))
    #expect(store.term(of: LogIndex(61), in: GroupID(2)) == nil)
  }

  /// A batch number given to nothing looked like a lost batch to recovery.
  @Test func writesWithoutContentLeaveNoTrace() throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    for index in 1...20 as ClosedRange<UInt64> {
      #expect(try store.write([LogWrite(group: GroupID(1))]) == 0)
      try store.write([LogWrite(group: GroupID(1), entries: [entry(index)])])
      try store.sync()
    }
    store.close()
    let recovered = try LogStore(disk: disk, directory: "log", options: smallSegments)
    #expect(recovered.recoveredGroups.map(\.lastIndex) == [LogIndex(20)])
  }

  @Test func compactedEntriesAreGoneForReaders() throws {
    let store = try LogStore(disk: FaultyDisk(), directory: "log", options: smallSegments)
    try store.write([LogWrite(group: GroupID(1), entries: (1...9).map { entry($0) })])
    try store.write([LogWrite(group: GroupID(1), snapshot: SnapshotMetadata(index: LogIndex(4), term: Term(1)))])
    #expect {
      try store.entries(of: GroupID(1), from: LogIndex(4), through: LogIndex(9), maxBytes: 99)
    } throws: { error in
      if case LogError.compacted(_, let first) = error { first == LogIndex(5) } else { false }
    }
    #expect(store.term(of: LogIndex(4), in: GroupID(1)) == Term(1))
    #expect(store.term(of: LogIndex(3), in: GroupID(1)) == Term(1), "kept until released, though not for replay")
  }

  @Test func gapsAndRewritesOfCompactedEntriesAreRefused() throws {
    for (first, second) in [(2, nil), (1, 3)] as [(UInt64, UInt64?)] {
      let store = try LogStore(disk: FaultyDisk(), directory: "log", options: smallSegments)
      var entries = [entry(first)]
      if let second { entries.append(entry(second)) }
      #expect(throws: LogError.self) { try store.write([LogWrite(group: GroupID(1), entries: entries)]) }
    }
    let store = try LogStore(disk: FaultyDisk(), directory: "log", options: smallSegments)
    let snapshot = SnapshotMetadata(index: LogIndex(5), term: Term(1))
    #expect(throws: LogError.self) {
      try store.write([LogWrite(group: GroupID(1), entries: [entry(5)], snapshot: snapshot)])
    }
  }

  @Test func damageIsFoundWhenReading() throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    try store.write([LogWrite(group: GroupID(1), entries: (1...5).map { entry($0, bytes: 64) })])
    try store.sync()
    let path = try #require(disk.paths.first)
    let payload = try #require(disk.bytes(of: path).lastIndex { $0 == 3 })
    disk.flip(path, offset: payload, bit: 5)
    #expect(try store.entries(of: GroupID(1), from: LogIndex(1), through: LogIndex(2), maxBytes: .max).count == 2)
    #expect {
      try store.entries(of: GroupID(1), from: LogIndex(1), through: LogIndex(5), maxBytes: .max)
    } throws: { error in
      if case LogError.corrupt(let file, _, _) = error { file == path } else { false }
    }
  }

  /// What a batch that was refused would have made of a log is forgotten with it.
  @Test func whatARefusedBatchHeldIsNotTakenForGranted() throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    try store.write([LogWrite(group: GroupID(1), entries: [entry(1)])])
    disk.faults.withLock { $0.nextWrite = (0, 28) }
    #expect(throws: LogError.self) { try store.write([LogWrite(group: GroupID(1), entries: [entry(2), entry(3)])]) }
    #expect {
      try store.write([LogWrite(group: GroupID(1), entries: [entry(4)])])
    } throws: { error in
      if case LogError.outOfOrder(GroupID(1), LogIndex(2), LogIndex(4)) = error { true } else { false }
    }
  }

  /// A vote, and in the same batch something else about the hard state of that group.
  @Test func aVoteOutlivesWhatTheSameBatchTellsNext() throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    try store.write([LogWrite(group: GroupID(1), hardState: HardState(term: Term(5)), entries: [entry(1)])])
    let vote = HardState(term: Term(6), vote: NodeID(2))
    try store.write([
      LogWrite(group: GroupID(1), hardState: vote), LogWrite(group: GroupID(1), repairThrough: .zero),
    ])
    try store.sync()
    let reopened = try LogStore(disk: disk, directory: "log", options: smallSegments)
    #expect(reopened.recoveredGroups.first?.hardState == vote)
  }

  /// That entries are committed is worth no record, but it is told with the next batch, whoever that is about.
  @Test func whatIsCommittedIsToldByTheNextBatch() throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    let state = HardState(term: Term(1), vote: NodeID(2))
    try store.write([LogWrite(group: GroupID(1), hardState: state, entries: [entry(1), entry(2)])])
    let before = try store.write([LogWrite(group: GroupID(2), entries: [entry(1)])])
    try store.write([LogWrite(group: GroupID(1), commit: LogIndex(2), entries: [entry(3)])])
    try store.sync()
    func recovered() throws -> RecoveredGroup? {
      let reopened = try LogStore(disk: disk, directory: "log", options: smallSegments)
      return reopened.recoveredGroups.first { $0.group == GroupID(1) }
    }
    #expect(try recovered()?.hardState == state)
    let after = try store.write([LogWrite(group: GroupID(2), entries: [entry(2)])])
    try store.sync()
    #expect(after > before, "two groups are told of instead of one")
    #expect(try recovered()?.hardState == HardState(term: Term(1), vote: NodeID(2), commit: LogIndex(2)))
    #expect(try recovered()?.lastIndex == LogIndex(3))
  }

  /// Whatever part of a write got through before the disk was full, the log goes on as if it had not been tried.
  @Test(arguments: [0, 1, 48, 100, 300, 500])
  func aFullDiskIsSurvived(_ stored: Int) throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    try store.write([LogWrite(group: GroupID(1), entries: [entry(1)])])
    try store.sync()
    disk.faults.withLock { $0.nextWrite = (stored, 28) }
    let refused = [LogWrite(group: GroupID(1), entries: (2...8).map { entry($0) })]
    #expect {
      try store.write(refused)
    } throws: { error in
      if case LogError.diskFull = error { !((error as? LogError)?.isFatal ?? true) } else { false }
    }
    #expect(store.term(of: LogIndex(2), in: GroupID(1)) == nil)
    // A shorter batch in its place, so that rests of the refused one would show: none may be left that a torn batch of
    // the same number could mix with.
    try store.write([LogWrite(group: GroupID(1), entries: [entry(2, term: 4)])])
    try store.sync()
    let undisturbed = FaultyDisk()
    let reference = try LogStore(disk: undisturbed, directory: "log", options: smallSegments)
    try reference.write([LogWrite(group: GroupID(1), entries: [entry(1)])])
    try reference.sync()
    try reference.write([LogWrite(group: GroupID(1), entries: [entry(2, term: 4)])])
    #expect(disk.paths.map { disk.bytes(of: $0) } == undisturbed.paths.map { undisturbed.bytes(of: $0) })
    let model = try LogModel(readingBack: LogStore(disk: disk.copy(), directory: "log", options: smallSegments))
    #expect(model.groups[GroupID(1)]?.entries == [entry(1), entry(2, term: 4)])
    try store.write([LogWrite(group: GroupID(1), entries: [entry(3, term: 4)])])
    try store.sync()
    let later = try LogModel(readingBack: LogStore(disk: disk, directory: "log", options: smallSegments))
    #expect(later.groups[GroupID(1)]?.entries.count == 3)
  }

  @Test func noRoomForTheNextSegmentIsSurvived() throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    disk.faults.withLock { $0.capacity = 3 * 4096 + 1000 }
    var written: UInt64 = 0
    var refused = false
    while written < 200, !refused {
      do throws(LogError) {
        try store.prepare()
        try store.write([LogWrite(group: GroupID(1), entries: [entry(written + 1, bytes: 100)])])
        try store.sync()
        written += 1
      } catch {
        refused = !error.isFatal
        #expect(refused)
      }
    }
    #expect(refused)
    #expect(throws: LogError.self) {
      try store.write([LogWrite(group: GroupID(1), entries: [entry(written + 1, bytes: 100)])])
    }
    disk.faults.withLock { $0.capacity = .max }
    try store.write([LogWrite(group: GroupID(1), entries: [entry(written + 1, bytes: 100)])])
    try store.sync()
    let model = try LogModel(readingBack: LogStore(disk: disk, directory: "log", options: smallSegments))
    #expect(model.groups[GroupID(1)]?.entries.map(\.index.rawValue) == Array(1...written + 1))
  }

  @Test func aFailedSyncIsFinal() throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    try store.write([LogWrite(group: GroupID(1), entries: [entry(1)])])
    disk.faults.withLock { $0.failsSync = true }
    #expect { try store.sync() } throws: { ($0 as? LogError)?.isFatal ?? false }
    disk.faults.withLock { $0.failsSync = false }
    #expect(throws: LogError.self) { try store.sync() }
    #expect(throws: LogError.self) { try store.write([LogWrite(group: GroupID(1), entries: [entry(2)])]) }
    #expect(throws: LogError.self) { try store.reclaim() }
  }

  @Test func aFailedWriteIsFinalUnlessTheDiskIsFull() throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    disk.faults.withLock { $0.nextWrite = (10, 5) }
    #expect { try store.write([LogWrite(group: GroupID(1), entries: [entry(1)])]) } throws: {
      ($0 as? LogError)?.isFatal ?? false
    }
    #expect(throws: LogError.self) { try store.write([LogWrite(group: GroupID(1), entries: [entry(1)])]) }
  }

  @Test func oneBatchIsOneWriteAndOneSync() throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log")
    try store.write([LogWrite(group: GroupID(1), entries: [entry(1)])])
    try store.sync()
    let before = disk.faults.withLock { ($0.writes, $0.syncs) }
    try store.write((1...50).map { LogWrite(group: GroupID(100 + $0), entries: [entry(1)]) })
    try store.sync()
    try store.sync()
    let after = disk.faults.withLock { ($0.writes, $0.syncs) }
    #expect(after.0 - before.0 == 1)
    #expect(after.1 - before.1 == 1)
  }

  @Test func segmentsAreRecycledInsteadOfFilledAgain() throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    var index: UInt64 = 0
    func fill(_ count: Int) throws {
      for _ in 0..<count {
        index += 1
        try store.write([
          LogWrite(
            group: GroupID(1), entries: [entry(index, bytes: 100)],
            snapshot: index > 1 ? SnapshotMetadata(index: LogIndex(index - 1), term: Term(1)) : nil)
        ])
        try store.sync()
        store.release(GroupID(1), through: LogIndex(index - 1))
        try store.reclaim()
      }
    }
    try fill(60)
    let settled = disk.faults.withLock { $0.writes }
    try fill(200)
    #expect(disk.faults.withLock { $0.writes } - settled == 200, "zero-filling would add writes")
    #expect(disk.paths.count <= 3)
    let model = try LogModel(readingBack: LogStore(disk: disk, directory: "log", options: smallSegments))
    #expect(model.groups[GroupID(1)]?.entries.map(\.index.rawValue) == [index])
  }

  /// A leader reads what a lagging follower needs: without descriptors it has to wait, and nothing is wrong with the disk.
  @Test func aReadWithoutDescriptorsMayBeTriedAgain() throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    try store.write([LogWrite(group: GroupID(1), entries: (1...9).map { entry($0) })])
    func read() throws(LogError) -> [Entry] {
      try store.entries(of: GroupID(1), from: LogIndex(1), through: LogIndex(9), maxBytes: .max)
    }
    disk.faults.withLock { $0.descriptors = 0 }
    #expect { try read() } throws: { error in
      if case LogError.outOfDescriptors = error { !((error as? LogError)?.isFatal ?? true) } else { false }
    }
    disk.faults.withLock { $0.descriptors = .max }
    #expect(try read() == (1...9).map { entry($0) })
  }

  /// The old segment is gone or has its new name, and the directory can't be synced: that must be repeatable, whether the
  /// log has gone on meanwhile or not.
  @Test(arguments: [1, 2, 3], [0, 1, 40])
  func segmentsAreDroppedLaterWithoutDescriptors(_ refusals: Int, _ written: UInt64) throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    var last: UInt64 = 0
    func write(_ count: UInt64) throws {
      for _ in 0..<count {
        last += 1
        try store.write([LogWrite(group: GroupID(1), entries: [entry(last, bytes: 200)])])
        try store.sync()
        try store.prepare()
      }
    }
    for _ in 0..<4 {
      try write(60)
      let kept = LogIndex(last - 5)
      try store.write([LogWrite(group: GroupID(1), snapshot: SnapshotMetadata(index: kept, term: Term(1)))])
      try store.sync()
      store.release(GroupID(1), through: kept)
      for _ in 0..<refusals {
        disk.faults.withLock { $0.refusedDirectorySyncs = 1 }
        #expect { try store.reclaim() } throws: { error in
          if case LogError.outOfDescriptors = error { true } else { false }
        }
        disk.faults.withLock { $0.refusedDirectorySyncs = 0 }
        try write(written)
      }
      #expect(try store.reclaim() > 0)
      #expect(disk.paths.count <= store.segmentCount + 1)
    }
    var generator = SeededGenerator(seed: UInt64(refusals) + written)
    disk.crash(&generator)
    let model = try LogModel(readingBack: LogStore(disk: disk, directory: "log", options: smallSegments))
    #expect(model.groups[GroupID(1)]?.entries.last?.index == LogIndex(last))
  }

  @Test func readersSurviveTheDroppingOfSegments() throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    for index in 1...60 as ClosedRange<UInt64> {
      try store.write([LogWrite(group: GroupID(1), entries: [entry(index, bytes: 200)])])
    }
    #expect(try store.entries(of: GroupID(1), from: LogIndex(1), through: LogIndex(60), maxBytes: .max).count == 60)
    try store.write([LogWrite(group: GroupID(1), snapshot: SnapshotMetadata(index: LogIndex(50), term: Term(1)))])
    try store.sync()
    store.release(GroupID(1), through: LogIndex(50))
    #expect(try store.reclaim() > 0)
    for index in 61...90 as ClosedRange<UInt64> {
      try store.write([LogWrite(group: GroupID(1), entries: [entry(index, bytes: 200)])])
    }
    let entries = try store.entries(of: GroupID(1), from: LogIndex(51), through: LogIndex(90), maxBytes: .max)
    #expect(entries == (51...90).map { entry($0, bytes: 200) })
  }
}
