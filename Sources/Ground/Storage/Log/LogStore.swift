import RoostBase
public import RoostPlatform
public import RoostRaft
import Synchronization

/// The segment log: what durability rests on. The records of all groups of a node lie interleaved in one sequence of
/// files, so that one write and one sync serve every group that has something to say.
///
/// **Files.** Segments are zero-filled ahead (a sync then writes no metadata) and recycled when nothing in them is
/// needed. A batch lies in one segment as a whole. Going over to the next segment syncs the one before, so that
/// only the last segment can be torn by a crash.
///
/// **What survives dropping.** The first batch of every segment begins with a copy of each group's hard state and
/// compaction marker. A segment is dropped once no entry in it is needed: every one is at or below both its group's
/// marker and the index that was released because the state engine is durable up to there.
///
/// **Recovery** reads all segments in order. Where the next batch is missing either nothing was ever promised, then
/// what lies there is torn and is cut off, each batch as a whole; or a later record proves that it was synced, then it
/// is damage: reading goes on after it, and ``recoveredGroups`` tells which groups lost what. It opens no log whose
/// damage may have taken a vote without a trace. No record proves that the last batches were synced: a witness beside the
/// log does, and a log that ends before it is not opened. Peers notice by ``lastDurableBatch``, too.
///
/// `entries`, `term`, `group`, `release` and `lastDurableBatch` may be called from any thread, everything else by one
/// thread at a time, the log thread.
///
/// Sendable: `table` and `readers` are guarded by their mutexes, all other variables belong to the log thread.
public final class LogStore: @unchecked Sendable {
  /// What recovery found, in the order of the groups' identifiers.
  public let recoveredGroups: [RecoveredGroup]
  /// What recovery cut off the end: bytes of batches that were never promised to anyone.
  public let tornBytes: Int
  /// Where the log was found damaged at this opening; not what an earlier one has found and ``finishRepair()`` settled.
  public let damageReport: [LogDamage]

  let files: SegmentFiles
  let options: LogOptions
  let table: Mutex<GroupTable>
  /// Open files of readers, by segment.
  let readers = Mutex<[UInt32: any DiskFile]>([:])

  /// A segment file in use.
  struct Segment {
    var number: UInt32
    var capacity: Int
  }

  /// A batch that could not be written as a whole; its rests must be erased before the next one.
  private struct Damage {
    var offset: Int
    var count: Int
  }

  /// The next segment, and how far it is zero-filled.
  private struct Preparation {
    var file: any DiskFile
    var filled: Int
    var isReady: Bool
  }

  /// Oldest first; the last one is written to.
  @exclusivity(unchecked) private var segments: [Segment]
  private var file: any DiskFile
  /// Where the next batch goes.
  @exclusivity(unchecked) private var offset: Int
  /// Number of the next batch.
  @exclusivity(unchecked) private var batch: UInt64
  /// Whom the last batches of the segment were about.
  @exclusivity(unchecked) private var recent = RecentGroups()
  @exclusivity(unchecked) var check = BatchCheck()
  /// What the batch being written says of groups that it is not about: hard states, and that they were removed.
  @exclusivity(unchecked) private var hardStates: [UInt8] = []
  private var removedLately: [GroupID] = []
  /// The last batch known to be durable. Written by the log thread.
  private let durableBatch: Atomic<UInt64>
  /// Whether the segment lacks its beginning: the segment's number and a copy of what is known of every group.
  @exclusivity(unchecked) private var needsBeginning: Bool
  private var preparation: Preparation?
  private var damage: Damage?
  private var hasFailed = false
  @exclusivity(unchecked) private var buffer = BatchBuffer()
  /// Where it is noted which batch is durable; nil where there was no room for it.
  private let witness: WitnessFile?
  /// The checksum of the last batch's first record.
  @exclusivity(unchecked) private var lastChecksum: UInt32 = 0

