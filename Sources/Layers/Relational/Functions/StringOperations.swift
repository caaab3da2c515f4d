/// The string functions over UTF-8 bytes; positions and lengths count characters (Unicode scalars). All take time
/// proportional to their arguments and result, and count it.
enum StringOperations {
  /// Longest result a function builds; PostgreSQL stops at 1 GiB, a node of many sessions sooner.
  static let sizeLimit = 64 << 20

  static var tooLarge: SQLError { SQLError("54000", "requested length too large") }

  static func checkSize(_ bytes: Int) throws(SQLError) {
    if bytes > sizeLimit { throw tooLarge }
  }

  /// Announces a result of `bytes` before it is built.
  ///
  /// - Throws: 54000 when it is larger than any may be, 53200 when the node has no memory for it.
  static func admit(_ bytes: Int, _ pace: EvaluationPace?) throws(SQLError) {
    try checkSize(bytes)
    try pace?.admit(bytes)
  }

  static func string(_ bytes: some Collection<UInt8>) -> Datum { .text(String(decoding: bytes, as: UTF8.self)) }

  // MARK: Case

  /// The one character a character maps to; itself when it maps to several.
  private static func mapped(_ scalar: Unicode.Scalar, _ mapping: String) -> Unicode.Scalar {
    let scalars = mapping.unicodeScalars
    guard let first = scalars.first, scalars.count == 1 else { return scalar }
    return first
  }

  /// What a mapping of a character through Unicode's tables is counted as.
  private static let mappingWork = 32

  static func lower(_ text: String, _ pace: EvaluationPace) throws(SQLError) -> String {
    try mapped(text, pace, \.lowercased) { mapped($0, $0.properties.lowercaseMapping) }
  }

  static func upper(_ text: String, _ pace: EvaluationPace) throws(SQLError) -> String {
    try mapped(text, pace, \.uppercased) { mapped($0, $0.properties.uppercaseMapping) }
  }

  private static func mapped(
    _ text: String, _ pace: EvaluationPace, _ ascii: (UInt8) -> UInt8, _ other: (Unicode.Scalar) -> Unicode.Scalar
  ) throws(SQLError) -> String {
    try transformed(text, pace) { value in
      if value < 0x80 { return UInt32(ascii(UInt8(truncatingIfNeeded: value))) }
      return Unicode.Scalar(value).map { other($0).value } ?? value
    }
  }

  static func initcap(_ text: String, _ pace: EvaluationPace) throws(SQLError) -> String {
    var inWord = false
    return try transformed(text, pace) { value in
      guard let scalar = Unicode.Scalar(value) else { return value }
      if value < 0x80 {
        let byte = UInt8(truncatingIfNeeded: value)
        defer { inWord = byte.isLetter || byte.isDigit }
        return UInt32(inWord ? byte.lowercased : byte.uppercased)
      }
      let isWord = scalar.properties.isAlphabetic || scalar.properties.numericType != nil
      defer { inWord = isWord }
      let properties = scalar.properties
      return mapped(scalar, inWord ? properties.lowercaseMapping : properties.uppercaseMapping).value
    }
  }

