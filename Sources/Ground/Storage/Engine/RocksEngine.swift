import CRocksDB
import Synchronization

/// Memory and file limits of a ``RocksEngine``. The defaults keep an idle node below 80 MB.
public struct RocksOptions: Sendable {
  /// Bytes that one memtable takes before it is written out.
  public var writeBufferBytes = 32 << 20
  /// Tables that gather before they are merged with the sorted levels. Overwrites of few keys cost half as much to merge
  /// with eight as with four.
  public var tablesBeforeMerge = 8
  /// Memtables that may exist at once; when all are full, writers wait.
  public var writeBuffers = 2
  /// Bytes of decompressed blocks, indexes and filters kept in memory.
  public var blockCacheBytes = 32 << 20
  /// Threads that write out memtables and compact.
  public var backgroundJobs = 2
  /// Files the engine may hold open.
  public var openFiles = 256
  /// Bytes of a table that a merge writes. A merge has its tables twice on the disk until it ends, about ten for one.
  public var tableBytes = 64 << 20
  /// Bytes that one merge of two sorted levels takes in, nearly.
  public var mergeBytes = 25 * (64 << 20)
  /// Bytes of the first sorted level; each further one has ten times as much.
  public var firstLevelBytes = 256 << 20

  public init() {}

  /// What suits a disk of `capacity` bytes: on a small one memtables and tables are small, so that what waits to be
  /// merged, and what a merge needs, fit into the reserve (``SpaceGuard``).
  public init(diskCapacity capacity: Int) {
    let bytes = max(1 << 20, min(writeBufferBytes, capacity / 256))
    guard bytes < writeBufferBytes else { return }
    writeBufferBytes = bytes
    tableBytes = bytes
    firstLevelBytes = 4 * bytes
    tablesBeforeMerge = 4
    mergeBytes = 8 * bytes
  }
}

/// The production state engine: RocksDB without its write-ahead log.
///
/// There is one column family, whose memtables are written out in their order, and every batch is one write, so a crash
/// leaves a whole prefix of the batches. Atomic flushes, which would keep several families together, stay off: after a
/// merge that found no room RocksDB 7.8 takes such a flush for failed, and waits for ever for another one to recover.
/// The engine opens its own directory (not through the disk seam) and locks it against other processes.
public final class RocksEngine: Engine {
  private let database: Mutex<RocksDatabase?>

  /// Opens the engine in the directory at `path`, creating it if needed. Its parent must exist.
  ///
  /// - Parameters:
  ///   - isReadOnly: Whether the directory, which has to be there then, is left as it is, byte for byte. Writes fail.
  ///   - onCorruption: Hears, on any thread, of every operation that met damage; it fails with the same error.
  public init(
    path: String, options: RocksOptions = RocksOptions(), isReadOnly: Bool = false,
    onCorruption: @escaping @Sendable (EngineError) -> Void = { _ in }
  ) throws(EngineError) {
    database = Mutex(
      try RocksDatabase(path: path, options: options, isReadOnly: isReadOnly, onCorruption: onCorruption))
  }

  private func open() throws(EngineError) -> RocksDatabase {
    guard let database = database.withLock({ $0 }) else { throw .closed }
    return database
  }

  public func get(_ key: [UInt8]) throws(EngineError) -> [UInt8]? {
    let database = try open()
    return try database.get(key, options: database.readOptions)
  }

  public func write(_ batch: EngineBatch) throws(EngineError) {
    if !batch.isEmpty { try open().write(batch) }
  }

  public func snapshot() -> any EngineSnapshot { RocksSnapshot(database.withLock { $0 }) }

  public func flush() throws(EngineError) { try open().flush() }

  public func forget(before timestamp: UInt64) {
    guard let database = try? open() else { return }
    if database.threshold.raise(to: timestamp) { database.sweepIfWorthwhile() }
  }

  public func reclaim(within room: Int) throws(EngineError) { try open().reclaim(within: room) }

  public var position: UInt64 { (try? open())?.position ?? 0 }

  public var oldestViewPosition: UInt64? { (try? open())?.oldestViewPosition }

  /// Merges everything into one sorted run and drops all that may be dropped. Blocks for long: for tests and tools.
  public func compact() throws(EngineError) { try open().compact() }

