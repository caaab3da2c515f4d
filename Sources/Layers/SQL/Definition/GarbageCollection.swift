import RoostBase
import RoostRelational
import RoostStore

/// Removes the rows of dropped tables and indexes, after the drop has been committed.
///
/// A drop only takes the descriptor away and leaves a note; rows go afterwards in transactions of bounded size. What a
/// crash interrupts, the next drop finishes.
struct GarbageCollection {
  private let database: Database
  /// Keys removed in one transaction.
  private static let batch = 2_000

  /// Ends it early; nil is never.
  private let cancellation: CancellationFlag?

  init(_ database: Database, _ cancellation: CancellationFlag? = nil) {
    self.database = database
    self.cancellation = cancellation
  }

  /// Works through all notes; gives up at the first failure, as the notes stay. False if it was cancelled.
  @discardableResult
  func run() async -> Bool {
    do throws(StoreError) {
      let options = TransactionOptions(timeLimit: database.options.storeTimeLimit, interruption: cancellation)
      while let note = try await nextNote(options) {
        while try await removeBatch(note, options) {
          await Task.yield()
          if cancellation?.isCancelled == true { return false }
        }
      }
    } catch {
      return cancellation?.isCancelled != true
    }
    return true
  }

  private func nextNote(_ options: TransactionOptions) async throws(StoreError) -> Key? {
    let transaction = try await database.store.begin(options)
    defer { transaction.rollback() }
    return try await transaction.scan(KeyLayout.garbage).next(1).first?.key
  }

  /// Removes some keys of the object, or the note when none is left.
  private func removeBatch(_ note: Key, _ options: TransactionOptions) async throws(StoreError) -> Bool {
    let object = UInt32(bigEndianBytes: note.bytes.suffix(4))
    let transaction = try await database.store.begin(options)
    let scan = try transaction.scan(KeyLayout.range(object))
    var removed = 0
    while removed < Self.batch, case let pairs = try await scan.next(), !pairs.isEmpty {
      for pair in pairs { try transaction.delete(pair.key) }
      removed += pairs.count
    }
    if removed == 0 {
      try transaction.delete(note)
      try transaction.delete(KeyLayout.counter(object))
    }
    try await transaction.commit()
    return removed > 0
  }
}
