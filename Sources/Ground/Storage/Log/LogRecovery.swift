import RoostBase
import RoostPlatform
import RoostRaft

/// Reads a log from its first segment to its end, and goes on behind what it can't read. See ``LogStore``.
///
/// Where the next batch is not to be found there is the log's end, or a hole: later records prove that the batch had
/// been durable. Behind a hole reading goes on with the next whole batch; what the hole took is found out by
/// ``Suspicion``.
struct LogRecovery {
  let files: SegmentFiles
  /// The segments to keep; the last one is where writing goes on.
  var segments: [LogStore.Segment] = []
  var table = GroupTable()
  /// Where writing goes on in the last segment.
  var endOffset = 0
  var nextBatch: UInt64 = 1
  var tornBytes = 0
  /// Holes that nobody has dealt with yet.
  var holes: [Hole] = []

  /// A place where batches are missing.
  struct Hole {
    var file: String
    var offset: Int
    var lost: ClosedRange<UInt64>
  }

  /// Holes that were dealt with at an earlier start.
  private var repaired: Set<ClosedRange<UInt64>> = []
  /// Segments without a batch that continues the log, since the last one that had some.
  private var unread: [UInt32] = []
  /// Whether a batch was found.
  private var hasBegun = false
  /// The first batch there is.
  private var firstBatch: UInt64 = 1
  /// Beginnings of batches that were not where the next one had to be.
  private var sightings: [(batch: UInt64, number: UInt32, offset: Int)] = []
  /// The number of the file after the last one read, so that a missing one can be named.
  private var expected: UInt32?

  /// What is known to have been durable.
  private let witness: LogWitness?

  init(files: SegmentFiles, witness: LogWitness? = nil) {
    self.files = files
    self.witness = witness
  }

  var groups: [RecoveredGroup] {
    table.sorted.map { group, log in
      RecoveredGroup(
        group: group, hardState: log.hardState, snapshot: log.snapshot, firstIndex: log.firstIndex,
        lastIndex: log.lastIndex, repairThrough: log.repairThrough, damage: table.damage(of: group))
    }
  }

  mutating func run() throws(LogError) {
    let numbers = try files.open()
    guard let first = numbers.first else { return try requireWitnessed() }
    for number in numbers {
      try read(number)
      expected = number + 1
    }
    guard hasBegun || first == 1 else {
      throw corrupt(first, 0, "the log's only segment does not begin with a valid batch")
    }
    try requireWitnessed()
    try eraseRemnants(numbers)
    holes.removeAll { repaired.contains($0.lost) }
    if holes.isEmpty, table.groups.contains(where: { table.damage(of: $0) != nil }) {
      // The copies that the oldest segment begins with tell of entries that nobody has declared dispensable.
      holes = [Hole(file: files.path(first &- 1), offset: 0, lost: 1...max(1, firstBatch - 1))]
    }
    for group in table.groups where table.damage(of: group) == nil { table.suspicion.sound[group] = nil }
  }

  /// The log reaches as far as it is known to have been durable.
  private func requireWitnessed() throws(LogError) {
    guard let witness, witness.batch >= nextBatch else { return }
    throw .tailLost(last: nextBatch - 1, witnessed: witness.batch, witness: files.witnessPath)
  }

  // MARK: - Reading

  private mutating func read(_ number: UInt32) throws(LogError) {
    let content = try load(number)
    let end = try withBytes(content) { bytes throws(LogError) in try read(bytes, of: number) }
    guard end > 0 else {
      unread.append(number)
      return
    }
    // What lies before this one and can't be read goes with the oldest segments, when nobody needs those any more.
    for earlier in unread { segments.append(LogStore.Segment(number: earlier, capacity: try load(earlier).count)) }
    unread = []
    segments.append(LogStore.Segment(number: number, capacity: content.count))
    hasBegun = true
    endOffset = end
  }

  /// Applies the batches of a segment. Returns where they end; 0 if none continues the log.
  private mutating func read(_ bytes: UnsafeRawBufferPointer, of number: UInt32) throws(LogError) -> Int {
    var end = 0
    if let start = beginning(bytes, of: number) {
      if !hasBegun {
        // Nothing before it counts; its copies tell what every group had.
        if !unread.isEmpty {
          holes.append(Hole(file: files.path(unread[0]), offset: 0, lost: 1...max(1, start.batch - 1)))
        }
        firstBatch = start.batch
        table.suspicion.begin()
      } else if start.batch > nextBatch {
        foundHole(upTo: start.batch, of: number, in: nil)
      }
      nextBatch = start.batch
      end = try apply(bytes, of: number, from: 0, to: start.end, isBeginning: true)
      table.endSuspicionAtBeginning()
    } else if !hasBegun, number != 1 {
      // Which batches were in it can't be told from stale ones of an earlier life.
      return 0
    }
    while true {
      if let batchEnd = endOfBatch(bytes, from: end, number: nextBatch) {
        end = try apply(bytes, of: number, from: end, to: batchEnd)
        continue
      }
      let ahead = lookAhead(bytes, of: number, from: end)
      // If a later segment begins soundly its copies make up for a hole without an end. If not, `eraseRemnants` refuses.
      guard ahead.proof != nil, let next = ahead.next else { return end }
      // The copies of one hole don't make up for an earlier one.
      let isCovered =
        !table.suspicion.isActive
        && RecentGroups.covers(batch: next.batch, at: next.offset, firstLost: nextBatch, from: end)
      foundHole(upTo: next.batch, of: number, in: end)
      nextBatch = next.batch
      table.suspicion.isCovered = isCovered
      end = try apply(bytes, of: number, from: next.offset, to: next.end)
      if isCovered { table.suspicion.end() }
    }
  }

