extension RandomAccessCollection {
  /// The index of the first element that belongs to the second part; the end index if none does. The elements must be
  /// parted so that a condition fails for those of the first part and holds for all after them, as it does for "is at or
  /// after this key" if they are in order.
  ///
  /// ```swift
  /// let first = keys.partitioningIndex { !($0 < key) }   // the first key at or after `key`
  /// let last = starts.partitioningIndex { $0 > offset } - 1   // the last start at or before `offset`, or -1
  /// ```
  ///
  /// - Parameter belongsToSecondPart: whether an element belongs to the second part.
  /// - Complexity: O(log n) calls.
  @inlinable
  public func partitioningIndex(where belongsToSecondPart: (Element) -> Bool) -> Index {
    var low = startIndex
    var count = self.count
    while count > 0 {
      let half = count / 2
      let middle = index(low, offsetBy: half)
      if belongsToSecondPart(self[middle]) {
        count = half
      } else {
        low = index(after: middle)
        count -= half + 1
      }
    }
    return low
  }
}
