import RoostRelational

/// A seeded generator (SplitMix64), so that a failure repeats.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}

extension Datum {
  static let everyType: [SQLType] = [
    .boolean, .smallint, .integer, .bigint, .real, .double, .unconstrainedNumeric, .text, .varchar(nil), .char(6),
    .name, .oid, .bytea, .date, .time, .timestamp, .timestamptz, .interval,
  ]

  /// A value of the type, often one at an edge.
  static func random(_ type: SQLType, _ generator: inout SeededGenerator) -> Datum {
    let isEdge = UInt8.random(in: 0..<4, using: &generator) == 0
    func integer<T: FixedWidthInteger>(_: T.Type) -> T {
      isEdge
        ? [.min, .max, 0, 1, .max - 1].randomElement(using: &generator)!
        : T.random(in: .min ... .max, using: &generator)
    }
    func double() -> Double {
      isEdge
        ? [0, -0.0, .infinity, -.infinity, .nan, 1, -1, .leastNonzeroMagnitude].randomElement(using: &generator)!
        : Double(bitPattern: generator.next())
    }
    func letters() -> String {
      let alphabet: [Unicode.Scalar] = ["a", "b", "\u{1}", "é", "€", "😀", " ", "Z"]
      var view = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...6, using: &generator) { view.append(alphabet.randomElement(using: &generator)!) }
      return String(view)
    }
    switch type {
    case .boolean: return .boolean(Bool.random(using: &generator))
    case .smallint: return .smallint(integer(Int16.self))
    case .integer: return .integer(integer(Int32.self))
    case .bigint: return .bigint(integer(Int64.self))
    case .oid: return .bigint(Int64(integer(UInt32.self)))
    case .real: return .real(Float(double()))
    case .double: return .double(double())
    case .numeric: return .numeric(.random(&generator))
    case .char:
      let text = letters()
      return .text(text + String(repeating: " ", count: 6 - text.unicodeScalars.count))
    case .text, .varchar, .name, .unknown, .void: return .text(letters())
    case .bytea:
      return .bytea(
        (0..<Int.random(in: 0...5, using: &generator)).map { _ in [0, 1, 255, 65].randomElement(using: &generator)! })
    case .date:
      return .date(
        isEdge
          ? [.min, .max, 0].randomElement(using: &generator)!
          : Int32.random(in: -2_000_000...2_000_000, using: &generator))
    case .time: return .time(Int64.random(in: 0...86_400_000_000, using: &generator))
    case .timestamp:
      return .timestamp(Int64.random(in: -200_000_000_000_000_000...9_000_000_000_000_000_000, using: &generator))
    case .timestamptz:
      return .timestamptz(isEdge ? .max : Int64.random(in: -1_000_000_000...1_000_000_000, using: &generator))
    case .interval:
      return .interval(
        Interval(
          months: Int32.random(in: -30...30, using: &generator), days: Int32.random(in: -60...60, using: &generator),
          microseconds: Int64.random(in: -200_000_000_000...200_000_000_000, using: &generator)))
    }
  }
}

extension Numeric {
  static func random(_ generator: inout SeededGenerator) -> Numeric {
    if UInt8.random(in: 0..<12, using: &generator) == 0 {
      return [.nan, .infinity, .negativeInfinity, .zero, .one].randomElement(using: &generator)!
    }
    var text = Bool.random(using: &generator) ? "-" : ""
    for _ in 0...Int.random(in: 0...30, using: &generator) { text += String(Int.random(in: 0...9, using: &generator)) }
    if Bool.random(using: &generator) {
      text += "."
      for _ in 0...Int.random(in: 0...25, using: &generator) {
        text += String(Int.random(in: 0...9, using: &generator))
      }
    }
    return (try? Numeric.parse(text.utf8)) ?? .zero
  }
}
