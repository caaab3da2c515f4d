import RoostPlatform

/// A serializable transaction over the key space: the one waist that every layer stands on.
///
/// Reads come from a frozen view plus the transaction's own writes; writes are buffered and committed together, if
/// nothing that was read has changed meanwhile. Otherwise ``commit()`` throws ``StoreError/conflict`` and the caller
/// runs the whole transaction again, which ``TransactionBackend/withTransaction(_:attempts:_:)`` does by itself:
///
/// ```swift
/// let left = try await store.withTransaction { transaction in
///   let stock = try await transaction.get(key).flatMap { Int(bytes: $0) } ?? 0
///   guard stock > 0 else { return 0 }
///   try transaction.put(key, (stock - 1).bytes)
///   return stock - 1
/// }
/// ```
///
/// Reads are asynchronous, for a key may come to lie on another node. Today all keys lie here, and a read of them does not
/// suspend its task. ``get(_:)-([Key])`` and ``scan(_:reverse:)`` ask for many keys together, ``get(_:)-(Key)`` for one.
///
/// **Limits.** A key has at most ``maximumKeyBytes``, a value ``maximumValueBytes``, all writes together
/// ``maximumBytes``; more is ``StoreError/tooLarge(what:size:limit:)``. Keys that are only read are kept one by one up to
/// 20,000, scans up to 4,096; beyond that they are named by wider ranges, and a change of a neighbouring key may then be a
/// conflict. Keys that are read and written are never widened.
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
  private var view: any ReadView
  public let options: TransactionOptions
  /// Whether what was read may be older than what others were told before this transaction began; see
  /// ``TransactionOptions/firstView``. Its commit validates it.
  public private(set) var isUnconfirmed: Bool

  private var buffer = WriteBuffer()
  /// What the writes have drawn from the node's memory, until they are committed or forgotten.
  private var reservation: MemoryReservation
  private var readKeys = ReadKeys()
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
    isUnconfirmed = !view.isConfirmed
    reservation = MemoryReservation(backend.writeMemory)
  }

  /// The value of `key`, or nil. Own writes are seen.
  ///
  /// ```swift
  /// let balance = try await transaction.get(key).flatMap(Balance.init) ?? .zero
  /// ```
  ///
  /// - Throws: ``StoreError/tooOld`` when the transaction has been open for longer than versions are kept,
  ///   ``StoreError/finished`` after its end, ``StoreError/storage(_:)`` when the state can't be read.
  public func get(_ key: Key) async throws(StoreError) -> [UInt8]? {
    guard !isFinished else { throw .finished }
    if let write = buffer[key] { return write.value }
    noteRead(key)
    return try await view.read(key).value()
  }

  /// The values of many keys, in their order; nil where there is none. Own writes are seen.
  ///
  /// This is the way to look many things up: keys on other nodes will cost one round trip together.
  ///
  /// ```swift
  /// for (key, value) in zip(keys, try await transaction.get(keys)) where value == nil { missing.append(key) }
  /// ```
  ///
  /// - Throws: as ``get(_:)-(Key)``.
  public func get(_ keys: [Key]) async throws(StoreError) -> [[UInt8]?] {
    var values: [[UInt8]?] = []
    values.reserveCapacity(keys.count)
    while values.count < keys.count { values += try await get(first: keys[values.count...]) }
    return values
  }

  /// The values of the first of many keys: at least one, as many as fit into a few mebibytes. The caller asks for the others
  /// when it is done with these.
  ///
  /// ```swift
  /// var rest = keys[...]
  /// while !rest.isEmpty {
  ///   let values = try await transaction.get(first: rest)
  ///   for value in values { send(value) }
  ///   rest = rest.dropFirst(values.count)
  /// }
  /// ```
  ///
  /// - Parameter keys: not empty.
  /// - Throws: as ``get(_:)-(Key)``.
  public func get(first keys: ArraySlice<Key>) async throws(StoreError) -> [[UInt8]?] {
    // Most ask for one, or have written nothing.
    if keys.count == 1, let key = keys.first { return [try await get(key)] }
    guard !isFinished else { throw .finished }
    guard !buffer.isEmpty else { return try await read(first: keys) }
    let asked = keys.filter { buffer[$0] == nil }[...]
    if asked.isEmpty { return keys.map { buffer[$0]?.value } }
    var answered = try await read(first: asked)[...]
    var values: [[UInt8]?] = []
    for key in keys {
      if let write = buffer[key] {
        values.append(write.value)
      } else if let value = answered.popFirst() {
        values.append(value)
      } else {
        break
      }
    }
    return values
  }

  private func read(first keys: ArraySlice<Key>) async throws(StoreError) -> [[UInt8]?] {
    let values = try await view.read(first: keys).value()
    for key in keys.prefix(values.count) { noteRead(key) }
    return values
  }

  /// Whether there is a value for each of some keys, in their order. Own writes are seen. No more values are in memory at a time
  /// than ``get(first:)`` gives.
  ///
  /// ```swift
  /// let missing = zip(references, try await transaction.contains(references)).first { !$0.1 }?.0
  /// ```
  ///
  /// - Throws: as ``get(_:)-(Key)``.
  public func contains(_ keys: [Key]) async throws(StoreError) -> [Bool] {
    var found: [Bool] = []
    found.reserveCapacity(keys.count)
    while found.count < keys.count {
      for value in try await get(first: keys[found.count...]) { found.append(value != nil) }
    }
    return found
  }

  /// The pairs of `range` in key order (descending if `reverse`), pulled in batches. Writes of this transaction made
  /// while the scan runs may or may not be seen; collect first where that matters.
  ///
  /// ```swift
  /// let scan = try transaction.scan(KeyRange(prefix: prefix))
  /// while case let pairs = try await scan.next(), !pairs.isEmpty { … }
  /// ```
  ///
  /// Only what the scan has come to counts as read.
  public func scan(_ range: KeyRange, reverse: Bool = false) throws(StoreError) -> Scan {
    guard !isFinished else { throw .finished }
    let scan = Scan(transaction: self, range: range, reverse: reverse, cursor: try view.cursor(range, reverse: reverse))
    if options.readLevel == .linearizable {
      if scans.count >= sweepAt { sweep() }
      scans.append(scan)
    }
    return scan
  }

  /// Buffers a new value for `key`; it is seen by this transaction's reads at once, by others after ``commit()``.
  ///
  /// ```swift
  /// try transaction.put(Key("greeting"), Array("hello".utf8))
  /// ```
  ///
  /// - Throws: ``StoreError/tooLarge(what:size:limit:)``, ``StoreError/outOfMemory(limit:)`` when the node's memory for
  ///   writes is used up, ``StoreError/readOnly`` in a transaction that reads at a stale level, ``StoreError/finished``.
  public func put(_ key: Key, _ value: [UInt8]) throws(StoreError) {
    guard value.count <= Transaction.maximumValueBytes else {
      throw .tooLarge(what: "a value", size: value.count, limit: Transaction.maximumValueBytes)
    }
    grows = true
    try write(key, value)
  }

  /// Like ``put(_:_:)``, for a small record that says what is removed: a transaction that does nothing but that and
  /// delete is taken even when the disk is full, for it makes room.
  ///
  /// ```swift
  /// try transaction.delete(tableKey)
  /// try transaction.putForRemoval(garbageKey, tableID.bytes)
  /// ```
  ///
  /// - Throws: as ``put(_:_:)``.
  public func putForRemoval(_ key: Key, _ value: [UInt8]) throws(StoreError) { try write(key, value) }

  /// Buffers the removal of `key`, whether it has a value or not.
  ///
  /// ```swift
  /// for pair in try await transaction.scan(KeyRange(prefix: session)).next() { try transaction.delete(pair.key) }
  /// ```
  ///
  /// - Throws: as ``put(_:_:)``.
  public func delete(_ key: Key) throws(StoreError) {
    try write(key, nil)
  }

  /// Commits; returns the timestamp at which the writes are visible (the read timestamp, if there are none).
  ///
  /// ```swift
  /// do {
  ///   try await transaction.commit()
  /// } catch StoreError.conflict {
  ///   // Nothing was written: run the whole transaction again.
  /// } catch StoreError.unknownOutcome {
  ///   // Read what it would have written before deciding.
  /// }
  /// ```
  ///
  /// - Throws: ``StoreError/conflict``; ``StoreError/unknownOutcome`` if the answer of the leader was lost; after every
  ///   other error nothing was written: ``StoreError/noQuorum(group:missing:)``, ``StoreError/timedOut``,
  ///   ``StoreError/overloaded(_:)``, ``StoreError/diskFull(node:)``, ``StoreError/cancelled``.
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
      readTimestamp: view.timestamp, readKeys: readKeys.all, readRanges: readRanges, writes: buffer.all,
      recordsRemoval: !grows)
    release()
    defer { reservation.coverRegardless(0) }
    return try await backend.commit(request, options)
  }

  /// Whether anything would be written.
  public var hasWrites: Bool { !buffer.isEmpty }

  /// What is compared at most to find out whether an old view was good enough: beyond it the transaction is run again.
  private static let comparedReads = 256

  /// Makes sure that what was read is what the store held when this was called; needed only if ``isUnconfirmed``. False if
  /// something of it has changed, or may have: then nothing that was read may be relied on.
  ///
  /// ```swift
  /// guard try await transaction.confirm() else { return try await again() }
  /// ```
  ///
  /// - Throws: what beginning a transaction throws.
  public func confirm() async throws(StoreError) -> Bool {
    guard isUnconfirmed else { return true }
    var options = options
    options.firstView = .confirmed
    let current = try await backend.openView(options)
    // All keys of a view have one timestamp: nothing was written in between if it is the same.
    if current.timestamp != view.timestamp {
      guard try await readsTheSame(in: current) else { return false }
      // What is read from now on has to be of the same time.
      view = current
    }
    isUnconfirmed = false
    return true
  }

  private func readsTheSame(in current: any ReadView) async throws(StoreError) -> Bool {
    // One that is still open would go on in the old view.
    guard scans.allSatisfy(\.isOver) else { return false }
    let keys = readKeys.all + buffer.all.lazy.filter(\.isRead).map(\.key)
    let ranges = readRanges + scans.compactMap(\.readRange)
    guard keys.count + ranges.count <= Self.comparedReads else { return false }
    for key in keys where try await view.read(key).value() != current.read(key).value() { return false }
    var left = Self.comparedReads
    for range in ranges {
      let old = try view.cursor(range, reverse: false)
      let new = try current.cursor(range, reverse: false)
      while true {
        let pairs = try await old.read(left).value()
        guard try await new.read(left).value() == pairs else { return false }
        if pairs.isEmpty { break }
        left -= pairs.count
        if left <= 0 { return false }
      }
    }
    return true
  }

  /// Discards the writes. Harmless when finished.
  ///
  /// ```swift
  /// let transaction = try await store.begin()
  /// defer { transaction.rollback() }
  /// ```
  public func rollback() {
    isFinished = true
    release()
    reservation.coverRegardless(0)
  }

  private func write(_ key: Key, _ value: [UInt8]?) throws(StoreError) {
    guard !isFinished else { throw .finished }
    guard options.readLevel == .linearizable else {
      throw .readOnly
    }
    guard key.bytes.count <= Transaction.maximumKeyBytes else {
      throw .tooLarge(what: "a key", size: key.bytes.count, limit: Transaction.maximumKeyBytes)
    }
    // A key that is written names itself: what is read and written needs no place among the reads.
    let wasRead = readKeys.remove(key)
    buffer.set(key, to: value, isRead: wasRead)
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
    guard options.readLevel == .linearizable else { return }
    readKeys.insert(key)
    guard readKeys.count > Transaction.maximumReadKeys else { return }
    readRanges += ReadWidening.ranges(over: readKeys.all, atMost: Transaction.maximumReadRanges / 16)
    readKeys.removeAll()
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
    ///
    /// ```swift
    /// // The first ten, however many there are.
    /// let newest = try await transaction.scan(range, reverse: true).next(10)
    /// ```
    ///
    /// - Throws: as ``Transaction/get(_:)-(Key)``.
    public func next(_ limit: Int = 256) async throws(StoreError) -> [KeyValue] {
      guard !isDone, !transaction.isFinished else { return [] }
      if transaction.buffer.isEmpty, fetched.isEmpty {
        let pairs = try await cursor.read(limit).value()
        if pairs.isEmpty { isDone = true } else { position = pairs[pairs.count - 1].key }
        return pairs
      }
      var result: [KeyValue] = []
      while result.count < limit, let pair = try await nextMerged(limit) { result.append(pair) }
      if result.isEmpty { isDone = true }
      return result
    }

    /// Merges the view's pairs with the buffered writes; a buffered delete hides a pair.
    private func nextMerged(_ limit: Int) async throws(StoreError) -> KeyValue? {
      while true {
        if fetched.isEmpty, !cursorIsDone {
          fetched = try await cursor.read(limit).value()[...]
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
  ///
  /// ```swift
  /// let transaction = try await store.begin(TransactionOptions(readLevel: .stale))
  /// let value = try await transaction.get(key)
  /// ```
  ///
  /// - Throws: ``StoreError/noQuorum(group:missing:)`` or ``StoreError/timedOut`` if no leader confirms the view within
  ///   ``TransactionOptions/timeLimit``; what says that this node can't serve: ``StoreError/leftBehind(node:)``,
  ///   ``StoreError/diverged(group:node:)``, ``StoreError/noReplica(group:)``, ``StoreError/notServing``;
  ///   ``StoreError/cancelled``.
  public func begin(_ options: TransactionOptions = TransactionOptions()) async throws(StoreError) -> Transaction {
    Transaction(backend: self, view: try await openView(options), options: options)
  }

  /// Runs `body` in a transaction and commits it, again from the start after each conflict, at most `attempts` times. So `body`
  /// may do nothing that must not be done twice.
  ///
  /// ```swift
  /// let id = try await store.withTransaction { transaction in
  ///   let id = try await transaction.get(counter).flatMap { Int(bytes: $0) } ?? 1
  ///   try transaction.put(counter, (id + 1).bytes)
  ///   return id
  /// }
  /// ```
  ///
  /// - Throws: what `body` throws; what ``begin(_:)`` and ``Transaction/commit()`` throw, ``StoreError/conflict`` after the last
  ///   attempt.
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
