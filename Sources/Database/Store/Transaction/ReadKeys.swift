/// The keys that a transaction has read one by one. Most read a few, which are compared one after the other; more are hashed.
struct ReadKeys {
  private var few: [Key] = []
  private var many: Set<Key> = []
  private static let fewest = 8

  var count: Int { few.count + many.count }
  var all: [Key] { many.isEmpty ? few : Array(many) }

  mutating func insert(_ key: Key) {
    guard many.isEmpty else {
      many.insert(key)
      return
    }
    if few.contains(key) { return }
    guard few.count == ReadKeys.fewest else { return few.append(key) }
    many = Set(few)
    many.insert(key)
    few = []
  }

  /// Whether it was there.
  mutating func remove(_ key: Key) -> Bool {
    if many.isEmpty {
      guard let place = few.firstIndex(of: key) else { return false }
      few.remove(at: place)
      return true
    }
    return many.remove(key) != nil
  }

  mutating func removeAll() {
    few = []
    many.removeAll(keepingCapacity: true)
  }
}
