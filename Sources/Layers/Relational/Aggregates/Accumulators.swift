/// The states of the aggregates.

final class CountAccumulator: Accumulator {
  private var count: Int64 = 0
  override func add(_ value: Datum) { count += 1 }
  override func result() -> Datum { .bigint(count) }

  override var canRemove: Bool { true }
  override func remove(_ values: [Datum]) -> Bool {
    count -= 1
    return true
  }
}

/// Sums and averages of integers, in 128 bits.
final class IntegerSum: Accumulator {
  private var sum: Int128 = 0
  private var count: Int64 = 0
  private let type: BaseType?

  /// `type` is the sum's; nil makes it an average.
  init(_ type: BaseType?) { self.type = type }

  override func add(_ value: Datum) throws(SQLError) {
    // 2⁶³ rows of 64-bit numbers fit 128 bits.
    sum += Int128(try value.int64)
    count += 1
  }

  override func result() throws(SQLError) -> Datum {
    if count == 0 { return .null }
    if type == .bigint {
      guard let narrow = Int64(exactly: sum) else { throw SQLError("22003", "bigint out of range") }
      return .bigint(narrow)
    }
    let total = Numeric(sum)
    return .numeric(type == nil ? try total.divided(by: Numeric(count)) : total)
  }

  override var canRemove: Bool { true }
  override func remove(_ values: [Datum]) throws(SQLError) -> Bool {
    sum -= Int128(try values[0].int64)
    count -= 1
    return true
  }
}

extension Numeric {
  init(_ value: Int128) {
    if let narrow = Int64(exactly: value) {
      self.init(narrow)
      return
    }
    var groups: [UInt16] = []
    var rest = value.magnitude
    while rest > 0 {
      groups.append(UInt16(rest % 10000))
      rest /= 10000
    }
    self.init(
      DecimalDigits(digits: groups.reversed(), weight: groups.count - 1, scale: 0, isNegative: value < 0))
  }
}

final class NumericSum: Accumulator {
  private var sum = Numeric.zero
  private var count: Int64 = 0
  /// The largest scale among the values, which the sum shows, and how many have it.
  private var scale = 0
  private var countAtScale: Int64 = 0
  private let isAverage: Bool
  init(isAverage: Bool) { self.isAverage = isAverage }

  override func add(_ value: Datum) throws(SQLError) {
    let number = try value.numericValue
    sum = try sum.adding(number, pace)
    count += 1
    if number.scale > scale || count == 1 {
      scale = number.scale
      countAtScale = 1
    } else if number.scale == scale {
      countAtScale += 1
    }
  }

  override var canRemove: Bool { true }

  /// An infinity can't be taken back, nor the last value with as many digits as the sum shows.
  override func remove(_ values: [Datum]) throws(SQLError) -> Bool {
    let number = try values[0].numericValue
    guard number.isFinite, sum.isFinite else { return false }
    if number.scale == scale {
      countAtScale -= 1
      guard countAtScale > 0 else { return false }
    }
    sum = try sum.subtracting(number, pace)
    count -= 1
    return true
  }

  override func result() throws(SQLError) -> Datum {
    if count == 0 { return .null }
    return .numeric(isAverage ? try sum.divided(by: Numeric(count), pace) : sum)
  }

  override var heldBytes: Int { sum.heapSize }
}

final class FloatSum: Accumulator {
  private var sum = 0.0
  private var narrowSum: Float = 0
  private var isEmpty = true
  private let type: BaseType
  init(_ type: BaseType) { self.type = type }

  override func add(_ value: Datum) throws(SQLError) {
    isEmpty = false
    if type == .real {
      let next = try value.float
      let result = narrowSum + next
      if result.isInfinite, !narrowSum.isInfinite, !next.isInfinite { throw FunctionCatalogue.floatOverflow }
      narrowSum = result
    } else {
      sum = try FunctionCatalogue.sum(sum, value.float64)
    }
  }

  override func result() -> Datum { isEmpty ? .null : type == .real ? .real(narrowSum) : .double(sum) }
}

/// Averages, variances and deviations of floating point by the method of Youngs and Cramer, as PostgreSQL computes
/// them, so that the last digits agree.
final class FloatStatistics: Accumulator {
  private var count = 0.0
  private var sum = 0.0
  private var squares = 0.0
  private let statistic: Statistic
  init(_ statistic: Statistic) { self.statistic = statistic }

  override func add(_ value: Datum) throws(SQLError) {
    let next = try value.float64
    let before = sum
    count += 1
    sum += next
    if count > 1 {
      let difference = next * count - sum
      squares += difference * difference / (count * (count - 1))
      if sum.isInfinite || squares.isInfinite {
        if !before.isInfinite, !next.isInfinite { throw FunctionCatalogue.floatOverflow }
        squares = .nan
      }
    } else if !next.isFinite {
      squares = .nan
    }
  }

  override func result() -> Datum {
    switch statistic {
    case .average: return count == 0 ? .null : .double(sum / count)
    case .populationVariance: return count == 0 ? .null : .double(squares / count)
    case .populationDeviation: return count == 0 ? .null : .double((squares / count).squareRoot())
    case .sampleVariance: return count <= 1 ? .null : .double(squares / (count - 1))
    case .sampleDeviation: return count <= 1 ? .null : .double((squares / (count - 1)).squareRoot())
    }
  }
}

