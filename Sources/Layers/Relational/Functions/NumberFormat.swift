/// to_char and to_number with numeric templates: 9 0 . , D G S MI PL SG PR L TH V RN EEEE FM and quoted text.
struct NumberFormat {
  enum Element {
    case nine, zero, point, comma, sign, minus, plus, signed, ordinal(upper: Bool), currency, roman(upper: Bool)
    case text([UInt8])
  }

  enum SignPlace { case none, before, after }

  private(set) var elements: [Element] = []
  /// Digits before and after the point.
  private(set) var before = 0
  private(set) var after = 0
  private(set) var isFillMode = false
  private(set) var hasPoint = false
  private(set) var usesBrackets = false
  private(set) var isScientific = false
  /// Places the number is shifted by V.
  private(set) var shift = 0
  private var isShifted = false
  /// Position of the first 0 among the digits (from 1), and the digits up to the last 0.
  private(set) var zeroStart = 0
  private(set) var zeroEnd = 0
  private(set) var hasZero = false
  private(set) var sign = SignPlace.none
  private(set) var digitsBeforeSign = 0
  private(set) var hasPlus = false
  private(set) var hasMinus = false
  private(set) var isRoman = false

  private static let keywords: [String] = [
    "EEEE", "FM", "MI", "PL", "PR", "RN", "SG", "TH", ",", ".", "0", "9", "SP", "B", "C", "D", "G", "L", "S", "V",
  ]

  private static func syntax(_ reason: String) -> SQLError { SQLError("42601", reason) }

  init(_ template: String, _ pace: EvaluationPace) throws(SQLError) {
    guard template.utf8.count <= 1024 else { throw SQLError("22023", "the format template is too long") }
    let bytes = Array(template.utf8)
    // Every place is compared with every keyword.
    try pace.poll(work: 64 * bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "\"") {
        index += 1
        var text: [UInt8] = []
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
          if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count { index += 1 }
          text.append(bytes[index])
          index += 1
        }
        index += 1
        elements.append(.text(text))
        continue
      }
      let keyword = Self.keywords.first { keyword in
        index + keyword.utf8.count <= bytes.count
          && zip(keyword.utf8, bytes[index...]).allSatisfy { $0 == $1.uppercased }
      }
      guard let keyword else {
        elements.append(.text([bytes[index]]))
        index += 1
        continue
      }
      try add(keyword, isUpper: bytes[index] == bytes[index].uppercased)
      index += keyword.utf8.count
    }
  }

  private mutating func add(_ keyword: String, isUpper: Bool) throws(SQLError) {
    if isScientific, keyword != "EEEE" { throw Self.syntax("\"EEEE\" must be the last pattern used") }
    switch keyword {
    case "9", "0":
      if usesBrackets { throw Self.syntax("\"\(keyword)\" must be ahead of \"PR\"") }
      addDigit(isZero: keyword == "0")
    case ".", "D":
      if hasPoint { throw Self.syntax("multiple decimal points") }
      if isShifted { throw Self.syntax("cannot use \"V\" and decimal point together") }
      hasPoint = true
      elements.append(.point)
    case ",", "G": elements.append(.comma)
    case "FM": isFillMode = true
    case "S":
      if sign != .none { throw Self.syntax("cannot use \"S\" twice") }
      if hasPlus || hasMinus || usesBrackets {
        throw Self.syntax("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together")
      }
      sign = hasPoint ? .after : .before
      digitsBeforeSign = before
      elements.append(.sign)
    case "MI", "PL", "SG":
      if sign != .none { throw Self.syntax("cannot use \"S\" and \"\(keyword)\" together") }
      hasMinus = hasMinus || keyword != "PL"
      hasPlus = hasPlus || keyword != "MI"
      elements.append(keyword == "MI" ? .minus : keyword == "PL" ? .plus : .signed)
    case "PR":
      if sign != .none || hasPlus || hasMinus {
        throw Self.syntax("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together")
      }
      usesBrackets = true
    case "L": elements.append(.currency)
    case "TH": elements.append(.ordinal(upper: isUpper))
    case "RN":
      isRoman = true
      elements.append(.roman(upper: isUpper))
    case "V":
      if hasPoint { throw Self.syntax("cannot use \"V\" and decimal point together") }
      isShifted = true
    case "EEEE":
      if isScientific { throw Self.syntax("cannot use \"EEEE\" twice") }
      isScientific = true
    default: break
    }
  }

  private mutating func addDigit(isZero: Bool) {
    elements.append(isZero ? .zero : .nine)
    if isShifted { shift += 1 }
    if isZero {
      if !hasZero, !hasPoint {
        hasZero = true
        zeroStart = before + 1
      }
    }
    if hasPoint { after += 1 } else { before += 1 }
    if isZero { zeroEnd = before + after }
  }
}

/// Lays a number's digits out by a template.
struct NumberLayout {
  private let format: NumberFormat
  private var output: [UInt8] = []
  /// The number's digits with the point, without sign.
  private let number: [UInt8]
  private var position = 0
  private let isNegative: Bool
  private let blanks: Int
  private var wroteSign = false
  private var inNumber = false
  private var current = 0
  private var count = 0
  private var lastRelevant: Int?
  private var sign: NumberFormat.SignPlace
  private var usesBrackets: Bool

  /// Digits after the point: the template's, or fewer where floating point has no more.
  private let after: Int

