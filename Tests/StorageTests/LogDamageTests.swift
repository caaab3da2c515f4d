import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage
import Synchronization
import Testing

/// Damage to what had been durable: found, told from a torn end, limited to whom it concerns, and repaired.
@Suite struct LogDamageTests {
  /// A log of some segments, each batch synced, and what it holds.
  private struct Written {
    var disk = FaultyDisk()
    var model: LogModel
    var generator: SeededGenerator
    /// Where the records of each file end that are not of the last batch.
    private var used: [String: Int] = [:]

    init(seed: UInt64, batches count: Int = 60) throws {
      var workload = LogWorkload(seed: seed)
      let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
      for _ in 0..<count {
        try store.write(workload.batch())
        try store.sync()
      }
      for path in disk.paths { used[path] = disk.bytes(of: path).lastIndex { $0 != 0 } ?? 0 }
      // The last batch has no witness; this one may be lost without anyone's knowing.
      try store.write([LogWrite(group: GroupID(8), hardState: HardState(term: Term(1)))])
      try store.sync()
      model = workload.model
      model.groups[GroupID(8)] = LogModel.Group(hardState: HardState(term: Term(1)))
      generator = workload.generator
      store.close()
    }

    func witnessed(_ file: String) -> Int { used[file] ?? 0 }
  }