final class NumericStatistics: Accumulator {
  private var sum = Numeric.zero
  private var squares = Numeric.zero
  private var count: Int64 = 0
  private let statistic: Statistic
  init(_ statistic: Statistic) { self.statistic = statistic }

  override func add(_ value: Datum) throws(SQLError) {
    let number: Numeric
    if case .numeric(let given) = value { number = given } else { number = Numeric(try value.int64) }
    sum = try sum.adding(number, pace)
    squares = try squares.adding(number.multiplied(by: number, pace), pace)
    count += 1
  }

  override func result() throws(SQLError) -> Datum {
    let divisorCount = statistic.isSample ? count - 1 : count
    if count == 0 || divisorCount == 0 { return .null }
    guard sum.isFinite, squares.isFinite else { return .numeric(.nan) }
    let total = Numeric(count)
    let numerator = try total.multiplied(by: squares, pace).subtracting(sum.multiplied(by: sum, pace), pace)
    if numerator.signum <= 0 { return .numeric(.zero) }
    let divisor = try total.multiplied(by: Numeric(divisorCount))
    let variance = try numerator.divided(by: divisor, pace)
    return .numeric(statistic.isDeviation ? try variance.squareRoot(scale: variance.scale, pace) : variance)
  }

  override var heldBytes: Int { sum.heapSize + squares.heapSize }
}

final class IntervalSum: Accumulator {
  private var sum = Interval()
  private var count: Int64 = 0
  private let isAverage: Bool
  init(isAverage: Bool) { self.isAverage = isAverage }

  override func add(_ value: Datum) throws(SQLError) {
    sum = try sum.adding(value.intervalValue)
    count += 1
  }

  override func result() throws(SQLError) -> Datum {
    if count == 0 { return .null }
    return .interval(isAverage ? try sum.divided(by: Double(count)) : sum)
  }
}

/// min and max.
final class ExtremeAccumulator: Accumulator {
  private var best: Datum = .null
  private let isPadded: Bool
  private let wantsGreatest: Bool

  init(_ type: BaseType, wantsGreatest: Bool) {
    isPadded = type == .char
    self.wantsGreatest = wantsGreatest
  }

  override func add(_ value: Datum) throws(SQLError) {
    if best.isNull {
      best = value
      return
    }
    try pace?.poll(work: value.comparisonWork)
    if beats(value, best) { best = value }
  }

  /// Whether a value comes before another; neither is null.
  func beats(_ value: Datum, _ other: Datum) -> Bool {
    let order: Int
    if isPadded, case .text(let left) = value, case .text(let right) = other {
      order = Datum.comparePadded(left, right)
    } else {
      order = value.compare(other)
    }
    return wantsGreatest ? order > 0 : order < 0
  }

  override func result() -> Datum { best }
  override var heldBytes: Int { best.estimatedSize - 24 }
}

final class BooleanAccumulator: Accumulator {
  private var state: Bool?
  private let isAnd: Bool
  init(isAnd: Bool) { self.isAnd = isAnd }

  override func add(_ value: Datum) throws(SQLError) {
    let next = try value.boolean
    guard let state else {
      self.state = next
      return
    }
    self.state = isAnd ? state && next : state || next
  }

  override func result() -> Datum { state.map { .boolean($0) } ?? .null }
}

final class BitAccumulator: Accumulator {
  private var state: Int64?
  private let type: BaseType
  private let combine: (Int64, Int64) -> Int64

  init(_ type: BaseType, _ combine: @escaping (Int64, Int64) -> Int64) {
    self.type = type
    self.combine = combine
  }

  override func add(_ value: Datum) throws(SQLError) {
    let next = try value.int64
    state = state.map { combine($0, next) } ?? next
  }

  override func result() throws(SQLError) -> Datum {
    guard let state else { return .null }
    return try FunctionCatalogue.integer(state, type)
  }
}

/// string_agg: null values are passed over, a null delimiter is empty; the delimiter precedes its row's value.
final class StringAccumulator: Accumulator {
  private var text: [UInt8]?

  override func add(_ values: [Datum]) throws(SQLError) {
    guard values.count == 2, !values[0].isNull else { return }
    if text != nil, !values[1].isNull { try append(values[1].string) }
    try append(values[0].string)
  }

  private func append(_ part: String) throws(SQLError) {
    try StringOperations.checkSize((text?.count ?? 0) + part.utf8.count)
    try pace?.poll(work: 1 + part.utf8.count >> 3)
    text = text ?? []
    text?.append(contentsOf: part.utf8)
  }

  override func result() throws(SQLError) -> Datum {
    guard let text else { return .null }
    try pace?.poll(work: text.count >> 3)
    try pace?.admit(text.count)
    return StringOperations.string(text)
  }

  override var heldBytes: Int { text?.capacity ?? 0 }
}

final class ByteaAccumulator: Accumulator {
  private var content: [UInt8]?

  override func add(_ values: [Datum]) throws(SQLError) {
    guard values.count == 2, !values[0].isNull else { return }
    if content != nil, !values[1].isNull { try append(values[1].byteArray) }
    try append(values[0].byteArray)
  }

  private func append(_ part: [UInt8]) throws(SQLError) {
    try StringOperations.checkSize((content?.count ?? 0) + part.count)
    try pace?.poll(work: 1 + part.count >> 4)
    content = content ?? []
    content?.append(contentsOf: part)
  }

  override func result() -> Datum { content.map { .bytea($0) } ?? .null }
  override var heldBytes: Int { content?.capacity ?? 0 }
}
