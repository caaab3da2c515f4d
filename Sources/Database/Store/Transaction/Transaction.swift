import RoostPlatform

/// A serializable transaction over the key space: the one waist that every layer stands on.
///
/// Reads come from a frozen view plus the transaction's own writes; writes are buffered and committed together, if
/// nothing that was read has changed meanwhile. Otherwise ``commit()`` throws ``StoreError/conflict`` and the caller
/// runs the whole transaction again.
///
/// ```swift
/// let transaction = try await store.begin()
/// let old = try transaction.get(key)
/// try transaction.put(key, value)
/// try await transaction.commit()
/// ```
///
/// A transaction belongs to one task at a time, which is why its state needs no lock.
public final class Transaction: @unchecked Sendable {
  /// Upper limits of what one transaction may carry; a larger one fails with ``StoreError/tooLarge``.
  public static let maximumKeyBytes = 16 << 10
  public static let maximumValueBytes = 16 << 20
  public static let maximumBytes = 32 << 20
  /// What the names of everything read may add to that in a commit request.
  static let maximumReadBytes = 8 << 20
  /// Above this many, point reads are widened to ranges, so that a commit request stays small.
  static let maximumReadKeys = 20_000
  /// Above this many, ranges are merged for the same reason.
  static let maximumReadRanges = 4_096
  private static let sweepInterval = 64

  private let backend: any TransactionBackend
  private let view: any ReadView
  public let options: TransactionOptions

  private var buffer = WriteBuffer()
  /// What the writes have drawn from the node's memory, until they are committed or forgotten.
  private var reservation: MemoryReservation
  private var readKeys: Set<Key> = []
  private var readRanges: [KeyRange] = []
  private var scans: [Scan] = []
  /// How many scans may be open before those that are over are sought out.
  private var sweepAt = Transaction.sweepInterval
  private var isFinished = false
  /// Whether it has put something that does not belong to a removal.
  private var grows = false

  /// Everything read is as of this timestamp.
  public var readTimestamp: Timestamp { view.timestamp }

  init(backend: any TransactionBackend, view: any ReadView, options: TransactionOptions) {
    self.backend = backend
    self.view = view
    self.options = options
    reservation = MemoryReservation(backend.writeMemory)
  }

  /// The value of `key`, or nil. Own writes are seen.
  public func get(_ key: Key) throws(StoreError) -> [UInt8]? {
    guard !isFinished else { throw .finished }
    if let write = buffer[key] { return write.value }
    if options.readLevel == .linearizable, !readKeys.contains(key) { noteRead(key) }
    return try view.get(key)
  }

  /// Like ``get(_:)``, but a later change of the key by others does not make the commit fail. For what may be out of
  /// date, as caches.
  public func getWithoutValidation(_ key: Key) throws(StoreError) -> [UInt8]? {
    guard !isFinished else { throw .finished }
    if let write = buffer[key] { return write.value }
    return try view.get(key)
  }

  /// The pairs of `range` in key order (descending if `reverse`), pulled in batches. Writes of this transaction made
  /// while the scan runs may or may not be seen; collect first where that matters.
  public func scan(_ range: KeyRange, reverse: Bool = false) throws(StoreError) -> Scan {
    guard !isFinished else { throw .finished }
    let scan = Scan(transaction: self, range: range, reverse: reverse, cursor: try view.cursor(range, reverse: reverse))
    if options.readLevel == .linearizable {
      if scans.count >= sweepAt { sweep() }
      scans.append(scan)
    }
    return scan
  }

  public func put(_ key: Key, _ value: [UInt8]) throws(StoreError) {
    guard value.count <= Transaction.maximumValueBytes else {
      throw .tooLarge(what: "a value", size: value.count, limit: Transaction.maximumValueBytes)
    }
    grows = true
    try write(key, value)
  }

  /// Like ``put(_:_:)``, for a small record that says what is removed: a transaction that does nothing but that and
  /// delete is taken even when the disk is full, for it makes room.
  public func putForRemoval(_ key: Key, _ value: [UInt8]) throws(StoreError) { try write(key, value) }

  public func delete(_ key: Key) throws(StoreError) {
    try write(key, nil)
  }

  /// Commits; returns the timestamp at which the writes are visible (the read timestamp, if there are none).
  @discardableResult
  public func commit() async throws(StoreError) -> Timestamp {
    guard !isFinished else { throw .finished }
    isFinished = true
    guard !buffer.isEmpty else {
      release()
      return view.timestamp
    }
    for scan in scans { if let range = scan.readRange { readRanges.append(range) } }
    let request = CommitRequest(
      readTimestamp: view.timestamp, readKeys: Array(readKeys), readRanges: readRanges, writes: buffer.all,
      recordsRemoval: !grows)
    release()
    defer { reservation.coverRegardless(0) }
    return try await backend.commit(request, options)
  }

  /// Discards the writes. Harmless when finished.
  public func rollback() {
    isFinished = true
    release()
    reservation.coverRegardless(0)
  }

  private func write(_ key: Key, _ value: [UInt8]?) throws(StoreError) {
    guard !isFinished else { throw .finished }
    guard options.readLevel == .linearizable else {
      throw .unavailable("a transaction that reads at a stale level can't write")
    }
    guard key.bytes.count <= Transaction.maximumKeyBytes else {
      throw .tooLarge(what: "a key", size: key.bytes.count, limit: Transaction.maximumKeyBytes)
    }
    buffer.set(key, to: value)
    guard buffer.byteCount <= Transaction.maximumBytes else {
      throw .tooLarge(what: "a transaction", size: buffer.byteCount, limit: Transaction.maximumBytes)
    }
    // They are held here, in the request, and encoded on their way to the log.
    guard reservation.cover(2 * (buffer.byteCount + buffer.count * Transaction.writeOverhead)) else {
      throw .outOfMemory(limit: backend.writeMemory?.nodeLimit ?? 0)
    }
  }

