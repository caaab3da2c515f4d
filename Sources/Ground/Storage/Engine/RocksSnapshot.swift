import CRocksDB
import Synchronization

/// A frozen view of a ``RocksEngine``.
///
/// Sendable: RocksDB's snapshots and read options, which nobody changes after `init`, are safe to share.
final class RocksSnapshot: EngineSnapshot, @unchecked Sendable {
  private let database: RocksDatabase?
  private let handle: OpaquePointer?
  private let readOptions: OpaquePointer?
  let position: UInt64
  private let idleCursors = Mutex(IdleCursors())

  private struct IdleCursors: @unchecked Sendable {
    // The mutex around it guards the cursors; one that was taken out belongs to the taker.
    var cursors: [RocksCursor] = []
    static let limit = 4
  }

  /// The view of an engine that is closed already (`nil`) fails on every use.
  init(_ database: RocksDatabase?) {
    self.database = database
    guard let database else {
      handle = nil
      readOptions = nil
      position = 0
      return
    }
    // Before the view is opened: what is written in between is in it, and the position never says too much.
    position = database.position
    handle = rocksdb_create_snapshot(database.handle)
    readOptions = RocksDatabase.makeReadOptions()
    rocksdb_readoptions_set_snapshot(readOptions, handle)
  }

  deinit {
    guard let database else { return }
    idleCursors.withLock { $0.cursors = [] }
    rocksdb_readoptions_destroy(readOptions)
    rocksdb_release_snapshot(database.handle, handle)
  }

  func get(_ key: [UInt8]) throws(EngineError) -> [UInt8]? {
    guard let database, let readOptions else { throw .closed }
    return try database.get(key, options: readOptions)
  }

  func cursor(lower: [UInt8], upper: [UInt8]) throws(EngineError) -> any EngineCursor {
    guard let database else { throw .closed }
    return RocksCursor(database: database, snapshot: self, snapshotHandle: handle, lower: lower, upper: upper)
  }

  func takePointCursor() throws(EngineError) -> any EngineCursor {
    if let cursor = idleCursors.withLock({ $0.cursors.popLast() }) {
      cursor.snapshot = self
      return cursor
    }
    return try cursor(lower: [KeySpace.replicated], upper: [KeySpace.replicated + 1])
  }

  func giveBack(_ cursor: any EngineCursor) {
    guard let cursor = cursor as? RocksCursor else { return }
    precondition(cursor.snapshot === self, "a cursor of another view")
    // Nobody else has it: it was taken by the caller.
    nonisolated(unsafe) let given = cursor
    idleCursors.withLock { idle in
      guard idle.cursors.count < IdleCursors.limit else { return }
      // An idle cursor must not retain its snapshot: they would keep each other alive.
      given.snapshot = nil
      idle.cursors.append(given)
    }
  }
}

/// A RocksDB iterator with both bounds set, so that it never reads what is outside of them.
final class RocksCursor: EngineCursor {
  private let database: RocksDatabase
  /// Keeps the view alive that the iterator reads; nil while it lies there to be used again.
  fileprivate(set) var snapshot: RocksSnapshot?
  private let readOptions: OpaquePointer
  private let iterator: OpaquePointer
  /// RocksDB keeps pointers to the bounds: `lower` then `upper`, in memory that does not move.
  private let bounds: UnsafeMutablePointer<CChar>
  /// The upper bound of the last bounded seek, in memory that does not move while RocksDB may look at it.
  private var end = UnsafeMutableBufferPointer<CChar>(start: nil, count: 0)
  /// Whether the iterator was ever positioned; before that RocksDB allows no step.
  private var isPositioned = false
  /// Bounds in the wrong order mean an empty range here, but nothing defined to RocksDB.
  private let isEmpty: Bool

  init(
    database: RocksDatabase, snapshot: RocksSnapshot, snapshotHandle: OpaquePointer?, lower: [UInt8], upper: [UInt8]
  ) {
    self.database = database
    self.snapshot = snapshot
    isEmpty = !ByteOrder.precedes(lower, upper)
    bounds = .allocate(capacity: max(lower.count + upper.count, 1))
    for (index, byte) in lower.enumerated() { bounds[index] = CChar(bitPattern: byte) }
    for (index, byte) in upper.enumerated() { bounds[lower.count + index] = CChar(bitPattern: byte) }
    readOptions = RocksDatabase.makeReadOptions()
    rocksdb_readoptions_set_snapshot(readOptions, snapshotHandle)
    rocksdb_readoptions_set_iterate_lower_bound(readOptions, bounds, lower.count)
    rocksdb_readoptions_set_iterate_upper_bound(readOptions, bounds + lower.count, upper.count)
    iterator = rocksdb_create_iterator(database.handle, readOptions)
  }

  deinit {
    rocksdb_iter_destroy(iterator)
    rocksdb_readoptions_destroy(readOptions)
    bounds.deallocate()
    end.deallocate()
  }

  func seek(_ key: [UInt8]) {
    isPositioned = true
    guard !isEmpty else { return }
    key.withUnsafeBytes {
      rocksdb_iter_seek(iterator, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
    }
  }

  /// RocksDB compares with the bound that the options name at each step, and takes up another one with the next seek.
  func seek(_ key: [UInt8], withinPrefix count: Int) {
    guard !isEmpty else { return }
    if count > end.count {
      end.deallocate()
      end = .allocate(capacity: max(64, 2 * count))
    }
    key.withUnsafeBytes {
      UnsafeMutableRawBufferPointer(end).copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count]))
    }
    end[count - 1] = CChar(bitPattern: key[count - 1] + 1)
    rocksdb_readoptions_set_iterate_upper_bound(readOptions, end.baseAddress, count)
    seek(key)
  }

  func seekForPrevious(_ key: [UInt8]) {
    isPositioned = true
    guard !isEmpty else { return }
    key.withUnsafeBytes {
      rocksdb_iter_seek_for_prev(iterator, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
    }
  }

  func next() {
    guard !isEmpty else { return }
    if !isPositioned {
      isPositioned = true
      rocksdb_iter_seek_to_first(iterator)
    } else if isValid {
      rocksdb_iter_next(iterator)
    }
  }

  func previous() {
    guard !isEmpty else { return }
    if !isPositioned {
      isPositioned = true
      rocksdb_iter_seek_to_last(iterator)
    } else if isValid {
      rocksdb_iter_prev(iterator)
    }
  }

  var isValid: Bool { !isEmpty && isPositioned && rocksdb_iter_valid(iterator) != 0 }

  func checkStatus() throws(EngineError) {
    var message: UnsafeMutablePointer<CChar>?
    rocksdb_iter_get_error(iterator, &message)
    if message != nil { throw database.failure("cannot scan the state engine", message) }
  }

  var key: [UInt8] { Array(keyBytes) }
  var value: [UInt8] { Array(valueBytes) }
  func withKey(_ body: (UnsafeRawBufferPointer) -> Void) { body(keyBytes) }
  func withValue(_ body: (UnsafeRawBufferPointer) -> Void) { body(valueBytes) }

  private var keyBytes: UnsafeRawBufferPointer {
    precondition(isValid, "a cursor that stands nowhere has no pair")
    var count = 0
    let bytes = rocksdb_iter_key(iterator, &count)
    return UnsafeRawBufferPointer(start: bytes, count: count)
  }

  private var valueBytes: UnsafeRawBufferPointer {
    precondition(isValid, "a cursor that stands nowhere has no pair")
    var count = 0
    let bytes = rocksdb_iter_value(iterator, &count)
    return UnsafeRawBufferPointer(start: bytes, count: count)
  }
}