  /// Opens the log in `directory`, and recovers what it holds.
  ///
  /// - Parameter mayCreate: Whether a log that is not there, not even as an empty segment, is created. It must not be
  ///   where something else shows that there was one: with it, votes are gone.
  public init(
    disk: any Disk, directory: String, options: LogOptions = LogOptions(), mayCreate: Bool = true
  ) throws(LogError) {
    let files = SegmentFiles(disk: disk, directory: directory)
    witness = try LogStore.openWitness(files)
    var recovery = LogRecovery(files: files, witness: witness?.found.flatMap(LogWitness.init))
    try recovery.run()
    if recovery.segments.isEmpty {
      guard mayCreate else { throw .missing }
      let capacity = LogRecord.padded(max(options.firstSegmentBytes, 4096))
      do throws(DiskError) {
        let created = try disk.open(files.unfinishedPath(1), create: true)
        try created.zeroFill(to: capacity)
        try created.sync()
        created.close()
        try files.finish(1)
      } catch {
        throw LogError(error)
      }
      recovery.segments = [Segment(number: 1, capacity: capacity)]
    }
    let current = recovery.segments[recovery.segments.count - 1]
    do throws(DiskError) {
      file = try disk.open(files.path(current.number), create: false)
    } catch {
      throw LogError(error)
    }
    self.files = files
    self.options = options
    recoveredGroups = recovery.groups
    tornBytes = recovery.tornBytes
    let damaged = recovery.groups.filter { $0.damage != nil }.map(\.group)
    damageReport = recovery.holes.map {
      LogDamage(file: $0.file, offset: $0.offset, lostBatches: $0.lost, groups: damaged)
    }
    // Nobody knows whom the batches before were about.
    if recovery.endOffset > 0 {
      for slot in 0..<recovery.table.slotCount {
        recent.note(slot, batch: recovery.nextBatch - 1, at: recovery.endOffset)
      }
    }
    for segment in recovery.segments { recovery.table.segmentBytes[segment.number] = segment.capacity }
    table = Mutex(recovery.table)
    segments = recovery.segments
    offset = recovery.endOffset
    batch = recovery.nextBatch
    durableBatch = Atomic(recovery.nextBatch - 1)
    needsBeginning = recovery.endOffset == 0
  }

  private static func openWitness(_ files: SegmentFiles) throws(LogError) -> WitnessFile? {
    do throws(DiskError) {
      try files.disk.createDirectory(files.directory)
      return try WitnessFile(disk: files.disk, path: files.witnessPath, payloadBytes: LogWitness.payloadBytes)
    } catch {
      // A log without a witness is as good as it was before there were any.
      if error.isOutOfSpace { return nil }
      throw .disk(error)
    }
  }

  deinit { close() }

  /// Closes the files. Nothing may be called afterwards.
  public func close() {
    file.close()
    preparation?.file.close()
    preparation = nil
    readers.withLock { readers in
      for reader in readers.values { reader.close() }
      readers.removeAll()
    }
  }

  /// What recovery found of a group; nil if the log knew nothing of it.
  public func recovered(_ group: GroupID) -> RecoveredGroup? {
    let place = recoveredGroups.partitioningIndex { !($0.group < group) }
    return place < recoveredGroups.count && recoveredGroups[place].group == group ? recoveredGroups[place] : nil
  }

  // MARK: - Writing

  /// Appends a batch with one write, which `sync` makes durable. After `LogError.diskFull` nothing of it is in the log,
  /// and the log can go on; after any other error it can't. Returns the bytes written.
  @discardableResult
  public func write(_ writes: [LogWrite]) throws(LogError) -> Int { try write(writes, repairedHoles: []) }

  @discardableResult
  func write(_ writes: [LogWrite], repairedHoles holes: [ClosedRange<UInt64>]) throws(LogError) -> Int {
    if hasFailed { throw .failed }
    do throws(LogError) {
      try table.withLock { table throws(LogError) in try check.run(writes, on: &table) }
    } catch {
      hasFailed = true
      throw error
    }
    do throws(LogError) {
      return try writeChecked(writes, repairedHoles: holes)
    } catch {
      check.forget()
      throw error
    }
  }

