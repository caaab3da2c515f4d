/// Builds the text of a result: checks the size limit and asks for memory before it grows, and counts the work.
struct TextBuilder {
  private(set) var bytes: [UInt8] = []
  /// Bytes up to which the result may grow before it asks again.
  private var admitted = EvaluationPace.ordinaryValueBytes
  private let pace: EvaluationPace

  init(_ pace: EvaluationPace) { self.pace = pace }

  var datum: Datum { StringOperations.string(bytes) }

  /// - Throws: 54000 when the result would be larger than `StringOperations.sizeLimit`, 53200, 57014.
  @inline(__always)
  mutating func append(_ part: some Collection<UInt8>) throws(SQLError) {
    let count = part.count
    try grow(by: count)
    try pace.poll(work: 1 + count >> 3)
    bytes.append(contentsOf: part)
  }

  @inline(__always)
  mutating func append(_ byte: UInt8) throws(SQLError) {
    try grow(by: 1)
    try pace.poll(work: 1)
    bytes.append(byte)
  }

  mutating func append(scalar value: UInt32) throws(SQLError) {
    try grow(by: 4)
    try pace.poll(work: 2)
    bytes.append(scalar: value)
  }

  mutating func append(blanks count: Int) throws(SQLError) {
    if count <= 0 { return }
    try grow(by: count)
    try pace.poll(work: 1 + count >> 3)
    bytes.append(contentsOf: repeatElement(32, count: count))
  }

  /// Appends a value's text form.
  mutating func append(_ value: Datum, _ zone: TimeZoneOffset) throws(SQLError) {
    if case .text(let text) = value {
      try append(text.utf8)
      return
    }
    try grow(by: value.estimatedTextSize)
    try value.appendText(to: &bytes, zone, pace)
    try grow(by: 0)
  }

  @inline(__always)
  private mutating func grow(by count: Int) throws(SQLError) {
    let size = bytes.count + count
    if size > admitted { try admit(size) }
  }

  /// An array that grows is there twice for a moment, and so is the string that is made of it.
  private mutating func admit(_ size: Int) throws(SQLError) {
    try StringOperations.checkSize(size)
    let wanted = min(max(size, 2 * admitted), StringOperations.sizeLimit)
    try pace.admit(2 * (wanted - admitted))
    admitted = wanted
  }
}