  /// The first batch of a segment, if it is there and continues the log, be it after a hole.
  private func beginning(_ bytes: UnsafeRawBufferPointer, of number: UInt32) -> (batch: UInt64, end: Int)? {
    guard let start = LogRecord.parse(bytes, at: 0), start.kind == .segmentStart, start.index == UInt64(number),
      !hasBegun || start.batch >= nextBatch,
      let end = endOfBatch(bytes, from: 0, number: start.batch)
    else { return nil }
    return (start.batch, end)
  }

  /// The end of batch `number`, if it is at `start` and valid as a whole.
  private func endOfBatch(_ bytes: UnsafeRawBufferPointer, from start: Int, number: UInt64) -> Int? {
    var offset = start
    var expected: UInt32?
    while let record = LogRecord.parse(bytes, at: offset), record.batch == number,
      record.isFirst == (offset == start), expected == nil || record.remaining == expected
    {
      offset += LogRecord.padded(record.length)
      guard offset <= bytes.count else { return nil }
      if record.remaining == 0 { return offset }
      expected = record.remaining - 1
    }
    return nil
  }

  private mutating func apply(
    _ bytes: UnsafeRawBufferPointer, of number: UInt32, from start: Int, to end: Int,
    isBeginning: Bool = false
  ) throws(LogError) -> Int {
    if let witness, witness.batch == nextBatch, LogRecord.load(bytes, start, as: UInt32.self) != witness.checksum {
      throw corrupt(number, start, "batch \(nextBatch) is not the one that was made durable, says \(files.witnessPath)")
    }
    var offset = start
    while offset < end {
      guard let record = LogRecord.parseHeader(bytes, at: offset) else { break }
      let payload = UnsafeRawBufferPointer(rebasing: bytes[offset + LogRecord.headerBytes..<offset + record.length])
      if isBeginning, !record.isCopy, record.kind != .segmentStart { table.endSuspicionAtBeginning() }
      guard table.apply(record, payload: payload, segment: number, offset: offset) else {
        throw corrupt(number, offset, "a record has a valid checksum but a malformed payload")
      }
      if record.kind == .holeRepaired, record.index <= record.term { repaired.insert(record.index...record.term) }
      offset += LogRecord.padded(record.length)
    }
    nextBatch += 1
    return end
  }

  // MARK: - Damage

  private struct Ahead {
    /// A record that shows that the next batch had been durable.
    var proof: LogRecord?
    /// The whole batch with the lowest number that is not below the next one's.
    var next: (batch: UInt64, offset: Int, end: Int)?
    /// Where the last valid record of a batch not below the next one ends.
    var remnantsEnd = 0
  }