  /// `digits` are those of the number rounded to `after` places.
  init(_ format: NumberFormat, digits: [UInt8], after: Int, isNegative: Bool) {
    self.format = format
    self.after = after
    let pointAt = digits.firstIndex(of: UInt8(ascii: ".")) ?? digits.count
    if pointAt > format.before {
      // Too many digits before the point.
      var hashes = [UInt8](repeating: UInt8(ascii: "#"), count: format.before + after + 1)
      if format.before < hashes.count { hashes[format.before] = UInt8(ascii: ".") }
      number = hashes
      blanks = 0
    } else {
      number = digits
      blanks = format.before - pointAt
    }
    self.isNegative = isNegative
    sign = format.sign
    usesBrackets = format.usesBrackets
  }

  private var isPredecimalZero: Bool {
    !format.hasZero && position == 0 && number.first == 48 && after != 0
  }

  private var lastRelevantIsPoint: Bool { lastRelevant.map { number[$0] == UInt8(ascii: ".") } ?? false }

  mutating func layOut() -> [UInt8] {
    prepare()
    for element in format.elements { write(element) }
    return output
  }

  private mutating func prepare() {
    if format.hasPlus || format.hasMinus {
      wroteSign = !(format.hasPlus && !format.hasMinus)
    } else {
      if !isNegative, usesBrackets, format.isFillMode { usesBrackets = false }
      wroteSign = !isNegative && format.isFillMode && sign == .none
      if sign == .before, format.before == format.digitsBeforeSign { sign = .after }
    }
    count = after + format.before - 1
    if format.isFillMode, format.hasPoint, let point = number.firstIndex(of: UInt8(ascii: ".")) {
      var last = point
      for index in (point + 1)..<max(number.count, point + 1) where number[index] != 48 { last = index }
      if format.zeroEnd > blanks { last = max(last, min(number.count - 1, format.zeroEnd - blanks)) }
      lastRelevant = last
    }
    if !wroteSign, blanks == 0 { count += 1 }
  }

  private mutating func write(_ element: NumberFormat.Element) {
    switch element {
    case .nine: writeDigit(isZero: false, isPoint: false)
    case .zero: writeDigit(isZero: true, isPoint: false)
    case .point: writeDigit(isZero: false, isPoint: true)
    case .comma:
      if inNumber { output.append(UInt8(ascii: ",")) } else if !format.isFillMode { output.append(32) }
    case .currency: output.append(32)
    case .sign: break
    case .minus:
      if isNegative { output.append(UInt8(ascii: "-")) } else if !format.isFillMode { output.append(32) }
    case .plus:
      if !isNegative { output.append(UInt8(ascii: "+")) } else if !format.isFillMode { output.append(32) }
    case .signed: output.append(isNegative ? UInt8(ascii: "-") : UInt8(ascii: "+"))
    case .ordinal(let upper):
      if number.first != UInt8(ascii: "#"), !isNegative, !format.hasPoint {
        output += OrdinalSuffix.of(number, upper: upper)
      }
    case .roman: break
    case .text(let text): output += text
    }
  }

  private mutating func writeSign() {
    guard !wroteSign, current >= blanks || (format.hasZero && format.zeroStart - 1 == current),
      !isPredecimalZero || lastRelevantIsPoint
    else { return }
    if sign != .none {
      if sign == .before {
        output.append(isNegative ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        wroteSign = true
      }
    } else if usesBrackets {
      output.append(isNegative ? UInt8(ascii: "<") : 32)
      wroteSign = true
    } else if !isNegative {
      if !format.isFillMode { output.append(32) }
      wroteSign = true
    } else {
      output.append(UInt8(ascii: "-"))
      wroteSign = true
    }
  }

  private mutating func writeDigit(isZero: Bool, isPoint: Bool) {
    writeSign()
    let zeroHasBegun = format.hasZero && format.zeroStart - 1 <= current
    if current < blanks, !zeroHasBegun {
      if !format.isFillMode { output.append(32) }
    } else if current < blanks {
      output.append(48)
      inNumber = true
    } else {
      writeNumber(isZero: isZero)
    }
    var end = count + (blanks > 0 ? 1 : 0) + (format.hasPoint ? 1 : 0)
    if let lastRelevant, lastRelevant == position { end = current }
    if current + 1 == end {
      if wroteSign, usesBrackets {
        output.append(isNegative ? UInt8(ascii: ">") : 32)
      } else if sign == .after {
        output.append(isNegative ? UInt8(ascii: "-") : UInt8(ascii: "+"))
      }
    }
    current += 1
  }

  private mutating func writeNumber(isZero: Bool) {
    guard position < number.count else { return }
    let byte = number[position]
    if byte == UInt8(ascii: ".") {
      if !lastRelevantIsPoint || format.isFillMode { output.append(byte) }
    } else if let lastRelevant, position > lastRelevant, !isZero {
      // A trailing zero that FM suppresses.
    } else if isPredecimalZero {
      if !format.isFillMode { output.append(32) } else if lastRelevantIsPoint { output.append(48) }
    } else {
      output.append(byte)
      inNumber = true
    }
    position += 1
  }
}

/// st, nd, rd, th.
enum OrdinalSuffix {
  static func of(_ digits: [UInt8], upper: Bool) -> [UInt8] {
    let last = digits.last ?? 48
    let isTeen = digits.count > 1 && digits[digits.count - 2] == UInt8(ascii: "1")
    let suffix: String
    switch isTeen ? 48 : last {
    case UInt8(ascii: "1"): suffix = "st"
    case UInt8(ascii: "2"): suffix = "nd"
    case UInt8(ascii: "3"): suffix = "rd"
    default: suffix = "th"
    }
    return Array((upper ? suffix.uppercased() : suffix).utf8)
  }
}
