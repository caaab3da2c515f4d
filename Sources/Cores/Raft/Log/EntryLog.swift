/// One member's log, as far as the core must know it.
///
/// ```
///         compacted            applied    commit
///   ─ ─ ─ ─ ─ ┤ . . . . . . . . . .│. . . . │. . . . . . . . . ┤ lastIndex
///             │      ┌─ cache ─────┴────────┴──────────────────┤
///                               durable │  being written │ new
///                                     stable          handedOut
/// ```
/// - The terms of all entries after the compaction point are known (``TermRuns``), the entries themselves only
///   from `firstCached` on. What is not durable or not handed out to be applied is always in memory.
/// - `stable` moves when storage says so (``RaftCore/step(_:now:)`` with `storageAppended`), and back when a new
///   leader replaces entries; `handedOut` says what storage has been given.
/// - A snapshot that was received replaces everything, and nothing is applied until storage has it.
///
/// Always: compacted ≤ applied ≤ applying ≤ commit ≤ lastIndex (a snapshot under way excepted), and
/// stable ≤ handedOut ≤ lastIndex.
@usableFromInline
struct EntryLog: Sendable {
  @usableFromInline
  struct Position: Hashable, Sendable {
    @usableFromInline var index: LogIndex
    @usableFromInline var term: Term
  }

  // What most inputs need lies together.
  @usableFromInline private(set) var lastIndex: LogIndex
  private(set) var stable: LogIndex
  private(set) var handedOut: LogIndex
  @usableFromInline private(set) var commit: LogIndex
  /// What was handed out to be applied.
  private(set) var applying: LogIndex
  @usableFromInline private(set) var applied: LogIndex
  @usableFromInline private(set) var compacted: Position
  private var terms = TermRuns()
  private var cache: EntryCache
  /// The entries that were appended last, as they came: most of the time it is exactly these that followers and
  /// storage want, and they can share one array.
  private var latest: [Entry] = []
  private var latestBytes = 0
  var maxCachedBytes: Int
  private(set) var hasPendingSnapshot = false
  private var isSnapshotHandedOut = false
  private let appliesBeforeDurable: Bool
  private var applyQueue: ApplyQueue
  /// The last configuration change that was handed out to be applied.
  private var applyingChange = LogIndex.zero
  /// A received snapshot that is not durable yet.
  @Boxed private(set) var pendingSnapshot: SnapshotMetadata? {
    didSet { hasPendingSnapshot = pendingSnapshot != nil }
  }

  init(_ state: RestoredState, settings: RaftConfiguration) {
    compacted = Position(index: state.snapshot.index, term: state.snapshot.term)
    lastIndex = state.snapshot.index + UInt64(state.entries.count)
    stable = lastIndex
    handedOut = lastIndex
    // Of a log that lost something, only what is applied is known to be what was committed.
    commit = state.repairThrough == .zero ? max(state.hardState.commit, state.applied) : state.applied
    applied = state.applied
    applying = state.applied
    cache = EntryCache(first: state.snapshot.index.next)
    applyQueue = ApplyQueue(maxBytes: settings.maxCommittedBytesPerApply)
    maxCachedBytes = settings.maxCachedBytes
    appliesBeforeDurable = settings.appliesBeforeDurable
    for entry in state.entries { terms.append(entry.index, term: entry.term) }
    cache.append(state.entries)
    trimCache()
  }

  // MARK: Looking

  @inlinable var firstIndex: LogIndex { compacted.index + 1 }
  var firstCached: LogIndex { cache.first }

  @inline(__always)
  var last: Position {
    Position(index: lastIndex, term: terms.last?.term ?? compacted.term)
  }

  /// Nil if the entry was compacted away or does not exist.
  @inline(__always)
  func term(at index: LogIndex) -> Term? {
    if index > lastIndex || index < compacted.index { return nil }
    return terms.run(of: index)?.term ?? compacted.term
  }

  @inline(__always)
  func matches(_ position: Position) -> Bool { term(at: position.index) == position.term }

  /// Whether a log that ends there holds at least all that is committed, as far as this log can tell
  /// (Raft paper, section 5.4.1).
  func isUpToDate(_ other: Position) -> Bool {
    let own = last
    return other.term > own.term || (other.term == own.term && other.index >= own.index)
  }

  /// The last index up to `index` whose term is at most `term`: where a log that has `term` at `index` can at best
  /// agree with this one. The term is zero if it is not known here.
  func lastPossibleMatch(_ index: LogIndex, term: Term) -> Position {
    var index = index
    while index > .zero {
      guard let own = self.term(at: index) else { return Position(index: index, term: .zero) }
      if own <= term { return Position(index: index, term: own) }
      let start = terms.run(of: index)?.first ?? index
      index = start - 1
    }
    return Position(index: .zero, term: .zero)
  }

  /// Entries from `start` on, which must be cached, at most as many as fit in `maxBytes`, but at least one.
  @inline(__always)
  func entries(from start: LogIndex, maxBytes: Int) -> [Entry] {
    entries(from: start, through: lastIndex, maxBytes: maxBytes)
  }

  @inline(__always)
  private func entries(from start: LogIndex, through end: LogIndex, maxBytes: Int) -> [Entry] {
    if let first = latest.first, first.index == start, latest.count == Int(end - start) + 1,
      latestBytes <= maxBytes
    {
      return latest
    }
    return cache.slice(from: start, through: end, maxBytes: maxBytes)
  }

