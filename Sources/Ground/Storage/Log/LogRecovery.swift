import RoostPlatform
import RoostRaft

/// Reads a log from its first segment to its end and tells a torn end from corruption. See ``LogStore``.
struct LogRecovery {
  let files: SegmentFiles
  /// The segments to keep; the last one is where writing goes on.
  var segments: [LogStore.Segment] = []
  var table = GroupTable()
  /// Where writing goes on in the last segment.
  var endOffset = 0
  var nextBatch: UInt64 = 1
  var tornBytes = 0

  init(files: SegmentFiles) { self.files = files }

  var groups: [RecoveredGroup] {
    table.sorted.map { group, log in
      RecoveredGroup(
        group: group, hardState: log.hardState, snapshot: log.snapshot, firstIndex: log.firstIndex,
        lastIndex: log.lastIndex)
    }
  }

  mutating func run() throws(LogError) {
    let numbers = try files.open()
    guard let first = numbers.first else { return }
    for (position, number) in numbers.enumerated() where number != first + UInt32(position) {
      throw corrupt(first + UInt32(position), 0, "the file is missing, but there are later ones")
    }
    try read(numbers)
    try removeEmptySegments()
    for (group, log) in table.sorted where !log.isContiguous {
      throw corrupt(first, 0, "group \(group) lacks entries between its snapshot at \(log.snapshot.index) and its log")
    }
  }

  /// Segments at the end that hold no batch: prepared ones, or ones whose beginning can't be read.
  private var emptySegments: [UInt32] = []

  /// Reads every segment. The end of one is right if the next one begins with the next batch; the rest is judged.
  private mutating func read(_ numbers: [UInt32]) throws(LogError) {
    var tail: [UInt8] = []
    for number in numbers {
      let content = try load(number)
      let end =
        emptySegments.isEmpty
        ? try withBytes(content) { bytes throws(LogError) in
          try apply(bytes, of: number)
        } : 0
      if end > 0 {
        segments.append(LogStore.Segment(number: number, capacity: content.count))
        endOffset = end
        tail = content
      } else {
        emptySegments.append(number)
      }
    }
    if let last = segments.last {
      try judge(tail, of: last.number, from: endOffset)
    } else if numbers[0] != 1 {
      throw corrupt(numbers[0], 0, "the log's oldest segment does not begin with a valid batch")
    }
    for number in emptySegments { try judge(try load(number), of: number, from: 0) }
  }

  /// Applies the batches of a segment. Returns where they end; 0 if the segment doesn't begin with the next batch.
  private mutating func apply(
    _ bytes: UnsafeRawBufferPointer, of number: UInt32
  ) throws(LogError) -> Int {
    guard let start = LogRecord.parse(bytes, at: 0), start.kind == .segmentStart, start.index == UInt64(number),
      segments.isEmpty || start.batch == nextBatch
    else { return 0 }
    nextBatch = start.batch
    var end = 0
    while let batchEnd = endOfBatch(bytes, from: end) {
      var offset = end
      while offset < batchEnd {
        guard let record = LogRecord.parseHeader(bytes, at: offset) else { break }
        let payload = UnsafeRawBufferPointer(
          rebasing: bytes[offset + LogRecord.headerBytes..<offset + record.length])
        guard table.apply(record, payload: payload, segment: number, offset: offset) else {
          throw corrupt(number, offset, "a record has a valid checksum but a malformed payload")
        }
        offset += LogRecord.padded(record.length)
      }
      nextBatch += 1
      end = batchEnd
    }
    return end
  }

  /// The end of the next batch, if it is at `start` and valid as a whole.
  private func endOfBatch(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    var offset = start
    var expected: UInt32?
    while let record = LogRecord.parse(bytes, at: offset), record.batch == nextBatch,
      expected == nil || record.remaining == expected
    {
      offset += LogRecord.padded(record.length)
      guard offset <= bytes.count else { return nil }
      if record.remaining == 0 { return offset }
      expected = record.remaining - 1
    }
    return nil
  }

  /// Looks at what lies behind the last valid batch. A record that proves that the next batch was durable makes the
  /// log corrupt; other records of batches that never became durable are erased, lest they pass for new ones.
  private mutating func judge(_ content: [UInt8], of number: UInt32, from end: Int) throws(LogError) {
    let remnantsEnd = try withBytes(content) { bytes throws(LogError) in
      try findRemnants(bytes, of: number, from: end)
    }
    do throws(DiskError) {
      let file = try files.disk.open(files.path(number), create: false)
      defer { file.close() }
      if remnantsEnd > end {
        tornBytes += remnantsEnd - end
        let zeros = [UInt8](repeating: 0, count: remnantsEnd - end)
        try zeros.withUnsafeBufferPointer { zeros throws(DiskError) in
          try file.write(UnsafeRawBufferPointer(zeros), at: end)
        }
      }
      // What a killed process wrote may be in the system's cache only, and from now on it counts as durable.
      try file.sync()
    } catch {
      throw LogError(error)
    }
  }

  /// Where the last valid record of an unpromised batch ends; `end` if there is none.
  private func findRemnants(
    _ bytes: UnsafeRawBufferPointer, of number: UInt32, from end: Int
  ) throws(LogError) -> Int {
    var last = end
    var offset = end
    while offset + LogRecord.headerBytes <= bytes.count {
      defer { offset += LogRecord.alignment }
      // Stale and unwritten places are the rule: look at the batch number before anything else.
      if UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)) < nextBatch { continue }
      guard let record = LogRecord.parse(bytes, at: offset) else { continue }
      if record.lastSyncedBatch >= nextBatch {
        throw lost(number, end, record, isAtStart: offset == 0)
      }
      last = max(last, offset + LogRecord.padded(record.length))
    }
    return min(last, bytes.count)
  }

  /// The next batch was durable, as `record` shows, and is lost.
  private func lost(_ number: UInt32, _ end: Int, _ record: LogRecord, isAtStart: Bool) -> LogError {
    let reason = "batch \(nextBatch) can't be read, but batch \(record.batch) shows that it was durable"
    // A segment with a sound beginning has nothing before it; the batch was lost from the end of the one before.
    if end == 0, isAtStart, let last = segments.last { return corrupt(last.number, endOffset, reason) }
    return corrupt(number, end, reason)
  }

  /// Prepared segments are cheap to make again; keeping none makes the last segment the one to write to.
  private mutating func removeEmptySegments() throws(LogError) {
    if segments.isEmpty {
      let first = emptySegments.removeFirst()
      segments.append(LogStore.Segment(number: first, capacity: try load(first).count))
    }
    while let number = emptySegments.popLast() {
      do throws(DiskError) {
        try files.remove(number)
      } catch {
        throw LogError(error)
      }
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
