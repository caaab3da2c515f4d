/// How much was handed out to be applied and is not applied yet. It bounds the memory that committed entries take
/// when the state machine is slower than the log.
struct ApplyQueue: Sendable {
  private struct Batch {
    var last: LogIndex
    var bytes: Int
  }

  private let maxBytes: Int
  private var batches: [Batch] = []
  private var bytes = 0
  /// Set when the limit is reached, or the next entry would cross it; cleared when something was applied.
  private(set) var isPaused = false

  init(maxBytes: Int) { self.maxBytes = max(1, maxBytes) }

  var remainingBytes: Int { maxBytes - bytes }

  mutating func add(through last: LogIndex, bytes: Int, isLimited: Bool) {
    batches.append(Batch(last: last, bytes: bytes))
    self.bytes += bytes
    isPaused = self.bytes >= maxBytes || isLimited
  }

  /// Returns the bytes of the batches that are wholly applied.
  mutating func free(through index: LogIndex) -> Int {
    var freed = 0
    var count = 0
    while count < batches.count, batches[count].last <= index {
      freed += batches[count].bytes
      count += 1
    }
    batches.removeFirst(count)
    bytes -= freed
    isPaused = bytes >= maxBytes
    return freed
  }
}
