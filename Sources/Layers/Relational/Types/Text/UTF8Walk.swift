/// Walking over the bytes of a text by characters (Unicode scalars, as PostgreSQL counts them), without making a
/// `Character` or a `String` of each.
extension UnsafeBufferPointer where Element == UInt8 {
  /// Whether a character begins at `index`.
  @inline(__always)
  func isLead(_ index: Int) -> Bool { self[index] & 0xC0 != 0x80 }

  /// Bytes of the character that begins at `index`.
  @inline(__always)
  func width(at index: Int) -> Int {
    let first = self[index]
    let width = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    return Swift.min(width, count - index)
  }

  /// The character that begins at `index` and its width in bytes. The bytes are valid UTF-8, as those of a `String`.
  @inline(__always)
  func scalar(at index: Int) -> (value: UInt32, width: Int) {
    let first = self[index]
    if first < 0x80 { return (UInt32(first), 1) }
    let width = width(at: index)
    var value = UInt32(first) & (0x7F >> UInt32(width))
    for offset in 1..<Swift.max(width, 1) { value = value << 6 | UInt32(self[index + offset] & 0x3F) }
    return (value, width)
  }

  /// The index of the character before `index`, which is greater than 0.
  @inline(__always)
  func lead(before index: Int) -> Int {
    var index = index - 1
    while index > 0, !isLead(index) { index -= 1 }
    return index
  }

  var isASCII: Bool {
    var all: UInt8 = 0
    for byte in self { all |= byte }
    return all < 0x80
  }

  func part(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: self[range]) }

  /// Characters among the bytes of `range`.
  func characterCount(_ range: Range<Int>, _ pace: EvaluationPace?) throws(SQLError) -> Int {
    var total = 0
    var start = range.lowerBound
    while start < range.upperBound {
      let end = Swift.min(start + EvaluationPace.blockSize, range.upperBound)
      try pace?.poll(work: (end - start) >> 2)
      for index in start..<end { total &+= isLead(index) ? 1 : 0 }
      start = end
    }
    return total
  }

  /// The index after `characters` characters from `start`, which begins one; `count` when there are fewer.
  func index(
    after characters: Int, from start: Int = 0, _ pace: EvaluationPace?
  ) throws(SQLError) -> Int {
    // A character has at least one byte.
    if characters >= count - start { return count }
    var left = characters
    var index = start
    while index < count, left > 0 {
      // Whole blocks as long as they can't hold more characters than are left.
      let end = Swift.min(index + EvaluationPace.blockSize, count)
      if end - index <= left {
        left -= try characterCount(index..<end, pace)
        index = end
        // The block may end within a character.
        while index < count, !isLead(index) { index += 1 }
      } else {
        try pace?.poll(work: left)
        while index < count, left > 0 {
          index += width(at: index)
          left -= 1
        }
      }
    }
    return index
  }
}

extension String {
  /// The UTF-8 bytes, without a copy for native strings.
  func withBytes<Value>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(SQLError) -> Value
  ) throws(SQLError) -> Value {
    var text = self
    let outcome: Result<Value, SQLError> = text.withUTF8 { bytes in
      do throws(SQLError) {
        return .success(try body(bytes))
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }
}

extension Array where Element == UInt8 {
  /// Appends the UTF-8 form of a character.
  @inline(__always)
  mutating func append(scalar value: UInt32) {
    if value < 0x80 {
      append(UInt8(truncatingIfNeeded: value))
      return
    }
    if value < 0x800 {
      append(UInt8(truncatingIfNeeded: 0xC0 | value >> 6))
    } else {
      if value < 0x10000 {
        append(UInt8(truncatingIfNeeded: 0xE0 | value >> 12))
      } else {
        append(UInt8(truncatingIfNeeded: 0xF0 | value >> 18))
        append(UInt8(truncatingIfNeeded: 0x80 | (value >> 12 & 0x3F)))
      }
      append(UInt8(truncatingIfNeeded: 0x80 | (value >> 6 & 0x3F)))
    }
    append(UInt8(truncatingIfNeeded: 0x80 | (value & 0x3F)))
  }
}

/// A set of characters with a bit for each ASCII one.
struct ScalarSet {
  private var ascii: (UInt64, UInt64) = (0, 0)
  private var others: Set<UInt32> = []

  init(_ text: String, _ pace: EvaluationPace) throws(SQLError) {
    try text.withBytes { bytes throws(SQLError) in
      var index = 0
      while index < bytes.count {
        let (value, width) = bytes.scalar(at: index)
        try pace.poll(work: value < 0x80 ? 1 : 16)
        insert(value)
        index += width
      }
    }
  }

  private mutating func insert(_ value: UInt32) {
    if value < 64 {
      ascii.0 |= 1 << UInt64(value)
    } else if value < 128 {
      ascii.1 |= 1 << UInt64(value - 64)
    } else {
      others.insert(value)
    }
  }

  @inline(__always)
  func contains(_ value: UInt32) -> Bool {
    if value < 64 { return ascii.0 >> UInt64(value) & 1 == 1 }
    if value < 128 { return ascii.1 >> UInt64(value - 64) & 1 == 1 }
    return !others.isEmpty && others.contains(value)
  }
}