  /// The text with each character replaced by another.
  private static func transformed(
    _ text: String, _ pace: EvaluationPace, _ change: (UInt32) -> UInt32
  ) throws(SQLError) -> String {
    let bytes = try text.withBytes { bytes throws(SQLError) in
      // The array and the string that is made of it.
      try pace.admit(2 * bytes.count)
      var result: [UInt8] = []
      result.reserveCapacity(bytes.count)
      var index = 0
      while index < bytes.count {
        let end = min(index + EvaluationPace.blockSize, bytes.count)
        var work = end - index
        while index < end {
          let (value, width) = bytes.scalar(at: index)
          if value >= 0x80 { work += mappingWork }
          result.append(scalar: change(value))
          index += width
        }
        try pace.poll(work: work)
        try checkSize(result.count)
      }
      return result
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func build(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  static func reversed(_ text: String, _ pace: EvaluationPace) throws(SQLError) -> String {
    let bytes = try text.withBytes { bytes throws(SQLError) in
      // The array and the string that is made of it.
      try pace.admit(2 * bytes.count)
      var result: [UInt8] = []
      result.reserveCapacity(bytes.count)
      var end = bytes.count
      while end > 0 {
        try pace.poll(work: 2)
        let start = bytes.lead(before: end)
        for index in start..<end { result.append(bytes[index]) }
        end = start
      }
      return result
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  // MARK: Parts

  /// The bytes of a range as a string.
  static func text(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ pace: EvaluationPace
  ) throws(SQLError)
    -> String
  {
    try pace.poll(work: range.count >> 3)
    try pace.admit(range.count)
    return String(decoding: bytes.part(range), as: UTF8.self)
  }

  /// Characters from `start` (1 is the first; positions before it count) for `length`.
  static func substring(
    _ text: String, _ start: Int64, _ length: Int64?, _ pace: EvaluationPace
  ) throws(SQLError) -> String {
    if let length, length < 0 { throw SQLError("22011", "negative substring length not allowed") }
    let end = length.map { start.addingReportingOverflow($0) }
    let first = max(start, 1)
    var last = Int64.max
    if let end, !end.overflow {
      if end.partialValue <= 1 { return "" }
      last = end.partialValue
    }
    return try text.withBytes { bytes throws(SQLError) in
      guard first <= Int64(bytes.count), last > first else { return "" }
      let from = try bytes.index(after: Int(first - 1), pace)
      let to = last == .max ? bytes.count : try bytes.index(after: Int(clamping: last - first), from: from, pace)
      return try Self.text(bytes, from..<to, pace)
    }
  }

  static func substring(
    _ bytes: [UInt8], _ start: Int64, _ length: Int64?, _ pace: EvaluationPace
  ) throws(SQLError) -> [UInt8] {
    if let length, length < 0 { throw SQLError("22011", "negative substring length not allowed") }
    let first = max(start, 1)
    var last = Int64(bytes.count) + 1
    if let length {
      let (end, overflow) = start.addingReportingOverflow(length)
      if !overflow { last = min(last, end) }
    }
    guard first < last else { return [] }
    try pace.poll(work: Int(last - first) >> 4)
    return Array(bytes[Int(first - 1)..<Int(last - 1)])
  }

  /// The first `count` characters, or all but the last -`count`.
  static func left(_ text: String, _ count: Int64, _ pace: EvaluationPace) throws(SQLError) -> String {
    try text.withBytes { bytes throws(SQLError) in
      let end = try split(bytes, count, fromEnd: false, pace)
      return try Self.text(bytes, 0..<end, pace)
    }
  }

  /// The last `count` characters, or all but the first -`count`.
  static func right(_ text: String, _ count: Int64, _ pace: EvaluationPace) throws(SQLError) -> String {
    try text.withBytes { bytes throws(SQLError) in
      let start = try split(bytes, count, fromEnd: true, pace)
      return try Self.text(bytes, start..<bytes.count, pace)
    }
  }

  /// The index that has `count` characters before it (after it with `fromEnd`), or all but -`count`.
  private static func split(
    _ bytes: UnsafeBufferPointer<UInt8>, _ count: Int64, fromEnd: Bool, _ pace: EvaluationPace
  ) throws(SQLError) -> Int {
    if fromEnd, count < 0 { return try bytes.index(after: Int(clamping: count.magnitude), pace) }
    if !fromEnd, count >= 0 { return try bytes.index(after: Int(clamping: count), pace) }
    let total = try bytes.characterCount(0..<bytes.count, pace)
    let before = Int64(total) - Int64(clamping: count.magnitude)
    return before <= 0 ? 0 : try bytes.index(after: Int(before), pace)
  }

  static func trim(
    _ text: String, _ set: String, leading: Bool, trailing: Bool, _ pace: EvaluationPace
  ) throws(SQLError) -> String {
    let characters = try ScalarSet(set, pace)
    return try text.withBytes { bytes throws(SQLError) in
      var start = 0
      var end = bytes.count
      while leading, start < end {
        let (value, width) = bytes.scalar(at: start)
        try pace.poll(work: 1)
        if !characters.contains(value) { break }
        start += width
      }
      while trailing, end > start {
        let before = bytes.lead(before: end)
        try pace.poll(work: 1)
        if !characters.contains(bytes.scalar(at: before).value) { break }
        end = before
      }
      return try Self.text(bytes, start..<end, pace)
    }
  }

  static func trim(
    _ bytes: [UInt8], _ set: [UInt8], leading: Bool, trailing: Bool, _ pace: EvaluationPace
  ) throws(SQLError) -> [UInt8] {
    var isMember = [Bool](repeating: false, count: 256)
    for byte in set {
      try pace.poll(work: 1)
      isMember[Int(byte)] = true
    }
    var start = 0
    var end = bytes.count
    while leading, start < end, isMember[Int(bytes[start])] {
      try pace.poll(work: 1)
      start += 1
    }
    while trailing, end > start, isMember[Int(bytes[end - 1])] {
      try pace.poll(work: 1)
      end -= 1
    }
    try pace.poll(work: (end - start) >> 4)
    try pace.admit(end - start)
    return Array(bytes[start..<end])
  }

  // MARK: Growth

  static func pad(
    _ text: String, _ length: Int64, _ fill: String, atStart: Bool, _ pace: EvaluationPace
  ) throws(SQLError) -> String {
    let wanted = Int(max(0, min(length, Int64(Int32.max))))
    try checkSize(wanted)
    return try text.withBytes { bytes throws(SQLError) in
      let count = try bytes.characterCount(0..<bytes.count, pace)
      if count >= wanted { return try Self.text(bytes, 0..<bytes.index(after: wanted, pace), pace) }
      if fill.isEmpty { return text }
      return try fill.withBytes { filler throws(SQLError) in
        let characters = try filler.characterCount(0..<filler.count, pace)
        let (whole, rest) = (wanted - count).quotientAndRemainder(dividingBy: characters)
        let size = whole * filler.count + (try filler.index(after: rest, pace))
        try admit(size + bytes.count, pace)
        try pace.poll(work: (size + bytes.count) >> 3)
        return String(unsafeUninitializedCapacity: size + bytes.count) { output in
          let padding = UnsafeMutableBufferPointer(rebasing: atStart ? output[..<size] : output[bytes.count...])
          let kept = UnsafeMutableBufferPointer(rebasing: atStart ? output[size...] : output[..<bytes.count])
          repeatBytes(filler, into: padding, size)
          _ = kept.initialize(from: bytes)
          return size + bytes.count
        }
      }
    }
  }

  static func repeated(_ text: String, _ count: Int64, _ pace: EvaluationPace) throws(SQLError) -> String {
    guard count > 0, !text.isEmpty else { return "" }
    let (size, overflow) = Int64(text.utf8.count).multipliedReportingOverflow(by: count)
    if overflow || size > Int64(sizeLimit) { throw tooLarge }
    try pace.poll(work: Int(size) >> 4)
    try pace.admit(Int(size))
    return try text.withBytes { bytes throws(SQLError) in
      String(unsafeUninitializedCapacity: Int(size)) { output in
        repeatBytes(bytes, into: output, Int(size))
        return Int(size)
      }
    }
  }

  /// Fills `size` bytes with the bytes over and over, doubling what is there.
  private static func repeatBytes(
    _ bytes: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>, _ size: Int
  ) {
    var filled = min(bytes.count, size)
    for index in 0..<filled { output[index] = bytes[index] }
    while filled < size {
      let step = min(filled, size - filled)
      let copy = UnsafeMutableBufferPointer(rebasing: output[filled..<(filled + step)])
      _ = copy.update(fromContentsOf: UnsafeBufferPointer(rebasing: output[..<step]))
      filled += step
    }
  }

  static func concatenated(_ left: String, _ right: String, _ pace: EvaluationPace) throws(SQLError) -> String {
    let size = left.utf8.count + right.utf8.count
    try admit(size, pace)
    try pace.poll(work: 1 + size >> 4)
    return left + right
  }
}