  private func writeChecked(_ writes: [LogWrite], repairedHoles holes: [ClosedRange<UInt64>]) throws(LogError) -> Int {
    try repairDamage()
    // The proof of durability counts unsynced batches in 16 bits.
    if batch - syncedBatch > 1 << 14 { try sync() }
    var size = measure(writes)
    for _ in holes { size.add(LogRecord.paddedBytes(payload: 0)) }
    // Writes without content only mark a place in the order of completions; a batch without records would look lost.
    guard size.records > 0 else { return 0 }
    if !needsBeginning { collectHardStates() }
    var copies = needsBeginning ? measureBeginning() : measureHardStates()
    if offset + size.bytes + copies.bytes > capacity {
      if !needsBeginning { copies = measureBeginning() }
      try makeRoom(for: size.bytes + copies.bytes)
    }
    size.records += copies.records
    size.bytes += copies.bytes
    buffer.begin(
      batch: batch, unsynced: UInt16(batch - syncedBatch), records: size.records, bytes: size.bytes)
    if needsBeginning { appendBeginning() } else { appendHardStates() }
    for hole in holes {
      buffer.append(
        .holeRepaired, group: GroupID(0), index: hole.lowerBound, term: hole.upperBound, payload: .empty)
    }
    let positions = append(writes)
    precondition(buffer.isComplete && buffer.count == size.bytes, "the batch is not what was measured")
    do throws(DiskError) {
      try file.write(buffer.bytes, at: offset)
    } catch {
      damage = Damage(offset: offset, count: size.bytes)
      throw fail(error)
    }
    for place in writes.indices where !writes[place].isEmpty {
      recent.note(check.slots[place], batch: batch, at: offset)
    }
    offset += size.bytes
    batch += 1
    lastChecksum = buffer.firstChecksum
    needsBeginning = false
    table.withLock { $0.apply(writes, at: check.slots, positions) }
    return size.bytes
  }

  /// Makes every batch written so far durable. An error leaves the log unusable.
  public func sync() throws(LogError) {
    if hasFailed { throw .failed }
    guard syncedBatch + 1 < batch else { return }
    do throws(DiskError) {
      try file.sync()
    } catch {
      hasFailed = true
      throw .disk(error)
    }
    syncedBatch = batch - 1
    noteWitness()
  }

  /// Notes beside the log that its last batch is durable. A note that can't be written is missed only if that batch is
  /// lost, too.
  private func noteWitness() {
    guard let witness else { return }
    let note = LogWitness(batch: batch - 1, checksum: lastChecksum)
    try? note.withPayload { payload throws(DiskError) in try witness.write(payload) }
  }

  /// The number of the last batch known to be durable; right after opening, of the last one found. Batches are counted
  /// over the log's whole life, so a number that went down shows a directory that was rolled back or wiped. From any
  /// thread.
  public var lastDurableBatch: UInt64 { durableBatch.load(ordering: .acquiring) }

  private var syncedBatch: UInt64 {
    get { durableBatch.load(ordering: .relaxed) }
    set { durableBatch.store(newValue, ordering: .releasing) }
  }

  private var capacity: Int { segments[segments.count - 1].capacity }
  private var number: UInt32 { segments[segments.count - 1].number }

  /// A full disk and a want of descriptors are survivable, anything else is not.
  private func fail(_ error: DiskError) -> LogError {
    let failure = LogError(error)
    if failure.isFatal { hasFailed = true }
    return failure
  }

  /// Erases the rests of a batch that failed, which could otherwise pass for a part of a later one.
  private func repairDamage() throws(LogError) {
    guard let damage else { return }
    let zeros = [UInt8](repeating: 0, count: damage.count)
    do throws(DiskError) {
      try zeros.withUnsafeBufferPointer { zeros throws(DiskError) in
        try file.write(UnsafeRawBufferPointer(zeros), at: damage.offset)
      }
      try file.sync()
    } catch {
      throw fail(error)
    }
    self.damage = nil
  }

  private struct Size {
    var records = 0
    var bytes = 0

    mutating func add(_ count: Int) {
      records += 1
      bytes += count
    }
  }

  private func measure(_ writes: [LogWrite]) -> Size {
    var size = Size()
    // In place: a write that is taken out of the array is copied with all it holds.
    for number in writes.indices {
      if writes[number].tellsHardState { size.add(BatchBuffer.hardStateBytes) }
      if let snapshot = writes[number].snapshot { size.add(BatchBuffer.snapshotBytes(snapshot)) }
      for place in writes[number].entries.indices {
        size.add(LogRecord.paddedBytes(payload: writes[number].entries[place].payload.count))
      }
      if writes[number].removesGroup { size.add(LogRecord.paddedBytes(payload: 0)) }
    }
    return size
  }