  /// Bytes that a write takes beside its key and value: two arrays and its place in the buffer.
  private static let writeOverhead = 128

  private func noteRead(_ key: Key) {
    readKeys.insert(key)
    guard readKeys.count > Transaction.maximumReadKeys else { return }
    readRanges += ReadWidening.ranges(over: Array(readKeys), atMost: Transaction.maximumReadRanges / 16)
    readKeys.removeAll(keepingCapacity: true)
    if readRanges.count > Transaction.maximumReadRanges { widenRanges() }
  }

  /// Keeps what finished and abandoned scans have read and lets go of their cursors: a statement that looks things up
  /// row by row makes very many.
  private func sweep() {
    var open: [Scan] = []
    while var scan = scans.popLast() {
      guard scan.isOver || isKnownUniquelyReferenced(&scan) else {
        open.append(scan)
        continue
      }
      if let range = scan.readRange { readRanges.append(range) }
    }
    scans = open
    sweepAt = scans.count + Transaction.sweepInterval
    if readRanges.count > Transaction.maximumReadRanges { widenRanges() }
  }

  private func widenRanges() {
    readRanges = ReadWidening.merged(readRanges, atMost: Transaction.maximumReadRanges / 4)
  }

  private func release() {
    scans.removeAll()
    buffer = WriteBuffer()
  }

  /// A scan in progress: call ``next(_:)`` until it returns nothing.
  public final class Scan: @unchecked Sendable {  // belongs to the task of its transaction
    private let transaction: Transaction
    private let range: KeyRange
    private let reverse: Bool
    private let cursor: any ReadCursor
    private var fetched: ArraySlice<KeyValue> = []
    private var cursorIsDone = false
    /// The last key returned or passed over.
    private var position: Key?
    private var isDone = false

    fileprivate init(transaction: Transaction, range: KeyRange, reverse: Bool, cursor: any ReadCursor) {
      self.transaction = transaction
      self.range = range
      self.reverse = reverse
      self.cursor = cursor
    }

    /// Whether it came to its end.
    fileprivate var isOver: Bool { isDone }

    /// What the scan has looked at so far: what must not change until commit.
    fileprivate var readRange: KeyRange? {
      if isDone { return range }
      guard let position else { return nil }
      return reverse ? KeyRange(position, range.upper) : KeyRange(range.lower, position.successor)
    }

    /// The next pairs, at most `limit`; none at the end.
    public func next(_ limit: Int = 256) throws(StoreError) -> [KeyValue] {
      guard !isDone, !transaction.isFinished else { return [] }
      if transaction.buffer.isEmpty, fetched.isEmpty {
        let pairs = try cursor.next(limit)
        if pairs.isEmpty { isDone = true } else { position = pairs[pairs.count - 1].key }
        return pairs
      }
      var result: [KeyValue] = []
      while result.count < limit, let pair = try nextMerged(limit) { result.append(pair) }
      if result.isEmpty { isDone = true }
      return result
    }

    /// Merges the view's pairs with the buffered writes; a buffered delete hides a pair.
    private func nextMerged(_ limit: Int) throws(StoreError) -> KeyValue? {
      while true {
        if fetched.isEmpty, !cursorIsDone {
          fetched = try cursor.next(limit)[...]
          cursorIsDone = fetched.isEmpty
        }
        let stored = fetched.first
        let write = nextWrite()
        switch (stored, write) {
        case (nil, nil): return nil
        case (let stored?, nil):
          fetched.removeFirst()
          position = stored.key
          return stored
        case (let stored?, let write?) where comesFirst(stored.key, write.key):
          fetched.removeFirst()
          position = stored.key
          return stored
        case (let stored, let write?):
          if stored?.key == write.key { fetched.removeFirst() }
          position = write.key
          if let value = write.value { return KeyValue(key: write.key, value: value) }
        }
      }
    }

    private func nextWrite() -> CommitRequest.Write? {
      let write =
        reverse
        ? transaction.buffer.last(before: position ?? range.upper)
        : transaction.buffer.first(from: position ?? range.lower, excluding: position != nil)
      return write.flatMap { range.contains($0.key) ? $0 : nil }
    }

    private func comesFirst(_ left: Key, _ right: Key) -> Bool { reverse ? right < left : left < right }
  }
}

extension TransactionBackend {
  /// Begins a transaction.
  public func begin(_ options: TransactionOptions = TransactionOptions()) async throws(StoreError) -> Transaction {
    Transaction(backend: self, view: try await openView(options), options: options)
  }

  /// Runs `body` in a transaction and commits it, again from the start after each conflict, at most `attempts` times.
  public func withTransaction<Result: Sendable>(
    _ options: TransactionOptions = TransactionOptions(), attempts: Int = 10,
    _ body: (Transaction) async throws -> Result
  ) async throws -> Result {
    var remaining = attempts
    while true {
      let transaction = try await begin(options)
      do {
        let result = try await body(transaction)
        try await transaction.commit()
        return result
      } catch StoreError.conflict where remaining > 1 {
        remaining -= 1
      } catch {
        transaction.rollback()
        throw error
      }
    }
  }
}
