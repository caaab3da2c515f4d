/// The append messages on their way to one follower: a window that is limited in messages and in bytes.
///
/// The limit of bytes is soft: the message that crosses it is still sent. The buffer grows with use, so that a
/// node with thousands of idle groups pays nothing for it.
struct Inflights: Sendable {
  private struct Flight {
    /// The last entry of the message.
    var index: LogIndex
    var bytes: Int
  }

  private let maxMessages: Int
  private let maxBytes: Int
  private var ring: [Flight] = []
  private var start = 0
  private(set) var count = 0
  private(set) var bytes = 0

  init(maxMessages: Int, maxBytes: Int) {
    self.maxMessages = maxMessages
    self.maxBytes = maxBytes
  }

  private(set) var isFull = false

  /// Takes note of a message; the window must not be full.
  mutating func add(index: LogIndex, bytes: Int) {
    precondition(!isFull, "a leader must look whether the window is full before it sends")
    if count == ring.count { grow() }
    ring[(start + count) % ring.count] = Flight(index: index, bytes: bytes)
    count += 1
    self.bytes += bytes
    isFull = count >= maxMessages || self.bytes >= maxBytes
  }

  /// Everything up to `index` has arrived.
  mutating func free(through index: LogIndex) {
    while count > 0, ring[start].index <= index {
      bytes -= ring[start].bytes
      start = start + 1 == ring.count ? 0 : start + 1
      count -= 1
    }
    isFull = count >= maxMessages || bytes >= maxBytes
  }

  mutating func removeAll() {
    start = 0
    count = 0
    bytes = 0
    isFull = false
  }

  private mutating func grow() {
    var larger: [Flight] = []
    larger.reserveCapacity(max(4, ring.count * 2))
    for offset in 0..<count { larger.append(ring[(start + offset) % ring.count]) }
    larger.append(contentsOf: repeatElement(Flight(index: .zero, bytes: 0), count: max(4, ring.count * 2) - count))
    ring = larger
    start = 0
  }
}