  /// Bytes of all table files.
  public func tableBytes() throws(EngineError) -> Int {
    try open().integerProperty("rocksdb.total-sst-files-size") ?? 0
  }

  public func close() { database.withLock { $0 = nil } }

  /// Bytes the engine holds in memory: memtables, cached blocks and the indexes of open tables.
  public func memoryUse() throws(EngineError) -> Int {
    let database = try open()
    return ["rocksdb.cur-size-all-mem-tables", "rocksdb.estimate-table-readers-mem", "rocksdb.block-cache-usage"]
      .reduce(0) { $0 + (database.integerProperty($1) ?? 0) }
  }
}

/// An open RocksDB and the settings it was opened with; closed when nobody refers to it any more.
///
/// Sendable: RocksDB's handle and the option objects, which nobody changes after `init`, are safe to share.
final class RocksDatabase: @unchecked Sendable {
  let handle: OpaquePointer
  let readOptions: OpaquePointer
  let threshold = SweepThreshold()
  private let onCorruption: @Sendable (EngineError) -> Void
  private let options: OpaquePointer
  private let writeOptions: OpaquePointer
  private let flushOptions: OpaquePointer
  private let writeBufferBytes: Int
  /// Bytes of batches.
  private let writtenSinceSweep = Atomic<Int>(0)
  private let raisesSinceSweep = Atomic<Int>(0)
  /// Emptied batches to fill again, at most `idleBatchLimit`.
  private let idleBatches = Mutex(IdleBatches())
  private static let idleBatchLimit = 8
  /// A batch that grew beyond this is freed instead of kept.
  private static let idleBatchBytes = 1 << 20

  private struct IdleBatches: @unchecked Sendable {
    // The mutex around it guards the batches; one that was taken out belongs to the taker.
    var batches: [OpaquePointer] = []
  }

  init(
    path: String, options settings: RocksOptions, isReadOnly: Bool,
    onCorruption: @escaping @Sendable (EngineError) -> Void
  ) throws(EngineError) {
    self.onCorruption = onCorruption
    writeBufferBytes = settings.writeBufferBytes
    options = RocksDatabase.makeOptions(settings)
    rocksdb_options_set_compaction_filter_factory(options, RocksSweep.makeFactory(threshold))
    var message: UnsafeMutablePointer<CChar>?
    let opened =
      isReadOnly ? rocksdb_open_for_read_only(options, path, 0, &message) : rocksdb_open(options, path, &message)
    guard let handle = opened else {
      rocksdb_options_destroy(options)
      throw RocksDatabase.error("cannot open the state engine in \(path)", message)
    }
    self.handle = handle
    readOptions = RocksDatabase.makeReadOptions()
    writeOptions = rocksdb_writeoptions_create()
    rocksdb_writeoptions_disable_WAL(writeOptions, 1)
    flushOptions = rocksdb_flushoptions_create()
    rocksdb_flushoptions_set_wait(flushOptions, 1)
  }

  deinit {
    for batch in idleBatches.withLock({ $0.batches }) { rocksdb_writebatch_destroy(batch) }
    rocksdb_flushoptions_destroy(flushOptions)
    rocksdb_writeoptions_destroy(writeOptions)
    rocksdb_readoptions_destroy(readOptions)
    rocksdb_close(handle)
    rocksdb_options_destroy(options)
  }

