/// Names what a transaction has read by fewer ranges, which then cover keys that it did not read.
///
/// A range that reaches from one table into another makes writers of all tables between them conflict. So ranges are cut
/// where neighbouring keys have the shortest prefix in common: first between layers, then between tables, then within
/// them.
enum ReadWidening {
  /// Ranges that contain all `keys`, at most `limit` of them. O(n log n).
  static func ranges(over keys: [Key], atMost limit: Int) -> [KeyRange] {
    let sorted = keys.sorted()
    return runs(of: sorted, atMost: limit).map { KeyRange(sorted[$0.lowerBound], sorted[$0.upperBound - 1].successor) }
  }

  /// Ranges that cover all `ranges`, at most `limit` of them. Those that touch become one.
  static func merged(_ ranges: [KeyRange], atMost limit: Int) -> [KeyRange] {
    var merged: [KeyRange] = []
    for range in ranges.sorted(by: { $0.lower < $1.lower }) {
      if let last = merged.last, !(last.upper < range.lower) {
        if last.upper < range.upper { merged[merged.count - 1].upper = range.upper }
      } else {
        merged.append(range)
      }
    }
    if merged.count <= limit { return merged }
    return runs(of: merged.map(\.lower), atMost: limit)
      .map { KeyRange(merged[$0.lowerBound].lower, merged[$0.upperBound - 1].upper) }
  }

  /// Divides sorted keys into at most `limit` runs, where neighbours have least in common.
  private static func runs(of keys: [Key], atMost limit: Int) -> [Range<Int>] {
    guard keys.count > 1 else { return keys.isEmpty ? [] : [0..<1] }
    let common = (1..<keys.count).map { commonPrefix(keys[$0 - 1].bytes, keys[$0].bytes) }
    let ascending = common.sorted()
    let cutBelow = limit > ascending.count ? Int.max : ascending[limit - 1]
    // What is left of the limit goes to those that have just as much in common, evenly.
    let ties = common.count { $0 == cutBelow }
    let step = ties / (limit - common.count { $0 < cutBelow }) + 1
    var tie = 0
    var runs: [Range<Int>] = []
    var start = 0
    for place in 1..<keys.count {
      let length = common[place - 1]
      if length == cutBelow { tie += 1 }
      guard length < cutBelow || (length == cutBelow && tie.isMultiple(of: step)) else { continue }
      runs.append(start..<place)
      start = place
    }
    runs.append(start..<keys.count)
    return runs
  }

  private static func commonPrefix(_ left: [UInt8], _ right: [UInt8]) -> Int {
    let count = min(left.count, right.count)
    var length = 0
    while length < count, left[length] == right[length] { length += 1 }
    return length
  }
}
