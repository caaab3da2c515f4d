import RoostStorage

/// Empty batches whose memory waits for its next use, the last one used on top: it may still be in the caches.
struct SpareBatches {
  private var batches: [EngineBatch] = []
  private static let mostKept = 16
  /// Bytes of content, so that a batch's memory is at most about twice as large. No more is expected to be staged again,
  /// either.
  static let largest = 64 << 10

  /// An empty batch with room for about so many bytes.
  mutating func take(expecting bytes: Int) -> EngineBatch {
    var batch = batches.popLast() ?? EngineBatch()
    batch.reserveCapacity(bytes)
    return batch
  }

  mutating func giveBack(_ batch: consuming EngineBatch) {
    guard batches.count < SpareBatches.mostKept, batch.byteCount <= SpareBatches.largest else { return }
    batch.removeAll()
    batches.append(batch)
  }
}