  private static func makeOptions(_ settings: RocksOptions) -> OpaquePointer {
    let options: OpaquePointer = rocksdb_options_create()
    rocksdb_options_set_create_if_missing(options, 1)
    rocksdb_options_set_write_buffer_size(options, settings.writeBufferBytes)
    rocksdb_options_set_max_write_buffer_number(options, Int32(clamping: settings.writeBuffers))
    rocksdb_options_set_level0_file_num_compaction_trigger(options, Int32(clamping: settings.tablesBeforeMerge))
    rocksdb_options_set_target_file_size_base(options, UInt64(settings.tableBytes))
    rocksdb_options_set_max_compaction_bytes(options, UInt64(settings.mergeBytes))
    rocksdb_options_set_max_bytes_for_level_base(options, UInt64(settings.firstLevelBytes))
    rocksdb_options_set_max_background_jobs(options, Int32(clamping: settings.backgroundJobs))
    rocksdb_options_set_max_open_files(options, Int32(clamping: settings.openFiles))
    rocksdb_options_set_compression(options, Int32(rocksdb_lz4_compression))
    rocksdb_options_set_bytes_per_sync(options, 1 << 20)
    rocksdb_options_set_paranoid_checks(options, 1)
    // Fatal messages only: RocksDB as Debian builds it (with assertions) aborts the process when it goes on logging
    // to a file that a full disk cut short. What it would say comes as the status of a call anyway.
    rocksdb_options_set_info_log_level(options, 4)
    rocksdb_options_set_max_log_file_size(options, 1 << 20)
    rocksdb_options_set_keep_log_file_num(options, 2)
    rocksdb_options_set_stats_dump_period_sec(options, 0)
    rocksdb_options_set_stats_persist_period_sec(options, 0)

    let table: OpaquePointer = rocksdb_block_based_options_create()
    let cacheOptions: OpaquePointer = rocksdb_lru_cache_options_create()
    rocksdb_lru_cache_options_set_capacity(cacheOptions, settings.blockCacheBytes)
    // A few shards are enough for a few loops, and leave room for large values in each.
    rocksdb_lru_cache_options_set_num_shard_bits(cacheOptions, 2)
    let cache: OpaquePointer = rocksdb_cache_create_lru_opts(cacheOptions)
    rocksdb_lru_cache_options_destroy(cacheOptions)
    rocksdb_block_based_options_set_block_cache(table, cache)
    rocksdb_cache_destroy(cache)
    // Indexes and filters count against the cache too, so that memory is bounded whatever the data's size.
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1)
    // In parts: a whole index can be larger than a shard of the cache, and would then be read anew for every cursor.
    rocksdb_block_based_options_set_index_type(
      table, Int32(rocksdb_block_based_table_index_type_two_level_index_search))
    rocksdb_block_based_options_set_partition_filters(table, 1)
    rocksdb_block_based_options_set_metadata_block_size(table, 4096)
    rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(table, 1)
    rocksdb_block_based_options_set_pin_top_level_index_and_filter(table, 1)
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(table, 1)
    rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom_full(10))
    rocksdb_block_based_options_set_format_version(table, 5)
    rocksdb_options_set_block_based_table_factory(options, table)
    rocksdb_block_based_options_destroy(table)
    return options
  }

  /// Every block that is read has its checksum verified.
  static func makeReadOptions() -> OpaquePointer {
    let options: OpaquePointer = rocksdb_readoptions_create()
    rocksdb_readoptions_set_verify_checksums(options, 1)
    return options
  }

  func get(_ key: [UInt8], options: OpaquePointer) throws(EngineError) -> [UInt8]? {
    var message: UnsafeMutablePointer<CChar>?
    let pinned = key.withUnsafeBytes { key in
      rocksdb_get_pinned(handle, options, key.baseAddress?.assumingMemoryBound(to: CChar.self), key.count, &message)
    }
    if message != nil { throw failure("cannot read from the state engine", message) }
    guard let pinned else { return nil }
    defer { rocksdb_pinnableslice_destroy(pinned) }
    var count = 0
    let bytes = rocksdb_pinnableslice_value(pinned, &count)
    return Array(UnsafeRawBufferPointer(start: bytes, count: count))
  }

  func write(_ batch: EngineBatch) throws(EngineError) {
    let native = takeBatch()
    batch.forEach { kind, first, second in
      let start = first.baseAddress?.assumingMemoryBound(to: CChar.self)
      let other = second.baseAddress?.assumingMemoryBound(to: CChar.self)
      switch kind {
      case .put: rocksdb_writebatch_put(native, start, first.count, other, second.count)
      case .delete: rocksdb_writebatch_delete(native, start, first.count)
      case .deleteRange:
        guard ByteOrder.precedes(first, second) else { return }
        rocksdb_writebatch_delete_range(native, start, first.count, other, second.count)
      }
    }
    var message: UnsafeMutablePointer<CChar>?
    rocksdb_write(handle, writeOptions, native, &message)
    writtenSinceSweep.add(giveBack(native), ordering: .relaxed)
    if message != nil { throw failure("cannot write to the state engine", message) }
  }

  private func takeBatch() -> OpaquePointer {
    idleBatches.withLock { $0.batches.popLast() } ?? rocksdb_writebatch_create()
  }

  /// Returns how many bytes were in it.
  private func giveBack(_ batch: OpaquePointer) -> Int {
    var bytes = 0
    _ = rocksdb_writebatch_data(batch, &bytes)
    rocksdb_writebatch_clear(batch)
    let isKept =
      bytes <= RocksDatabase.idleBatchBytes
      && idleBatches.withLock { idle in
        guard idle.batches.count < RocksDatabase.idleBatchLimit else { return false }
        idle.batches.append(batch)
        return true
      }
    if !isKept { rocksdb_writebatch_destroy(batch) }
    return bytes
  }

  func flush() throws(EngineError) {
    var message: UnsafeMutablePointer<CChar>?
    rocksdb_flush(handle, flushOptions, &message)
    if message != nil { throw failure("cannot flush the state engine", message) }
  }

  /// Called whenever the threshold has grown. Sweeps once as much was written as half of what the tables take, so that
  /// large data are not merged all the time for the sake of little; and when the threshold has grown often, for what the
  /// last sweep found too young is old then.
  func sweepIfWorthwhile() {
    let tables = integerProperty("rocksdb.total-sst-files-size") ?? 0
    let written = writtenSinceSweep.load(ordering: .relaxed)
    let raises = raisesSinceSweep.add(1, ordering: .relaxed).newValue
    guard written >= max(2 * writeBufferBytes, tables / 2) || raises >= RocksDatabase.mostRaises else { return }
    writtenSinceSweep.subtract(written, ordering: .relaxed)
    raisesSinceSweep.store(0, ordering: .relaxed)
    suggestCompaction()
  }

  /// A host raises the threshold by a twentieth of the retention period at least.
  private static let mostRaises = 20

  /// Marks files that hold overwritten versions for a merge in the background. The last level takes part as far as
  /// newer files overlap it, which is where something was overwritten.
  private func suggestCompaction() {
    var message: UnsafeMutablePointer<CChar>?
    let (lower, upper) = ([KeySpace.replicated], [KeySpace.replicated + 1])
    lower.withUnsafeBytes { lower in
      upper.withUnsafeBytes { upper in
        rocksdb_suggest_compact_range(
          handle, lower.baseAddress?.assumingMemoryBound(to: CChar.self), lower.count,
          upper.baseAddress?.assumingMemoryBound(to: CChar.self), upper.count, &message)
      }
    }
    // A hint: what can't be merged now will be by and by.
    if let message { rocksdb_free(message) }
  }

  func compact() throws(EngineError) {
    try flush()
    rocksdb_compact_range(handle, nil, 0, nil, 0)
  }

  /// Up to so many bytes of tables everything is merged at once, which drops tombstones, too.
  private static let mergedAtOnce = 256 << 20

  /// Larger data, or data for which there is no room twice, are merged in the background, a level at each call.
  func reclaim(within room: Int) throws(EngineError) {
    let tables = integerProperty("rocksdb.total-sst-files-size") ?? 0
    if tables <= min(RocksDatabase.mergedAtOnce, room / 2) {
      rocksdb_compact_range(handle, nil, 0, nil, 0)
    } else {
      suggestCompaction()
    }
  }

  var position: UInt64 { rocksdb_get_latest_sequence_number(handle) }

  var oldestViewPosition: UInt64? {
    guard integerProperty("rocksdb.num-snapshots") ?? 0 > 0 else { return nil }
    return integerProperty("rocksdb.oldest-snapshot-sequence").map { UInt64($0) }
  }

  func integerProperty(_ name: String) -> Int? {
    var value: UInt64 = 0
    return rocksdb_property_int(handle, name, &value) == 0 ? Int(clamping: value) : nil
  }

  /// An error of a running engine; takes over and frees its message.
  func failure(_ what: String, _ message: UnsafeMutablePointer<CChar>?) -> EngineError {
    let error = RocksDatabase.error(what, message)
    if error.kind == .corruption { onCorruption(error) }
    return error
  }

  /// Takes over and frees the engine's message.
  static func error(_ what: String, _ message: UnsafeMutablePointer<CChar>?) -> EngineError {
    guard let message else { return EngineError(what) }
    defer { rocksdb_free(message) }
    let text = String(cString: message)
    return EngineError("\(what): \(text)", kind: EngineError.Kind(rocksStatus: text))
  }
}
