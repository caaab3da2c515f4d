/// Remembers which keys were written lately and when, so that a commit can be checked against everything newer than
/// its read timestamp without reading the state engine.
///
/// Two parts: writes that were applied, in timestamp order, over a bounded window; and writes that this leader has
/// proposed but not yet applied. A transaction that read before the window began can't be judged and counts as a
/// conflict. All replicas keep the applied part while they apply, so it survives a change of leader.
///
/// Every write of every replica passes here, and few of them are ever asked for. So writes are only noted, one after the
/// other, and looked up in indexes that are made when a commit has to be judged by its reads: followers, and leaders
/// whose clients write without reading, never pay for them.
///
/// The keys of a bulk commit would push everything else out of the window, and index by index they would take long. They stay
/// together, as a ``SortedKeySet``.
struct ConflictWindow {
  enum Verdict: Equatable {
    case clear
    /// Something that was read has changed since, or may have.
    case conflict
    /// Something that was read is about to change: the answer is a conflict if the proposal at this timestamp is
    /// applied.
    case pending(Timestamp)
  }

  /// Bounds of the applied part.
  var limit: Limit

  /// The applied part: when `newer` holds half of the limit it becomes `older`, and what that held is forgotten.
  private var older = Chunk()
  private var newer = Chunk()
  /// Reads at or after this timestamp can be judged.
  private(set) var floor: Timestamp
  /// What is proposed and not yet applied, oldest first; from `firstProposed` on.
  private var proposals: [(timestamp: Timestamp, writes: [CommitRequest.Write])] = []
  private var firstProposed = 0
  /// The newest timestamp among the proposals of each key; nil until it is asked for.
  private var proposed: [Key: Timestamp]?

  /// Bulk commits that were applied, in timestamp order.
  private var runs: [(timestamp: Timestamp, keys: SortedKeySet)] = []
  private var runBytes = 0
  var hasRuns: Bool { !runs.isEmpty }
  /// The bulk commit that is proposed.
  private var proposedRun: (timestamp: Timestamp, keys: SortedKeySet)?

  /// Applied writes in timestamp order: for each the bytes of its key, its timestamp (8 bytes), and how long the key is
  /// (4 bytes), so that they can be read from the last one to the first.
  private struct Chunk {
    static let trailerBytes = 12

    private(set) var bytes: [UInt8] = []
    private(set) var count = 0
    /// The timestamp of the last write.
    private(set) var last = Timestamp.zero
    /// The newest timestamp of each key. Nil until it is asked for.
    var newest: [Key: Timestamp]?

    mutating func append(_ key: Key, at timestamp: Timestamp) {
      bytes.append(contentsOf: key.bytes)
      withUnsafeBytes(of: timestamp.rawValue) { bytes.append(contentsOf: $0) }
      withUnsafeBytes(of: UInt32(key.bytes.count)) { bytes.append(contentsOf: $0) }
      count += 1
      last = timestamp
      newest?[key] = timestamp
    }

    mutating func removeAll(keepingCapacity: Bool) {
      bytes.removeAll(keepingCapacity: keepingCapacity)
      count = 0
      last = .zero
    }

    enum Step {
      case goOn
      /// This one is done; the others may come later.
      case pause
      case stop
    }

    enum End {
      case over
      /// What lies before this was not visited.
      case paused(Int)
      case stopped
    }

    /// Calls `visit` for every write after `timestamp` that lies before a place, the last one first.
    static func forEachNewest(
      in bytes: [UInt8], before end: Int, after timestamp: Timestamp, _ visit: (ArraySlice<UInt8>, Timestamp) -> Step
    ) -> End {
      var end = end
      while end > 0 {
        let trailer = end - Chunk.trailerBytes
        let (written, length) = bytes.withUnsafeBytes { bytes in
          (
            Timestamp(bytes.loadUnaligned(fromByteOffset: trailer, as: UInt64.self)),
            Int(bytes.loadUnaligned(fromByteOffset: trailer + 8, as: UInt32.self))
          )
        }
        guard written > timestamp else { return .over }
        end = trailer - length
        switch visit(bytes[end..<trailer], written) {
        case .goOn: continue
        case .pause: return .paused(end)
        case .stop: return .stopped
        }
      }
      return .over
    }

    /// Calls `visit` for every write after `timestamp`, the last one first, until it returns false.
    func forEachNewest(after timestamp: Timestamp, _ visit: (ArraySlice<UInt8>, Timestamp) -> Bool) {
      _ = Chunk.forEachNewest(in: bytes, before: bytes.count, after: timestamp) { visit($0, $1) ? .goOn : .stop }
    }

    mutating func newestTimestamp(of key: Key) -> Timestamp? {
      if newest == nil { newest = makeIndex() }
      return newest?[key]
    }

    private func makeIndex() -> [Key: Timestamp] {
      var index: [Key: Timestamp] = [:]
      index.reserveCapacity(count)
      forEachNewest(after: .zero) { bytes, timestamp in
        let key = Key(Array(bytes))
        if index[key] == nil { index[key] = timestamp }
        return true
      }
      return index
    }
  }

