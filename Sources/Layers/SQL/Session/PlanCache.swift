/// A bounded memory of what was made of statement texts; the least recently used go first.
struct PlanCache<Value> {
  private struct Entry {
    var value: Value
    var bytes: Int
    var lastUse: UInt64
  }

  /// Longer texts are not kept: they rarely come again.
  static var maximumTextBytes: Int { 4_096 }
  /// What all values may hold, estimated.
  static var maximumBytes: Int { 2 << 20 }

  private var entries: [String: Entry] = [:]
  /// What the values are taken to hold.
  private(set) var bytes = 0
  private let capacity: Int
  private var clock: UInt64 = 0

  init(capacity: Int) { self.capacity = capacity }

  mutating func value(_ text: String) -> Value? {
    clock += 1
    guard let index = entries.index(forKey: text) else { return nil }
    entries.values[index].lastUse = clock
    return entries.values[index].value
  }

  /// Whether a text is worth keeping.
  func takes(_ text: String) -> Bool { capacity > 0 && text.utf8.count <= Self.maximumTextBytes }

  /// Keeps a value that is taken to hold `size` bytes, if its text is worth it.
  mutating func store(_ value: Value, for text: String, bytes size: Int) {
    guard takes(text) else { return }
    clock += 1
    let replaced = entries.updateValue(Entry(value: value, bytes: size, lastUse: clock), forKey: text)
    bytes += size - (replaced?.bytes ?? 0)
    guard entries.count > capacity || bytes > Self.maximumBytes else { return }
    // A quarter at once, so that finding the oldest costs little per entry.
    for (key, entry) in entries.sorted(by: { $0.value.lastUse < $1.value.lastUse }) where key != text {
      guard entries.count > capacity - capacity / 4 || bytes > Self.maximumBytes / 4 * 3 else { break }
      entries.removeValue(forKey: key)
      bytes -= entry.bytes
    }
  }

  mutating func removeAll() {
    entries = [:]
    bytes = 0
  }
}