  /// Looks at what lies behind a place where the next batch is not. The lowest number counts, not the nearest place: a
  /// misdirected write may have put a much later batch there.
  private mutating func lookAhead(_ bytes: UnsafeRawBufferPointer, of number: UInt32, from end: Int) -> Ahead {
    var ahead = Ahead(remnantsEnd: end)
    var offset = end
    while offset + LogRecord.headerBytes <= bytes.count {
      defer { offset += LogRecord.alignment }
      // Stale and unwritten places are the rule: look at the batch number before anything else.
      if UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)) < nextBatch { continue }
      guard let record = LogRecord.parse(bytes, at: offset) else { continue }
      ahead.remnantsEnd = max(ahead.remnantsEnd, min(offset + LogRecord.padded(record.length), bytes.count))
      if record.isFirst { sightings.append((record.batch, number, offset)) }
      if ahead.proof == nil, record.lastSyncedBatch >= nextBatch { ahead.proof = record }
      if record.isFirst, record.batch < ahead.next?.batch ?? .max,
        let batchEnd = endOfBatch(bytes, from: offset, number: record.batch)
      {
        ahead.next = (record.batch, offset, batchEnd)
      }
    }
    return ahead
  }

  private mutating func foundHole(upTo batch: UInt64, of number: UInt32, in offset: Int?) {
    let lost = nextBatch...max(batch - 1, nextBatch)
    if let expected, expected != number {
      holes.append(Hole(file: files.path(expected), offset: 0, lost: lost))
    } else if let offset {
      holes.append(Hole(file: files.path(number), offset: offset, lost: lost))
    } else if let empty = unread.first {
      holes.append(Hole(file: files.path(empty), offset: 0, lost: lost))
    } else {
      holes.append(Hole(file: files.path(number - 1), offset: endOffset, lost: lost))
    }
    table.suspicion.begin()
  }

  // MARK: - The end

  /// Erases records of batches that never became durable, lest they pass for new ones, and removes prepared segments,
  /// which are cheap to make again. Changes nothing in a log that can't be used.
  private mutating func eraseRemnants(_ numbers: [UInt32]) throws(LogError) {
    var remnants: [(number: UInt32, from: Int, to: Int)] = []
    for (number, end) in (segments.last.map { [($0.number, endOffset)] } ?? []) + unread.map({ ($0, 0) }) {
      let content = try load(number)
      let ahead = try withBytes(content) { bytes throws(LogError) in lookAhead(bytes, of: number, from: end) }
      if let proof = ahead.proof {
        let reason = "batch \(nextBatch) can't be read, but batch \(proof.batch) shows that it was durable"
        // A segment with a sound beginning has nothing before it; the batch was lost from the end of the one before.
        throw end == 0 ? corrupt(segments.last?.number ?? number, endOffset, reason) : corrupt(number, end, reason)
      }
      remnants.append((number, end, ahead.remnantsEnd))
    }
    try refuseStrays()
    if table.suspicion.isActive, let hole = holes.last {
      throw .corrupt(
        file: hole.file, offset: hole.offset,
        reason: "batches \(hole.lost.lowerBound) to \(hole.lost.upperBound) can't be read, and nothing after them "
          + "tells which partitions they were about, so that votes may be forgotten")
    }
    if segments.isEmpty {
      let first = unread.removeFirst()
      segments.append(LogStore.Segment(number: first, capacity: try load(first).count))
    }
    for remnant in remnants where !unread.contains(remnant.number) { try erase(remnant) }
    while let number = unread.popLast() { try remove(number) }
  }

  /// The next batch is not where it has to begin, but somewhere else: it was written, by a disk that put it into a wrong
  /// place, and maybe promised. A torn write leaves nothing of a batch outside of its own place.
  private func refuseStrays() throws(LogError) {
    let last = segments.last?.number ?? 1
    for sighting in sightings where sighting.batch >= nextBatch && !unread.contains(sighting.number) {
      let isTorn =
        sighting.number == last && sighting.offset >= endOffset
        && (sighting.batch > nextBatch || sighting.offset == endOffset)
      if isTorn { continue }
      throw corrupt(
        last, endOffset,
        "batch \(sighting.batch) is not here but in \(files.path(sighting.number)) at offset \(sighting.offset)")
    }
  }

  private mutating func erase(_ remnant: (number: UInt32, from: Int, to: Int)) throws(LogError) {
    do throws(DiskError) {
      let file = try files.disk.open(files.path(remnant.number), create: false)
      defer { file.close() }
      if remnant.to > remnant.from {
        tornBytes += remnant.to - remnant.from
        let zeros = [UInt8](repeating: 0, count: remnant.to - remnant.from)
        try zeros.withUnsafeBufferPointer { zeros throws(DiskError) in
          try file.write(UnsafeRawBufferPointer(zeros), at: remnant.from)
        }
      }
      // What a killed process wrote may be in the system's cache only, and from now on it counts as durable. Where a
      // sync failed before, the cache may even call it clean, and no later sync would write it: so it is written again.
      if remnant.from > 0 {
        let content = try file.read(at: 0, count: remnant.from)
        try content.withUnsafeBufferPointer { content throws(DiskError) in
          try file.write(UnsafeRawBufferPointer(content), at: 0)
        }
      }
      try file.sync()
    } catch {
      throw LogError(error)
    }
  }

  private func remove(_ number: UInt32) throws(LogError) {
    do throws(DiskError) {
      try files.remove(number)
    } catch {
      throw LogError(error)
    }
  }

  private func load(_ number: UInt32) throws(LogError) -> [UInt8] {
    do throws(DiskError) {
      let file = try files.disk.open(files.path(number), create: false)
      defer { file.close() }
      return try file.read(at: 0, count: try file.size)
    } catch {
      throw .disk(error)
    }
  }

  private func corrupt(_ number: UInt32, _ offset: Int, _ reason: String) -> LogError {
    .corrupt(file: files.path(number), offset: offset, reason: reason)
  }

  private func withBytes<Result>(
    _ content: [UInt8], _ body: (UnsafeRawBufferPointer) throws(LogError) -> Result
  ) throws(LogError) -> Result {
    try content.withUnsafeBufferPointer { content throws(LogError) in try body(UnsafeRawBufferPointer(content)) }
  }
}