  // MARK: Growing

  /// Puts entries at the end, replacing whatever has the same indexes or higher ones.
  mutating func append(_ entries: [Entry]) {
    guard let first = entries.first, let newLast = entries.last else { return }
    precondition(first.index > commit, "a committed entry is never replaced")
    precondition(first.index <= lastIndex.next, "a log has no gaps")
    if first.index <= lastIndex {
      terms.truncate(from: first.index)
      cache.truncate(from: first.index)
      stable = min(stable, first.index - 1)
      handedOut = min(handedOut, first.index - 1)
    }
    cache.append(entries)
    for entry in entries { terms.append(entry.index, term: entry.term) }
    lastIndex = newLast.index
    latest = entries
    latestBytes = entries.reduce(0) { $0 + $1.size }
    trimCache()
  }

  mutating func commit(through index: LogIndex) {
    precondition(index <= lastIndex, "only what is in the log can be committed")
    commit = max(commit, index)
  }

  // MARK: Storage

  var hasUnstable: Bool { lastIndex > stable }
  /// Up to where the log is both committed and durable.
  var durableCommit: LogIndex { min(commit, stable) }
  var hasEntriesToPersist: Bool { lastIndex > handedOut }
  var hasSnapshotToPersist: Bool { hasPendingSnapshot && !isSnapshotHandedOut }

  mutating func takeEntriesToPersist() -> [Entry] {
    if !hasEntriesToPersist { return [] }
    let entries = entries(from: handedOut.next, through: lastIndex, maxBytes: .max)
    handedOut = lastIndex
    return entries
  }

  mutating func takeSnapshotToPersist() -> SnapshotMetadata? {
    if isSnapshotHandedOut { return nil }
    isSnapshotHandedOut = pendingSnapshot != nil
    return pendingSnapshot
  }

  /// Storage has everything up to there, unless the log was changed meanwhile.
  mutating func becameStable(_ position: Position) {
    guard position.index > stable, position.index <= lastIndex, term(at: position.index) == position.term else {
      return
    }
    stable = position.index
    handedOut = max(handedOut, stable)
    trimCache()
  }

  /// Storage and the state machine have the snapshot.
  mutating func snapshotBecameStable(_ index: LogIndex) {
    if pendingSnapshot?.index == index {
      pendingSnapshot = nil
      isSnapshotHandedOut = false
    }
    applied(through: index)
  }

  /// Replaces everything by a snapshot.
  mutating func restore(_ snapshot: SnapshotMetadata) {
    precondition(snapshot.index > commit, "a snapshot takes a log forward")
    compacted = Position(index: snapshot.index, term: snapshot.term)
    lastIndex = snapshot.index
    stable = snapshot.index
    handedOut = snapshot.index
    commit = snapshot.index
    pendingSnapshot = snapshot
    isSnapshotHandedOut = false
    terms.removeAll()
    cache.removeAll(first: snapshot.index.next)
    forgetLatest()
  }

  mutating func compact(through index: LogIndex) {
    guard index > compacted.index, let term = term(at: index) else { return }
    precondition(index <= applied, "only what is applied can be compacted")
    compacted = Position(index: index, term: term)
    terms.drop(before: index.next, isEmpty: index == lastIndex)
    cache.trim(through: index, limit: -1)
    if cache.count == 0 { cache.removeAll(first: max(cache.first, index.next)) }
  }

  /// Gives up the shared array of the last append.
  mutating func forgetLatest() {
    latest = []
    latestBytes = 0
  }

  private mutating func trimCache() {
    if cache.bytes > maxCachedBytes { cache.trim(through: min(stable, applying), limit: maxCachedBytes) }
  }

  // MARK: Applying

  private var maxAppliable: LogIndex { appliesBeforeDurable ? commit : durableCommit }

  var hasCommittedToApply: Bool {
    !hasPendingSnapshot && !applyQueue.isPaused && applying < maxAppliable
  }

  mutating func takeCommittedToApply() -> [Entry] {
    if !hasCommittedToApply { return [] }
    let end = maxAppliable
    let entries = entries(from: applying.next, through: end, maxBytes: applyQueue.remainingBytes)
    guard let last = entries.last else { return [] }
    applying = last.index
    var size = 0
    for entry in entries {
      size += entry.size
      if entry.kind == .configurationChange { applyingChange = entry.index }
    }
    applyQueue.add(through: last.index, bytes: size, isLimited: last.index < end)
    trimCache()
    return entries
  }

  /// The state machine has applied up to there. Returns the bytes of entries that are done with.
  @discardableResult
  mutating func applied(through index: LogIndex) -> Int {
    precondition(index <= commit, "only what is committed can be applied")
    let bytes = applyQueue.free(through: index)
    if index > applied {
      applied = index
      applying = max(applying, index)
      trimCache()
    }
    return bytes
  }

  /// Whether a committed configuration change waits to be applied.
  var hasConfigurationChangeToApply: Bool {
    if applyingChange > applied { return true }
    var index = max(applying.next, cache.first)
    while index <= commit, index < cache.end {
      if cache[index].kind == .configurationChange { return true }
      index = index.next
    }
    return false
  }
}
