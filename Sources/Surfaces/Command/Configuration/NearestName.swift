/// Finds what was meant by a mistyped name.
enum NearestName {
  /// The name that differs least, if it differs little: by one change for every three characters.
  static func to(_ typed: String, among names: some Sequence<String>) -> String? {
    let wanted = Array(typed.lowercased())
    guard (1...64).contains(wanted.count) else { return nil }
    var best: (name: String, distance: Int)?
    for name in names {
      let distance = distance(wanted, Array(name.lowercased()))
      guard distance <= max(1, max(wanted.count, name.count) / 3), distance < best?.distance ?? .max else { continue }
      best = (name, distance)
    }
    return best?.name
  }

  /// `; did you mean NAME?`, or nothing.
  static func hint(_ typed: String, among names: some Sequence<String>, prefix: String = "") -> String {
    to(typed, among: names).map { "; did you mean \(prefix)\($0)?" } ?? ""
  }

  /// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
  private static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for i in left.indices {
      var row = [i + 1]
      for j in right.indices {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { cost = min(cost, beforeLast[j - 1] + 1) }
        row.append(cost)
      }
      beforeLast = last
      last = row
    }
    return last[right.count]
  }
}
