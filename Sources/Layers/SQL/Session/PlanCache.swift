/// A bounded memory of what was made of statement texts; the least recently used go first.
struct PlanCache<Value> {
  private struct Entry {
    var value: Value
    var lastUse: UInt64
  }

  /// Longer texts are not kept: they rarely come again.
  static var maximumTextBytes: Int { 4_096 }

  private var entries: [String: Entry] = [:]
  /// Bytes of all texts: what is made of them takes some hundred times as much.
  private static var maximumTotalBytes: Int { 128 << 10 }
  private var textBytes = 0
  private let capacity: Int
  private var clock: UInt64 = 0

  init(capacity: Int) { self.capacity = capacity }

  mutating func value(_ text: String) -> Value? {
    clock += 1
    guard let index = entries.index(forKey: text) else { return nil }
    entries.values[index].lastUse = clock
    return entries.values[index].value
  }

  mutating func store(_ value: Value, for text: String) {
    guard capacity > 0, text.utf8.count <= Self.maximumTextBytes else { return }
    clock += 1
    if entries.updateValue(Entry(value: value, lastUse: clock), forKey: text) == nil { textBytes += text.utf8.count }
    guard entries.count > capacity || textBytes > Self.maximumTotalBytes else { return }
    // A quarter at once, so that finding the oldest costs little per entry.
    let oldest = entries.sorted { $0.value.lastUse < $1.value.lastUse }.prefix(max(1, capacity / 4))
    for (key, _) in oldest where key != text {
      entries.removeValue(forKey: key)
      textBytes -= key.utf8.count
    }
  }

  mutating func removeAll() {
    entries = [:]
    textBytes = 0
  }
}