  /// How many keys, and how many bytes of keys and what is noted with them, a window may hold.
  struct Limit {
    var count: Int
    var bytes: Int
    /// How many bytes of bulk commits beside the last one may be kept. The last one is kept whatever it takes, for a while.
    var runBytes: Int

    init(count: Int = 1 << 16, bytes: Int = 8 << 20, runBytes: Int = 16 << 20) {
      self.count = count
      self.bytes = bytes
      self.runBytes = runBytes
    }

    /// What each of so many windows of a node may hold: together no more than two alone would, as long as that leaves
    /// each of them enough to be of use.
    init(sharedBy windows: Int) {
      let alone = Limit()
      count = max(256, min(alone.count, 2 * alone.count / max(windows, 1)))
      bytes = max(32 << 10, min(alone.bytes, 2 * alone.bytes / max(windows, 1)))
      runBytes = min(alone.runBytes, 2 * alone.runBytes / max(windows, 1))
    }
  }

  init(floor: Timestamp = .zero, limit: Limit = Limit()) {
    self.floor = floor
    self.limit = limit
  }

  mutating func judge(_ request: CommitRequest) -> Verdict {
    if request.isBlind { return .clear }
    let since = request.readTimestamp
    guard since >= floor else { return .conflict }
    let proposed = indexProposals()
    var pending = Timestamp.zero
    for key in request.readKeys {
      if isWritten(key, after: since) { return .conflict }
      if let timestamp = proposed[key] { pending = max(pending, timestamp) }
    }
    for write in request.writes where write.isRead {
      if isWritten(write.key, after: since) { return .conflict }
      if let timestamp = proposed[write.key] { pending = max(pending, timestamp) }
    }
    if !request.readRanges.isEmpty {
      if isWritten(request.readRanges, after: since) { return .conflict }
      for (key, timestamp) in proposed where request.readRanges.contains(where: { $0.contains(key) }) {
        pending = max(pending, timestamp)
      }
    }
    for run in runs where run.timestamp > since && run.keys.intersectsReads(of: request) { return .conflict }
    if let run = proposedRun, run.keys.intersectsReads(of: request) { pending = max(pending, run.timestamp) }
    return pending == .zero ? .clear : .pending(pending)
  }

  /// What a bulk commit that read as of `timestamp` has to be judged by; nil if that is too long ago.
  func recentWrites(after timestamp: Timestamp) -> RecentWrites? {
    guard timestamp >= floor else { return nil }
    var found = RecentWrites(after: timestamp)
    found.proposed = proposals[firstProposed...].flatMap { $0.writes.map(\.key) }
    found.runs = runs.filter { $0.timestamp > timestamp }.map(\.keys)
    if let proposedRun { found.runs.append(proposedRun.keys) }
    found.chunks = [newer, older].filter { $0.last > timestamp }.map { ($0.bytes, $0.bytes.count) }
    return found
  }

  /// What a bulk commit is judged by: the window as it stood when it was asked for.
  struct RecentWrites {
    private let since: Timestamp
    /// Of chunks, and what of each is not looked at yet.
    fileprivate var chunks: [(bytes: [UInt8], end: Int)] = []
    fileprivate var proposed: [Key] = []
    fileprivate var runs: [SortedKeySet] = []

    fileprivate init(after timestamp: Timestamp) { since = timestamp }

    /// Whoever has read nothing is judged by nothing.
    static let nothing = RecentWrites(after: .max)

    enum Verdict: Equatable {
      case conflict
      case clear
      /// More has to be looked at.
      case goesOn
    }

    /// Looks at about `count` more of them.
    mutating func judge(_ count: Int, by isRead: (ArraySlice<UInt8>) -> Bool, _ hasRead: (KeyRange) -> Bool) -> Verdict
    {
      var left = count
      while left > 0 {
        if let key = proposed.popLast() {
          if isRead(key.bytes[...]) { return .conflict }
          left -= 1
        } else if let chunk = chunks.last {
          let end = Chunk.forEachNewest(in: chunk.bytes, before: chunk.end, after: since) { key, _ in
            left -= 1
            return isRead(key) ? .stop : left > 0 ? .goOn : .pause
          }
          switch end {
          case .stopped: return .conflict
          case .paused(let end): chunks[chunks.count - 1].end = end
          case .over: chunks.removeLast()
          }
        } else if var run = runs.popLast() {
          while left > 0, let piece = run.popLastPiece() {
            left -= 8
            guard hasRead(piece.bounds) else { continue }
            var isHit = false
            piece.forEachKey {
              left -= 1
              isHit = isRead($0)
              return !isHit
            }
            if isHit { return .conflict }
          }
          if !run.isEmpty { runs.append(run) }
        } else {
          return .clear
        }
      }
      return .goesOn
    }
  }

