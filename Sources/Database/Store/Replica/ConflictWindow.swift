/// Remembers which keys were written lately and when, so that a commit can be checked against everything newer than
/// its read timestamp without reading the state engine.
///
/// Two parts: writes that were applied, in timestamp order, over a bounded window; and writes that this leader has
/// proposed but not yet applied. A transaction that read before the window began can't be judged and counts as a
/// conflict. All replicas keep the applied part while they apply, so it survives a change of leader.
struct ConflictWindow {
  enum Verdict: Equatable {
    case clear
    /// Something that was read has changed since, or may have.
    case conflict
    /// Something that was read is about to change: the answer is a conflict if the proposal at this timestamp is
    /// applied.
    case pending(Timestamp)
  }

  private struct Record {
    var timestamp: Timestamp
    var key: Key
  }

  /// Bounds of the applied part.
  var limit: Limit

  /// Ring of applied writes, oldest at `head`. Grows with use: a node may hold thousands of groups without any.
  private var ring: [Record?] = []
  private var head = 0
  private var count = 0
  private var bytes = 0
  /// The newest applied timestamp of every key in the ring. Nil until a commit has to be judged by it: followers, and
  /// leaders whose clients write without reading, never pay for it.
  private var newest: [Key: Timestamp]?
  /// Reads at or after this timestamp can be judged.
  private(set) var floor: Timestamp
  /// The newest proposed but unapplied timestamp of a key.
  private var proposed: [Key: Timestamp] = [:]

  /// How many keys, and how many bytes of keys, a window may hold.
  struct Limit {
    var count: Int
    var bytes: Int

    init(count: Int = 1 << 16, bytes: Int = 8 << 20) {
      self.count = count
      self.bytes = bytes
    }

    /// What each of so many windows of a node may hold: together no more than two alone would, as long as that leaves
    /// each of them enough to be of use.
    init(sharedBy windows: Int) {
      let alone = Limit()
      count = max(256, min(alone.count, 2 * alone.count / max(windows, 1)))
      bytes = max(32 << 10, min(alone.bytes, 2 * alone.bytes / max(windows, 1)))
    }
  }

  init(floor: Timestamp = .zero, limit: Limit = Limit()) {
    self.floor = floor
    self.limit = limit
  }

  mutating func judge(_ request: CommitRequest) -> Verdict {
    if request.readKeys.isEmpty, request.readRanges.isEmpty { return .clear }
    guard request.readTimestamp >= floor else { return .conflict }
    var pending = Timestamp.zero
    let newest = request.readKeys.isEmpty ? [:] : index()
    for key in request.readKeys {
      if let timestamp = newest[key], timestamp > request.readTimestamp { return .conflict }
      if let timestamp = proposed[key] { pending = max(pending, timestamp) }
    }
    if !request.readRanges.isEmpty {
      var offset = count - 1
      while offset >= 0, let record = ring[(head + offset) % ring.count], record.timestamp > request.readTimestamp {
        if request.readRanges.contains(where: { $0.contains(record.key) }) { return .conflict }
        offset -= 1
      }
      for (key, timestamp) in proposed where request.readRanges.contains(where: { $0.contains(key) }) {
        pending = max(pending, timestamp)
      }
    }
    return pending == .zero ? .clear : .pending(pending)
  }

  mutating func propose(_ writes: [CommitRequest.Write], at timestamp: Timestamp) {
    for write in writes { proposed[write.key] = timestamp }
  }

  /// The proposal at `timestamp` was applied or is known to be lost.
  mutating func withdraw(_ writes: [CommitRequest.Write], at timestamp: Timestamp) {
    for write in writes where proposed[write.key] == timestamp { proposed[write.key] = nil }
  }

  /// Leadership is lost: what was proposed is judged by the next leader.
  mutating func withdrawAll() {
    proposed.removeAll()
    newest = nil
  }

  mutating func apply(_ writes: [CommitRequest.Write], at timestamp: Timestamp) {
    for write in writes {
      if count == ring.count { grow() }
      ring[(head + count) % ring.count] = Record(timestamp: timestamp, key: write.key)
      count += 1
      bytes += write.key.bytes.count
      newest?[write.key] = timestamp
      while count > limit.count || bytes > limit.bytes { dropOldest() }
    }
  }

  /// Everything before `timestamp` was replaced by a snapshot.
  mutating func reset(floor timestamp: Timestamp) {
    self = ConflictWindow(floor: timestamp, limit: limit)
  }

  private mutating func dropOldest() {
    guard count > 0, let record = ring[head] else { return }
    ring[head] = nil
    head = (head + 1) % ring.count
    count -= 1
    bytes -= record.key.bytes.count
    floor = max(floor, record.timestamp)
    if newest?[record.key] == record.timestamp { newest?[record.key] = nil }
  }

  private mutating func index() -> [Key: Timestamp] {
    if let newest { return newest }
    var found: [Key: Timestamp] = [:]
    found.reserveCapacity(count)
    for offset in 0..<count {
      if let record = ring[(head + offset) % ring.count] { found[record.key] = record.timestamp }
    }
    newest = found
    return found
  }

  private mutating func grow() {
    let size = max(64, ring.count * 2)
    var larger: [Record?] = []
    larger.reserveCapacity(size)
    for offset in 0..<count { larger.append(ring[(head + offset) % ring.count]) }
    larger.append(contentsOf: repeatElement(nil, count: size - count))
    ring = larger
    head = 0
  }
}