  /// Whatever is damaged, hard states are right, and so is every entry that is said to be sound. Returns whether
  /// anything was found.
  @discardableResult
  private func check(_ disk: FaultyDisk, _ model: LogModel, _ what: String) throws -> Bool {
    let store = try LogStore(disk: disk.copy(), directory: "log", options: smallSegments)
    let found = Dictionary(uniqueKeysWithValues: store.recoveredGroups.map { ($0.group, $0) })
    #expect(Set(found.keys) == Set(model.groups.keys), "\(what): groups")
    for (id, truth) in model.groups.sorted(by: { $0.key < $1.key }) {
      guard let group = found[id] else { continue }
      #expect(group.hardState == truth.hardState, "\(what): a vote of group \(id) was forgotten")
      let expected = truth.entries.filter { $0.index > group.snapshot.index }
      guard let damage = group.damage else {
        #expect(group.snapshot.index <= truth.snapshot.index, "\(what)")
        #expect(group.lastIndex == truth.lastIndex, "\(what): group \(id) lost its end in silence")
        // A marker may be lost: then there is more than needed.
        let first = max(group.firstIndex, truth.snapshot.index.next)
        #expect(try entries(store, first, group) == expected, "\(what): group \(id)")
        continue
      }
      #expect(!store.damageReport.isEmpty, "\(what): not reported")
      #expect(store.damageReport.allSatisfy { $0.groups.contains(id) })
      #expect(group.lastIndex == truth.lastIndex, "\(what): last index of group \(id)")
      #expect(
        try entries(store, damage.resumesAt, group) == expected.filter { $0.index >= damage.resumesAt },
        "\(what): group \(id) behind the gap")
    }
    return !store.damageReport.isEmpty
  }

  private func entries(_ store: LogStore, _ from: LogIndex, _ group: RecoveredGroup) throws -> [Entry] {
    guard from <= group.lastIndex else { return [] }
    return try store.entries(of: group.group, from: from, through: group.lastIndex, maxBytes: .max)
  }

  /// A bit flipped in anything that a later record proves durable is never taken for a torn end, and takes nothing but
  /// what it hit.
  @Test(arguments: 100..<108 as Range<UInt64>)
  func flippedBitsAreFoundAndLimited(_ seed: UInt64) throws {
    var written = try Written(seed: seed)
    #expect(written.disk.paths.count > 2)
    #expect(try !check(written.disk, written.model, "sound"))
    var reports = 0
    for _ in 0..<100 {
      let file = try #require(written.disk.paths.randomElement(using: &written.generator))
      let limit = written.witnessed(file)
      guard limit > 0 else { continue }
      let damaged = written.disk.copy()
      let offset = Int.random(in: 0..<limit, using: &written.generator)
      damaged.flip(file, offset: offset, bit: Int.random(in: 0..<8, using: &written.generator))
      // Not in padding, it is always found.
      if try check(damaged, written.model, "seed \(seed), \(file) offset \(offset)") { reports += 1 }
    }
    #expect(reports > 60)
  }

  /// A write that went to a wrong place damages two: there it is not, and where it is.
  @Test(arguments: 200..<206 as Range<UInt64>)
  func misdirectedWritesAreFoundAndLimited(_ seed: UInt64) throws {
    var written = try Written(seed: seed)
    for _ in 0..<60 {
      let file = try #require(written.disk.paths.randomElement(using: &written.generator))
      let limit = written.witnessed(file) - 512
      guard limit > 1024 else { continue }
      let damaged = written.disk.copy()
      // A sector lands on another one of the same file; its own place keeps zeros.
      let from = Int.random(in: 0..<limit / 512, using: &written.generator) * 512
      let to = Int.random(in: 0..<limit / 512, using: &written.generator) * 512
      guard from != to else { continue }
      let sector = Array(damaged.bytes(of: file)[from..<from + 512])
      damaged.overwrite(file, at: to, with: sector)
      damaged.overwrite(file, at: from, with: [UInt8](repeating: 0, count: 512))
      do {
        try check(damaged, written.model, "seed \(seed), \(file) \(from) to \(to)")
      } catch {
        // Two holes in the newest segment may be too much.
        #expect(file == written.disk.paths.last, "seed \(seed), \(file) \(from) to \(to): \(error)")
      }
    }
  }

  @Test(arguments: 300..<304 as Range<UInt64>)
  func missingSegmentsAreFoundAndLimited(_ seed: UInt64) throws {
    let written = try Written(seed: seed)
    for file in written.disk.paths.dropLast() {
      let damaged = written.disk.copy()
      try damaged.remove(file)
      let isFound = try check(damaged, written.model, "seed \(seed), without \(file)")
      // The oldest one may be gone for good reason.
      #expect(isFound || file == written.disk.paths.first)
      let emptied = written.disk.copy()
      emptied.overwrite(file, at: 0, with: [UInt8](repeating: 0, count: 4096))
      #expect(try check(emptied, written.model, "seed \(seed), with an empty \(file)"))
    }
  }

  /// More than the copies in the next batch make up for, and no later segment: votes may be forgotten.
  @Test func aHoleThatMayHaveTakenVotesIsRefused() throws {
    let disk = FaultyDisk()
    let options = LogOptions(segmentBytes: 1 << 20)
    let store = try LogStore(disk: disk, directory: "log", options: options)
    for index in 1...200 as ClosedRange<UInt64> {
      try store.write([LogWrite(group: GroupID(1), entries: [entry(index, bytes: 200)])])
      try store.sync()
    }
    let path = try #require(disk.paths.first)
    let small = disk.copy()
    small.overwrite(path, at: 20_000, with: [UInt8](repeating: 0, count: 4096))
    let found = try #require(try LogStore(disk: small, directory: "log", options: options).recoveredGroups.first)
    #expect(found.damage != nil && found.lastIndex == LogIndex(200))
    let large = disk.copy()
    large.overwrite(path, at: 10_000, with: [UInt8](repeating: 0, count: 20_000))
    let before = large.bytes(of: path)
    for _ in 0..<2 {
      #expect {
        try LogStore(disk: large, directory: "log", options: options)
      } throws: { error in
        if case LogError.corrupt(let file, let offset, _) = error { file == path && offset <= 10_000 } else { false }
      }
    }
    #expect(large.bytes(of: path) == before, "nothing is changed in a log that is refused")
  }

  /// After the repair the log is what the repair said, now and at the next opening, and nothing is reported any more.
  @Test(arguments: 400..<412 as Range<UInt64>)
  func repairIsDurableAndSilent(_ seed: UInt64) throws {
    var written = try Written(seed: seed)
    var cuts = 0
    var moves = 0
    for round in 0..<30 {
      let file = try #require(written.disk.paths.randomElement(using: &written.generator))
      let limit = written.witnessed(file)
      guard limit > 0 else { continue }
      let damaged = written.disk.copy()
      damaged.flip(file, offset: Int.random(in: 0..<limit, using: &written.generator), bit: 3)
      let store = try LogStore(disk: damaged, directory: "log", options: smallSegments)
      var expected = written.model
      for found in store.recoveredGroups {
        let truth = try #require(written.model.groups[found.group])
        let applied = appliedState(of: truth, round: round, &written.generator)
        // A crash in the middle of the first repair finds the damage again.
        if found.damage != nil { damaged.faults.withLock { $0.nextWrite = (Int(seed % 3) * 60, 28) } }
        var outcome = GroupRepair.nothing
        var isRefused = false
        do throws(LogError) { outcome = try store.repair(found.group, stateAt: applied) } catch {
          isRefused = true
          #expect(!error.isFatal)
        }
        if isRefused {
          let again = try LogStore(disk: damaged.copy(), directory: "log", options: smallSegments)
          #expect(again.group(found.group)?.damage == found.damage)
          #expect(again.group(found.group)?.hardState == found.hardState)
          outcome = try store.repair(found.group, stateAt: applied)
        }
        damaged.faults.withLock { $0.nextWrite = nil }
        apply(outcome, applied, to: &expected.groups[found.group]!)
        if case .cutBack(_, let through) = outcome {
          cuts += 1
          #expect(through == truth.lastIndex)
        } else if outcome != .nothing {
          moves += 1
        }
      }
      try store.finishRepair()
      store.close()
      let again = try LogStore(disk: damaged, directory: "log", options: smallSegments)
      #expect(again.damageReport.isEmpty, "seed \(seed), round \(round)")
      for found in again.recoveredGroups {
        let truth = try #require(expected.groups[found.group])
        #expect(found.damage == nil)
        #expect(found.hardState.vote == truth.hardState.vote && found.hardState.term >= truth.hardState.term)
        #expect(found.lastIndex >= truth.snapshot.index && found.lastIndex <= truth.lastIndex)
        let kept = try entries(again, max(found.firstIndex, truth.snapshot.index.next), found)
        #expect(kept == truth.entries.filter { $0.index <= found.lastIndex })
        if found.lastIndex < truth.lastIndex { #expect(found.repairThrough == truth.lastIndex) }
      }
    }
    #expect(cuts > 0 && cuts + moves > 3)
  }

  /// Three entries, the second one lost, and states that have more and more of them.
  @Test(
    arguments: [
      (0, GroupRepair.cutBack(last: LogIndex(1), repairThrough: LogIndex(3))),
      (1, .cutBack(last: LogIndex(1), repairThrough: LogIndex(3))), (2, .markerMoved(LogIndex(2))),
      (3, .markerMoved(LogIndex(3))),
    ] as [(UInt64, GroupRepair)])
  func whatTheStateHasDecides(_ applied: UInt64, _ expected: GroupRepair) throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    for index in 1...3 as ClosedRange<UInt64> {
      let state = HardState(term: Term(1), vote: NodeID(2), commit: LogIndex(index))
      try store.write([LogWrite(group: GroupID(1), hardState: state, entries: [entry(index)])])
      try store.sync()
    }
    // Another group, whose hard state is old by now: nothing of it is in doubt.
    try store.write([LogWrite(group: GroupID(2), hardState: HardState(term: Term(9), vote: NodeID(3)))])
    try store.write([LogWrite(group: GroupID(3), hardState: HardState(term: Term(1)))])
    try store.sync()
    let path = try #require(disk.paths.first)
    let bytes = disk.bytes(of: path)
    let payload = try #require(bytes.indices.dropLast(20).first { bytes[$0..<$0 + 20].allSatisfy { $0 == 2 } })
    disk.flip(path, offset: payload, bit: 0)
    let damaged = try LogStore(disk: disk, directory: "log", options: smallSegments)
    #expect(damaged.damageReport.count == 1 && damaged.damageReport.first?.groups == [GroupID(1)])
    #expect(damaged.damageReport.first?.lostBatches == 2...2 && damaged.damageReport.first?.file == path)
    #expect(damaged.group(GroupID(1))?.damage == GroupDamage(soundThrough: LogIndex(1), resumesAt: LogIndex(3)))
    #expect(damaged.group(GroupID(2))?.hardState == HardState(term: Term(9), vote: NodeID(3)))
    try damaged.finishRepair()
    let state = SnapshotMetadata(
      index: LogIndex(applied), term: applied == 0 ? .zero : Term(1), configuration: Configuration(voters: [NodeID(1)]))
    #expect(try damaged.repair(GroupID(1), stateAt: state) == expected)
    try damaged.finishRepair()
    let again = try LogStore(disk: disk, directory: "log", options: smallSegments)
    #expect(again.damageReport.isEmpty)
    let found = try #require(again.group(GroupID(1)))
    #expect(found.damage == nil && found.snapshot == state)
    if case .cutBack(let last, let through) = expected {
      #expect((found.lastIndex, found.repairThrough) == (last, through))
    } else {
      #expect((found.lastIndex, found.repairThrough) == (LogIndex(3), .zero))
    }
    // Once the group has committed again what it had, nothing is left to make good for.
    try again.write([
      LogWrite(
        group: GroupID(1), hardState: HardState(term: Term(1), commit: LogIndex(3)),
        entries: found.lastIndex < LogIndex(3) ? [entry(2), entry(3)] : [])
    ])
    try again.sync()
    let healed = try LogStore(disk: disk, directory: "log", options: smallSegments)
    #expect(healed.group(GroupID(1))?.repairThrough == .zero)
  }

  /// The state was lost, or is an older one: the log can't bring it to where its beginning is.
  @Test func aStateBeforeTheLogsBeginningStartsAnew() throws {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    let hardState = HardState(term: Term(4), vote: NodeID(2), commit: LogIndex(9))
    try store.write([LogWrite(group: GroupID(1), hardState: hardState, entries: (1...12).map { entry($0) })])
    try store.write([LogWrite(group: GroupID(1), snapshot: SnapshotMetadata(index: LogIndex(8), term: Term(1)))])
    try store.sync()
    let outcome = try store.repair(GroupID(1), stateAt: SnapshotMetadata())
    #expect(outcome == .cutBack(last: .zero, repairThrough: LogIndex(12)))
    store.close()
    let found = try #require(try LogStore(disk: disk, directory: "log", options: smallSegments).group(GroupID(1)))
    #expect(found.hardState == HardState(term: Term(4), vote: NodeID(2), commit: .zero))
    #expect((found.lastIndex, found.snapshot.index, found.repairThrough) == (.zero, .zero, LogIndex(12)))
  }

  /// A member applied what the others had committed, and its first own batch was lost: its log knows nothing of the group.
  @Test func aStateOfAGroupThatTheLogDoesNotKnowMovesTheMarker() throws {
    let disk = FaultyDisk()
    let state = SnapshotMetadata(
      index: LogIndex(30), term: Term(2), configuration: Configuration(voters: [NodeID(1), NodeID(2)]))
    #expect(throws: LogError.self) {
      try LogStore(disk: disk, directory: "log", options: smallSegments, mayCreate: false)
    }
    #expect(throws: LogError.self, "nothing was created") {
      try LogStore(disk: disk, directory: "log", options: smallSegments, mayCreate: false)
    }
    try LogStore(disk: disk, directory: "log", options: smallSegments).close()
    let second = try LogStore(disk: disk, directory: "log", options: smallSegments, mayCreate: false)
    #expect(try second.repair(GroupID(1), stateAt: state) == .markerMoved(LogIndex(30)))
    #expect(try second.repair(GroupID(2), stateAt: SnapshotMetadata()) == .nothing)
    second.close()
    let third = try LogStore(disk: disk, directory: "log", options: smallSegments)
    let found = try #require(third.group(GroupID(1)))
    #expect((found.snapshot, found.lastIndex, found.hardState.term) == (state, LogIndex(30), Term(2)))
    #expect(third.group(GroupID(2)) == nil)
  }

  /// A state that holds some committed prefix of the group.
  private func appliedState(
    of truth: LogModel.Group, round: Int, _ generator: inout SeededGenerator
  ) -> SnapshotMetadata {
    let committed = truth.entries.filter { $0.index <= truth.hardState.commit }
    let random = committed.randomElement(using: &generator)
    guard round % 3 > 0, let entry = round % 3 == 1 ? random : committed.last else { return truth.snapshot }
    return SnapshotMetadata(index: entry.index, term: entry.term, configuration: truth.snapshot.configuration)
  }

  private func apply(_ outcome: GroupRepair, _ applied: SnapshotMetadata, to group: inout LogModel.Group) {
    switch outcome {
    case .nothing: break
    case .markerMoved, .cutBack:
      group.entries.removeAll { $0.index <= applied.index }
      group.snapshot = applied
    }
  }
}