  /// Returns the positions of the entries, in order.
  private func append(_ writes: [LogWrite]) -> [EntryPosition] {
    var positions: [EntryPosition] = []
    positions.reserveCapacity(writes.count)
    let number = number
    // What earlier writes of the batch tell: the table does not know of it yet.
    var told: [Int: HardStateRecord] = [:]
    for place in writes.indices {
      let slot = check.slots[place]
      let group = writes[place].group
      if writes[place].tellsHardState {
        let record = hardStateRecord(for: writes[place], at: slot, after: told[slot])
        told[slot] = record
        buffer.append(group, record, isCopy: false)
      }
      if let snapshot = writes[place].snapshot { buffer.append(group, snapshot, isCopy: false) }
      for entry in writes[place].entries.indices {
        let start = buffer.append(group, writes[place].entries[entry])
        let length = LogRecord.headerBytes + writes[place].entries[entry].payload.count
        positions.append(
          EntryPosition(segment: number, offset: UInt32(offset + start), length: UInt32(length)))
      }
      if writes[place].removesGroup {
        told[slot] = nil
        buffer.append(.groupRemoval, group: group, index: 0, term: 0, payload: .empty)
      }
    }
    return positions
  }

  /// What the write says of the hard state, and where the group's log stood before the batch.
  private func hardStateRecord(
    for write: LogWrite, at slot: Int, after earlier: HardStateRecord?
  ) -> HardStateRecord {
    var record = earlier ?? (table.withLock { $0.log(at: slot) } ?? GroupLog()).record
    if let state = write.hardState { record.state = state }
    if let index = write.repairThrough { record.repairThrough = index }
    return record
  }

  /// What the batch has to say of the groups of the batches before it, unless it begins with their hard states anyway.
  private func collectHardStates() {
    hardStates.removeAll(keepingCapacity: true)
    let slots = recent.slots(before: batch, at: offset).filter { !check.beginsWithHardState($0) }
    removedLately = table.withLock { $0.collectHardStates(of: slots, into: &hardStates) }
  }

  private func measureHardStates() -> Size {
    var size = Size()
    if !hardStates.isEmpty { size.add(LogRecord.paddedBytes(payload: hardStates.count)) }
    for _ in removedLately { size.add(LogRecord.paddedBytes(payload: 0)) }
    return size
  }

  private func appendHardStates() {
    if !hardStates.isEmpty {
      let count = UInt64(hardStates.count / HardStateRecord.bytesPerState)
      hardStates.withUnsafeBytes { payload in
        _ = buffer.append(.hardStates, group: GroupID(0), index: count, term: 0, payload: payload)
      }
    }
    for group in removedLately { buffer.append(.groupRemoval, group: group, index: 0, term: 0, payload: .empty) }
  }

  // MARK: - Segments

  private func measureBeginning() -> Size {
    var size = Size()
    size.add(LogRecord.paddedBytes(payload: 0))
    table.withLock { table in
      for log in table.logs {
        size.add(BatchBuffer.hardStateBytes)
        size.add(BatchBuffer.snapshotBytes(log.snapshot))
      }
    }
    return size
  }

  private func appendBeginning() {
    buffer.append(.segmentStart, group: GroupID(0), index: UInt64(number), term: 0, payload: .empty)
    for (group, log) in table.withLock({ $0.sorted }) {
      buffer.append(group, log.record, isCopy: true)
      buffer.append(group, log.snapshot, isCopy: true)
    }
  }

  /// Makes the segment written to one without a batch that holds at least `count` bytes.
  private func makeRoom(for count: Int) throws(LogError) {
    guard offset == 0 else { return try advance(toHold: count) }
    // A segment without a batch must not stay behind: to recovery it would look damaged.
    do throws(DiskError) {
      try file.zeroFill(to: count)
      try file.sync()
    } catch {
      throw fail(error)
    }
    segments[segments.count - 1].capacity = count
    noteSize(of: segments[segments.count - 1])
  }

  private func noteSize(of segment: Segment) {
    table.withLock { $0.segmentBytes[segment.number] = segment.capacity }
  }

  /// Goes over to the next segment, which holds at least `count` bytes. Changes nothing if that fails.
  private func advance(toHold count: Int) throws(LogError) {
    try sync()
    let next = number + 1
    do throws(DiskError) {
      let capacity = max(LogRecord.padded(options.segmentBytes), count)
      var opened = try preparing(next)
      if opened.filled < capacity {
        try opened.file.zeroFill(to: capacity)
        try opened.file.sync()
        opened.filled = capacity
        preparation = opened
      }
      if !opened.isReady { try finishPreparation(next) }
      guard let ready = preparation else { return }
      file.close()
      file = ready.file
      segments.append(Segment(number: next, capacity: ready.filled))
      noteSize(of: segments[segments.count - 1])
    } catch {
      throw fail(error)
    }
    preparation = nil
    offset = 0
    needsBeginning = true
    recent = RecentGroups()
  }

