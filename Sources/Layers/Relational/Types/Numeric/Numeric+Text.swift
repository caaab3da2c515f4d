/// Reading and printing decimals as PostgreSQL's numeric_in and numeric_out do.
extension Numeric {
  /// Reads "12.50", "1e-3", "NaN", "-Infinity" with blanks around; nil when it is none of these.
  public static func parse(
    _ text: some Collection<UInt8>, _ pace: EvaluationPace? = nil
  ) throws(SQLError) -> Numeric? {
    try pace?.poll(work: 1 + text.count >> 2)
    let bytes = Array(text).trimmingBlanks()
    var index = 0
    var negative = false
    if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
      negative = bytes[index] == UInt8(ascii: "-")
      index += 1
    }
    guard index < bytes.count else { return nil }
    if bytes[index] != UInt8(ascii: "."), !bytes[index].isDigit {
      return special(bytes[index...], negative, signed: index > 0)
    }

    var places: [UInt8] = []
    var point: Int?
    while index < bytes.count {
      if index & 0xFFFF == 0xFFFF { try pace?.poll(work: 0x10000) }
      let byte = bytes[index]
      if byte.isDigit {
        places.append(byte - 48)
      } else if byte == UInt8(ascii: "."), point == nil {
        point = places.count
      } else {
        break
      }
      index += 1
    }
    guard !places.isEmpty else { return nil }
    var exponent = 0
    if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      var negativeExponent = false
      if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
        negativeExponent = bytes[index] == UInt8(ascii: "-")
        index += 1
      }
      guard index < bytes.count, bytes[index].isDigit else { return nil }
      while index < bytes.count, bytes[index].isDigit {
        exponent = Swift.min(exponent * 10 + Int(bytes[index] - 48), 1 << 30)
        index += 1
      }
      if negativeExponent { exponent = -exponent }
    }
    guard index == bytes.count else { return nil }
    // PostgreSQL refuses exponents beyond INT_MAX / 2 with the overflow error, and scales beyond the format's.
    if exponent.magnitude >= 1 << 30 { throw overflow }
    let scale = places.count - (point ?? places.count) - exponent
    return try make(places: places, scale: scale, negative: negative)
  }

  private static func special(_ word: ArraySlice<UInt8>, _ negative: Bool, signed: Bool) -> Numeric? {
    let lowered = word.map { $0.lowercased }
    if lowered == Array("nan".utf8), !signed { return .nan }
    if lowered == Array("infinity".utf8) || lowered == Array("inf".utf8) { return .infinity(negative: negative) }
    return nil
  }

  private static func infinity(negative: Bool) -> Numeric { negative ? .negativeInfinity : .infinity }

  /// `places` are decimal digits, the last of which counts 10^-scale.
  private static func make(places: [UInt8], scale: Int, negative: Bool) throws(SQLError) -> Numeric {
    var first = 0
    while first < places.count, places[first] == 0 { first += 1 }
    let count = places.count - first
    if scale >= 0, scale <= smallScaleLimit, count <= 18 {
      var coefficient: Int64 = 0
      for place in places[first...] { coefficient = coefficient * 10 + Int64(place) }
      return Numeric(storage: .small(negative ? -coefficient : coefficient, UInt8(scale)))
    }
    if count > 0, count - scale > (weightLimit + 1) * 4 { throw overflow }
    if scale > scaleLimit { throw overflow }
    // Pad to whole groups on both sides of the decimal point.
    let tail = scale >= 0 ? (4 - scale % 4) % 4 : -scale
    if tail > (weightLimit + 1) * 4 { return .zero }
    let padded = places[first...] + [UInt8](repeating: 0, count: tail)
    let fractionGroups = scale >= 0 ? (scale + 3) / 4 : 0
    let lead = (4 - padded.count % 4) % 4
    let groupCount = (padded.count + lead) / 4
    var groups = [UInt16](repeating: 0, count: groupCount)
    for (offset, place) in padded.enumerated() {
      let group = (offset + lead) / 4
      groups[group] = groups[group] * 10 + UInt16(place)
    }
    let digits = DecimalDigits(
      digits: groups, weight: groupCount - fractionGroups - 1, scale: Swift.max(scale, 0), isNegative: negative)
    return try Numeric(checking: digits)
  }

  /// Appends the text form.
  public func append(to bytes: inout [UInt8]) {
    switch storage {
    case .nan: bytes.append(contentsOf: "NaN".utf8)
    case .infinity(let negative): bytes.append(contentsOf: (negative ? "-Infinity" : "Infinity").utf8)
    case .small(let coefficient, let scale):
      if coefficient < 0 { bytes.append(UInt8(ascii: "-")) }
      if scale == 0 {
        bytes.appendDecimal(coefficient.magnitude)
        return
      }
      let unit = UInt64(Self.powersOfTen[Int(scale)])
      bytes.appendDecimal(coefficient.magnitude / unit)
      bytes.append(UInt8(ascii: "."))
      bytes.appendDecimal(coefficient.magnitude % unit, width: Int(scale))
    case .big(let digits): digits.append(to: &bytes)
    }
  }
}

extension Numeric: CustomStringConvertible {
  public var description: String {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension DecimalDigits {
  func append(to bytes: inout [UInt8]) {
    if isNegative { bytes.append(UInt8(ascii: "-")) }
    if weight < 0 || digits.isEmpty {
      bytes.append(UInt8(ascii: "0"))
    } else {
      bytes.appendDecimal(UInt64(digit(at: weight)))
      for position in stride(from: weight - 1, through: 0, by: -1) {
        bytes.appendDecimal(UInt64(digit(at: position)), width: 4)
      }
    }
    guard scale > 0 else { return }
    bytes.append(UInt8(ascii: "."))
    var left = scale
    var position = -1
    while left > 0 {
      let group = UInt64(digit(at: position))
      if left >= 4 {
        bytes.appendDecimal(group, width: 4)
      } else {
        bytes.appendDecimal(group / UInt64(Numeric.powersOfTen[4 - left]), width: left)
      }
      left -= 4
      position -= 1
    }
  }
}
