/// Search for one byte string in others, in time proportional to both.
///
/// Short needles are compared in place. Longer ones use the two-way algorithm (Crochemore and Perrin, "Two-way
/// string-matching", JACM 38, 1991): the needle is cut at a critical factorization, its right part is compared
/// forwards, its left part backwards, and the period tells how far a mismatch lets it move. It needs no table of the
/// needle's length. A shift by the last byte, as in Horspool's algorithm, makes ordinary text faster.
struct SubstringSearch {
  let needle: UnsafeBufferPointer<UInt8>
  private let pace: EvaluationPace
  /// Where the right part begins; 0 with `shifts` empty for needles that are compared in place.
  private var cut = 0
  private var period = 1
  /// What of the needle is known to match after a move by the period.
  private var remembered = 0
  /// How far the needle's last occurrence of a byte lies from its end.
  private var shifts: [Int] = []

  /// Needles up to this many bytes are compared at every place.
  private static let shortLength = 8

  /// - Parameter needle: must outlive the search.
  init(_ needle: UnsafeBufferPointer<UInt8>, _ pace: EvaluationPace) throws(SQLError) {
    self.needle = needle
    self.pace = pace
    guard needle.count > Self.shortLength else { return }
    let length = needle.count
    shifts = [Int](repeating: length, count: 256)
    for index in 0..<length {
      if index & 0xFFF == 0 { try pace.poll(work: min(length - index, 0x1000)) }
      shifts[Int(needle[index])] = length - 1 - index
    }
    let (first, firstPeriod) = try maximalSuffix { $0 > $1 }
    let (second, secondPeriod) = try maximalSuffix { $0 < $1 }
    (cut, period) = second > first ? (second, secondPeriod) : (first, firstPeriod)
    if try isEqual(0, period, cut) {
      remembered = length - period
    } else {
      period = max(cut, length - cut + 1)
    }
  }

  /// Where the maximal suffix under an order begins, and its period.
  private func maximalSuffix(
    _ precedes: (UInt8, UInt8) -> Bool
  ) throws(SQLError) -> (start: Int, period: Int) {
    var start = -1
    var candidate = 0
    var offset = 1
    var period = 1
    var steps = 0
    while candidate + offset < needle.count {
      steps += 1
      if steps & 0xFFF == 0 { try pace.poll(work: 0x1000) }
      let left = needle[start + offset]
      let right = needle[candidate + offset]
      if left == right {
        if offset == period {
          candidate += period
          offset = 1
        } else {
          offset += 1
        }
      } else if precedes(left, right) {
        candidate += offset
        offset = 1
        period = candidate - start
      } else {
        start = candidate
        candidate += 1
        offset = 1
        period = 1
      }
    }
    try pace.poll(work: steps & 0xFFF)
    return (start + 1, period)
  }

  /// Whether `count` bytes of the needle at two places are the same; false when one reaches beyond its end.
  private func isEqual(_ left: Int, _ right: Int, _ count: Int) throws(SQLError) -> Bool {
    guard left + count <= needle.count, right + count <= needle.count else { return false }
    for index in 0..<count {
      if index & 0xFFF == 0 { try pace.poll(work: min(count - index, 0x1000)) }
      if needle[left + index] != needle[right + index] { return false }
    }
    return true
  }

  /// The index of the first occurrence in `bytes` at or after `start`.
  func first(in bytes: UnsafeBufferPointer<UInt8>, from start: Int = 0) throws(SQLError) -> Int? {
    if needle.isEmpty { return start }
    guard bytes.count - start >= needle.count else { return nil }
    return shifts.isEmpty ? try compared(bytes, start) : try twoWay(bytes, start)
  }

  private func compared(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) throws(SQLError) -> Int? {
    let first = needle[0]
    let last = bytes.count - needle.count
    var index = start
    while index <= last {
      let end = min(index + EvaluationPace.blockSize, last + 1)
      let begin = index
      while index < end {
        if bytes[index] == first {
          var matched = 1
          while matched < needle.count, bytes[index + matched] == needle[matched] { matched += 1 }
          if matched == needle.count {
            try pace.poll(work: index - begin + 1)
            return index
          }
        }
        index += 1
      }
      try pace.poll(work: end - begin)
    }
    return nil
  }

  private func twoWay(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) throws(SQLError) -> Int? {
    let length = needle.count
    var position = start
    var known = 0
    var work = 0
    while position + length <= bytes.count {
      work += 1
      if work >= Self.workBetweenPolls {
        try pace.poll(work: work)
        work = 0
      }
      let shift = shifts[Int(bytes[position + length - 1])]
      if shift > 0 {
        position += max(shift, known)
        known = 0
        continue
      }
      var index = max(cut, known)
      while index < length, needle[index] == bytes[position + index] {
        index += 1
        work += 1
        if work >= Self.workBetweenPolls {
          try pace.poll(work: work)
          work = 0
        }
      }
      if index < length {
        position += index - cut + 1
        known = 0
        continue
      }
      index = cut
      while index > known, needle[index - 1] == bytes[position + index - 1] {
        index -= 1
        work += 1
        if work >= Self.workBetweenPolls {
          try pace.poll(work: work)
          work = 0
        }
      }
      if index <= known {
        try pace.poll(work: work)
        return position
      }
      position += period
      known = remembered
    }
    try pace.poll(work: work)
    return nil
  }

  private static let workBetweenPolls = 1 << 13
}