  /// Does a piece of the next segment's preparation, so that going over to it won't take long. Returns whether there
  /// is more to do. A full disk is no error here; the segment is not needed yet.
  @discardableResult
  public func prepare() throws(LogError) -> Bool {
    if hasFailed { throw .failed }
    guard offset >= capacity / 2, preparation?.isReady != true else { return false }
    let target = LogRecord.padded(options.segmentBytes)
    do throws(DiskError) {
      var current = try preparing(number + 1)
      let filled = min(current.filled + max(options.preparationBytes, 4096), target)
      try current.file.zeroFill(to: filled)
      try current.file.sync()
      current.filled = max(current.filled, filled)
      preparation = current
      if current.filled >= target { try finishPreparation(number + 1) }
    } catch {
      if error.isOutOfSpace || error.isOutOfDescriptors { return false }
      throw fail(error)
    }
    return preparation?.isReady != true
  }

  /// The preparation under way, or a new one.
  private func preparing(_ next: UInt32) throws(DiskError) -> Preparation {
    if let preparation { return preparation }
    let created = Preparation(
      file: try files.disk.open(files.unfinishedPath(next), create: true), filled: 0, isReady: false)
    preparation = created
    return created
  }

  private func finishPreparation(_ next: UInt32) throws(DiskError) {
    guard var current = preparation else { return }
    try files.finish(next)
    // The old one stays open until there is another: without a free descriptor this is tried again.
    let finished = try files.disk.open(files.path(next), create: false)
    current.file.close()
    current.file = finished
    current.isReady = true
    preparation = current
  }

  /// Says that the state engine is durable up to `index` of `group`, so that entries up to there, as far as a marker
  /// covers them, need not be kept.
  public func release(_ group: GroupID, through index: LogIndex) {
    table.withLock { $0.release(group, through: index) }
  }

  /// Drops the oldest segments that nothing needs, or keeps one as the next segment. Returns the number dropped. What a
  /// want of descriptors keeps it from is done by a later call.
  @discardableResult
  public func reclaim() throws(LogError) -> Int {
    if hasFailed { throw .failed }
    // The copies at the beginning of the segment replace those that are dropped, so they must be durable.
    guard !needsBeginning, syncedBatch + 1 == batch else { return 0 }
    var dropped = 0
    while segments.count > 1, table.withLock({ $0.isFree(segments[0].number) }) {
      let oldest = segments[0]
      do throws(DiskError) {
        if preparation == nil, oldest.capacity == LogRecord.padded(options.segmentBytes) {
          if try files.recycle(oldest.number, as: number + 1) { try reopen(number + 1, filled: oldest.capacity) }
        } else {
          try files.remove(oldest.number)
        }
      } catch {
        throw fail(error)
      }
      segments.removeFirst()
      table.withLock { $0.segmentBytes[oldest.number] = nil }
      readers.withLock { $0.removeValue(forKey: oldest.number)?.close() }
      dropped += 1
    }
    return dropped
  }

  /// Takes a recycled segment as the next one. Without a descriptor it is left, and written over when the next one is
  /// prepared.
  private func reopen(_ next: UInt32, filled: Int) throws(DiskError) {
    do throws(DiskError) {
      let reopened = try files.disk.open(files.path(next), create: false)
      preparation = Preparation(file: reopened, filled: filled, isReady: true)
    } catch {
      guard error.isOutOfDescriptors else { throw error }
    }
  }

  /// Whether the oldest segment could be dropped, or the next one needs preparation: asked after each sync.
  var needsMaintenance: Bool {
    if offset >= capacity / 2, preparation?.isReady != true { return true }
    return segments.count > 1 && table.withLock { $0.isFree(segments[0].number) }
  }

  /// Segment files that hold records, with the one being written.
  public var segmentCount: Int { segments.count }
  /// Bytes that the segment files take on disk.
  public var diskBytes: Int { segments.reduce(preparation?.filled ?? 0) { $0 + $1.capacity } }
}

extension UnsafeRawBufferPointer {
  static var empty: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }
}