  private mutating func isWritten(_ key: Key, after timestamp: Timestamp) -> Bool {
    guard let written = newer.newestTimestamp(of: key) ?? older.newestTimestamp(of: key) else { return false }
    return written > timestamp
  }

  private func isWritten(_ ranges: [KeyRange], after timestamp: Timestamp) -> Bool {
    var isHit = false
    for chunk in [newer, older] where !isHit && chunk.last > timestamp {
      chunk.forEachNewest(after: timestamp) { key, _ in
        isHit = ranges.contains {
          !key.lexicographicallyPrecedes($0.lower.bytes) && key.lexicographicallyPrecedes($0.upper.bytes)
        }
        return !isHit
      }
    }
    return isHit
  }

  private mutating func indexProposals() -> [Key: Timestamp] {
    if let proposed { return proposed }
    var index: [Key: Timestamp] = [:]
    for (timestamp, writes) in proposals[firstProposed...] {
      for write in writes { index[write.key] = timestamp }
    }
    proposed = index
    return index
  }

  mutating func propose(_ writes: [CommitRequest.Write], at timestamp: Timestamp) {
    proposals.append((timestamp, writes))
    if proposed != nil { for write in writes { proposed?[write.key] = timestamp } }
  }

  /// The proposal at `timestamp` was applied or is known to be lost. Mostly it is the oldest one.
  mutating func withdraw(_ writes: [CommitRequest.Write], at timestamp: Timestamp) {
    guard let place = proposals[firstProposed...].firstIndex(where: { $0.timestamp == timestamp }) else { return }
    if place == firstProposed {
      proposals[place].writes = []
      firstProposed += 1
    } else {
      proposals.remove(at: place)
      // An older proposal may write the same keys.
      proposed = nil
    }
    if firstProposed == proposals.count {
      proposals.removeAll(keepingCapacity: true)
      firstProposed = 0
    } else if firstProposed >= 1024, firstProposed * 2 >= proposals.count {
      proposals.removeFirst(firstProposed)
      firstProposed = 0
    }
    if proposed != nil { for write in writes where proposed?[write.key] == timestamp { proposed?[write.key] = nil } }
  }

  /// Leadership is lost: what was proposed is judged by the next leader.
  mutating func withdrawAll() {
    proposals.removeAll()
    firstProposed = 0
    proposed = nil
    newer.newest = nil
    older.newest = nil
    proposedRun = nil
  }

  /// A bulk commit was proposed; there is one at a time.
  mutating func propose(_ keys: SortedKeySet, at timestamp: Timestamp) { proposedRun = (timestamp, keys) }

  /// It was applied or is known to be lost.
  mutating func withdrawBulk(at timestamp: Timestamp) { if proposedRun?.timestamp == timestamp { proposedRun = nil } }

  /// How long the last bulk commit is kept when nothing else needs its place, in milliseconds: longer than transactions that
  /// began before mostly take.
  private static let runAge: UInt64 = 30_000

  mutating func apply(_ keys: SortedKeySet, at timestamp: Timestamp) {
    runs.append((timestamp, keys))
    runBytes += keys.byteCount
    while runs.count > 1, runBytes - keys.byteCount > limit.runBytes { forgetOldestRun() }
  }

  /// Lets go of bulk commits that were applied long before a time by the wall clock, in milliseconds.
  mutating func forgetOldRuns(_ milliseconds: UInt64) {
    while let oldest = runs.first, oldest.timestamp.milliseconds + ConflictWindow.runAge < milliseconds {
      forgetOldestRun()
    }
  }

  private mutating func forgetOldestRun() {
    let run = runs.removeFirst()
    runBytes -= run.keys.byteCount
    floor = max(floor, run.timestamp)
  }

  mutating func apply(_ writes: [CommitRequest.Write], at timestamp: Timestamp) {
    while let oldest = runs.first,
      oldest.timestamp <= floor || oldest.timestamp.milliseconds + ConflictWindow.runAge < timestamp.milliseconds
    {
      forgetOldestRun()
    }
    for place in writes.indices {
      let size = writes[place].key.bytes.count + Chunk.trailerBytes
      if newer.count > 0, newer.count >= limit.count / 2 || newer.bytes.count + size > limit.bytes / 2 { turnOver() }
      newer.append(writes[place].key, at: timestamp)
      // The limit was lowered, or one key takes more than its half.
      if older.count > 0, older.count + newer.count > limit.count || older.bytes.count + newer.bytes.count > limit.bytes
      {
        forgetOlder()
      }
    }
  }

  /// Everything before `timestamp` was replaced by a snapshot.
  mutating func reset(floor timestamp: Timestamp) {
    self = ConflictWindow(floor: timestamp, limit: limit)
  }

  private mutating func turnOver() {
    forgetOlder()
    swap(&older, &newer)
    newer.newest = older.newest == nil ? nil : [:]
  }

  private mutating func forgetOlder() {
    floor = max(floor, older.last)
    older.removeAll(keepingCapacity: older.bytes.capacity <= limit.bytes)
    older.newest = older.newest == nil ? nil : [:]
  }
}
