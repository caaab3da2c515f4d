import RoostRelational
import RoostStore
import Synchronization

/// Numbers for rows without a key and for serial columns: taken from a counter in the store in blocks, so that an
/// insert rarely pays for it. Numbers of a block that is not used up are lost when the node stops.
final class RowNumbers: Sendable {
  /// Above it JavaScript clients lose precision.
  static let limit: UInt64 = 1 << 53

  private let store: any TransactionBackend
  private let blocks = Mutex<[UInt32: Range<UInt64>]>([:])

  init(store: any TransactionBackend) { self.store = store }

  /// The next number of a counter, from one. A cancellation ends the wait for a block.
  func next(
    _ counter: UInt32, block: UInt64, options: TransactionOptions, _ cancellation: CancellationFlag
  ) async throws(SQLError) -> UInt64 {
    if let number = take(counter) { return number }
    let fresh = try await reserve(counter, block, options, cancellation)
    return blocks.withLock { blocks in
      // Another session may have fetched a block meanwhile; the older one is used up first.
      if let left = blocks[counter], !left.isEmpty, left.lowerBound < fresh.lowerBound {
        blocks[counter] = (left.lowerBound + 1)..<left.upperBound
        return left.lowerBound
      }
      blocks[counter] = (fresh.lowerBound + 1)..<fresh.upperBound
      return fresh.lowerBound
    }
  }

  private func take(_ counter: UInt32) -> UInt64? {
    blocks.withLock { blocks in
      guard let left = blocks[counter], !left.isEmpty else { return nil }
      blocks[counter] = (left.lowerBound + 1)..<left.upperBound
      return left.lowerBound
    }
  }

  private func reserve(
    _ counter: UInt32, _ count: UInt64, _ options: TransactionOptions, _ cancellation: CancellationFlag
  ) async throws(SQLError) -> Range<UInt64> {
    let key = KeyLayout.counter(counter)
    var attempts = 0
    while true {
      do throws(StoreError) {
        let transaction = try await store.begin(options)
        let first = try await transaction.get(key).flatMap(KeyLayout.number) ?? 1
        guard first < Self.limit - count else { break }
        try transaction.put(key, KeyLayout.bigEndian(first + count))
        try await transaction.commit()
        return first..<(first + count)
      } catch {
        // Whatever became of a block, the statement that wants one has changed nothing yet.
        try cancellation.check()
        attempts += 1
        guard error == .conflict || error == .unknownOutcome, attempts < 20 else {
          throw StoreErrorMapping.error(error)
        }
      }
    }
    throw SQLError("2200H", "a sequence reached its maximum value (\(Self.limit))")
  }
}
