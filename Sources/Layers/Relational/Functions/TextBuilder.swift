/// Builds the text of a result: checks the size limit before it grows and counts the work.
struct TextBuilder {
  private(set) var bytes: [UInt8] = []
  private let pace: EvaluationPace

  init(_ pace: EvaluationPace) { self.pace = pace }

  var datum: Datum { StringOperations.string(bytes) }

  /// - Throws: 54000 when the result would be larger than `StringOperations.sizeLimit`, 57014.
  @inline(__always)
  mutating func append(_ part: some Collection<UInt8>) throws(SQLError) {
    let count = part.count
    try StringOperations.checkSize(bytes.count + count)
    try pace.poll(work: 1 + count >> 3)
    bytes.append(contentsOf: part)
  }

  @inline(__always)
  mutating func append(_ byte: UInt8) throws(SQLError) {
    try StringOperations.checkSize(bytes.count + 1)
    try pace.poll(work: 1)
    bytes.append(byte)
  }

  mutating func append(scalar value: UInt32) throws(SQLError) {
    try StringOperations.checkSize(bytes.count + 4)
    try pace.poll(work: 2)
    bytes.append(scalar: value)
  }

  mutating func append(blanks count: Int) throws(SQLError) {
    if count <= 0 { return }
    try StringOperations.checkSize(bytes.count + count)
    try pace.poll(work: 1 + count >> 3)
    bytes.append(contentsOf: repeatElement(32, count: count))
  }

  /// Appends a value's text form.
  mutating func append(_ value: Datum, _ zone: TimeZoneOffset) throws(SQLError) {
    if case .text(let text) = value {
      try append(text.utf8)
      return
    }
    try StringOperations.checkSize(bytes.count + value.estimatedTextSize)
    try value.appendText(to: &bytes, zone, pace)
    try StringOperations.checkSize(bytes.count)
  }
}
