import RoostRelational
import Testing

@Suite struct NumericTests {
  @Test func lawsOfArithmetic() throws {
    var generator = SeededGenerator(21)
    for _ in 0..<3000 {
      let a = Numeric.random(&generator)
      let b = Numeric.random(&generator)
      let c = Numeric.random(&generator)
      #expect(try a.adding(b) == b.adding(a))
      #expect(try a.multiplied(by: b) == b.multiplied(by: a))
      guard a.isFinite, b.isFinite, c.isFinite else { continue }
      #expect(try a.adding(b).subtracting(b) == a)
      #expect(try a.adding(b).adding(c) == a.adding(b.adding(c)))
      #expect(try a.adding(b).multiplied(by: c) == a.multiplied(by: c).adding(b.multiplied(by: c)))
      guard b.signum != 0 else { continue }
      let quotient = try a.truncatedQuotient(b)
      let rest = try a.remainder(dividingBy: b)
      #expect(try quotient.multiplied(by: b).adding(rest) == a, "\(a) / \(b)")
      #expect(rest.magnitude < b.magnitude && (rest.signum == 0 || rest.signum == a.signum))
      // The rounded quotient lies within half a unit of its last place.
      let exact = try a.divided(by: b)
      let error = try a.subtracting(exact.multiplied(by: b)).magnitude.multiplied(by: Numeric(Int64(2)))
      let unit = try Numeric(coefficient: 1, scale: exact.scale).multiplied(by: b.magnitude)
      #expect(error <= unit, "\(a) / \(b) = \(exact)")
    }
  }

  @Test func equalValuesHashAlikeInEveryForm() throws {
    var generator = SeededGenerator(22)
    for _ in 0..<2000 {
      let value = Numeric.random(&generator)
      guard value.isFinite else { continue }
      let longer = try value.rounded(to: value.scale + Int.random(in: 0...40, using: &generator))
      #expect(longer == value)
      #expect(longer.hashValue == value.hashValue, "\(value) and \(longer)")
      let trimmed = value.trimmed
      #expect(trimmed == value && trimmed.hashValue == value.hashValue)
    }
  }

  @Test func textAndBinaryComeBack() throws {
    var generator = SeededGenerator(23)
    for _ in 0..<2000 {
      let value = Numeric.random(&generator)
      #expect(try Numeric.parse(value.description.utf8)?.description == value.description)
      var bytes: [UInt8] = []
      value.appendBinary(to: &bytes)
      #expect(Numeric(binary: bytes)?.description == value.description)
    }
  }

  @Test func rootsAreRoundedCorrectly() throws {
    var generator = SeededGenerator(24)
    for _ in 0..<300 {
      let value = Numeric.random(&generator)
      guard value.isFinite, value.signum >= 0 else { continue }
      let root = try value.squareRoot()
      let half = Numeric(coefficient: 5, scale: root.scale + 1)
      let upper = try root.adding(half)
      let lower = try root.subtracting(half)
      #expect(try upper.multiplied(by: upper) >= value)
      #expect(try lower.signum < 0 || lower.multiplied(by: lower) <= value)
    }
  }

  @Test func formatLimits() throws {
    #expect(throws: SQLError.self) { try Numeric.parse("1e131073".utf8) }
    #expect(try Numeric.parse("1e131071".utf8)?.signum == 1)
    #expect(throws: SQLError.self) { try Numeric.parse("1e-16384".utf8) }
    #expect(throws: SQLError.self) { try Numeric.parse("1e99999999999999999999".utf8) }
    #expect(throws: SQLError.self) { try Numeric.parse("9e131071".utf8)?.multiplied(by: Numeric(Int64(10))) }
    #expect(try Numeric.parse("1.2.3".utf8) == nil)
    #expect(Numeric(Int64.min).roundedInt64 == .min)
    #expect(Numeric(Int64.min).description == "-9223372036854775808")
  }

  @Test func aDatumIsSmall() {
    #expect(MemoryLayout<Datum>.size <= 24)
    #expect(MemoryLayout<Numeric>.size <= 16)
  }

  /// A number of so many digits, with runs of nines and zeros in which carries and borrows run far.
  private static func long(_ digits: Int, _ generator: inout SeededGenerator) throws -> Numeric {
    var text: [UInt8] = [49]
    while text.count < digits {
      let run = Int.random(in: 1...40, using: &generator)
      switch UInt8.random(in: 0..<4, using: &generator) {
      case 0: text += [UInt8](repeating: 57, count: run)
      case 1: text += [UInt8](repeating: 48, count: run)
      default: for _ in 0..<run { text.append(UInt8.random(in: 48...57, using: &generator)) }
      }
    }
    return try #require(try Numeric.parse(text.prefix(digits)))
  }

  /// Products and quotients on both sides of the lengths at which the method changes.
  @Test(arguments: [30, 900, 1100, 2100, 4500, 9000])
  func longNumbersKeepTheLaws(_ digits: Int) throws {
    var generator = SeededGenerator(UInt64(digits))
    for _ in 0..<4 {
      let a = try Self.long(digits + Int.random(in: 0...40, using: &generator), &generator)
      let b = try Self.long(Int.random(in: (digits / 4)...digits, using: &generator), &generator)
      let c = try Self.long(digits / 2, &generator)
      let product = try a.multiplied(by: b)
      #expect(try product.multiplied(by: c) == b.multiplied(by: c).multiplied(by: a))
      #expect(try a.adding(c).multiplied(by: b) == product.adding(c.multiplied(by: b)))
      #expect(try product.truncatedQuotient(b) == a)
      #expect(try product.adding(b).subtracting(.one).truncatedQuotient(b) == a)
      #expect(try product.subtracting(.one).truncatedQuotient(a) == b.subtracting(.one))
      #expect(try product.adding(.one).remainder(dividingBy: a) == .one)
      let quotient = try a.truncatedQuotient(c)
      #expect(try quotient.multiplied(by: c).adding(a.remainder(dividingBy: c)) == a)
      #expect(try a.multiplied(by: a).squareRoot() == a)
    }
  }

  /// The short method and the long one give the same product: the long one is reached by a common factor.
  @Test func shortAndLongProductsAgree() throws {
    var generator = SeededGenerator(77)
    for _ in 0..<200 {
      let a = try Self.long(Int.random(in: 1...60, using: &generator), &generator)
      let b = try Self.long(Int.random(in: 1...60, using: &generator), &generator)
      let power = try Numeric(Int64(10)).power(Numeric(Int64(200)))
      // × 10²⁰⁰ + 1 makes both factors long; the product holds a × b in its lowest and highest digits.
      let wide = try power.adding(.one)
      let product = try a.multiplied(by: wide).multiplied(by: b.multiplied(by: wide))
      #expect(try product.remainder(dividingBy: power) == a.multiplied(by: b))
    }
  }

  @Test func logarithmsOfHugeNumbers() throws {
    let ten = Numeric(Int64(10))
    let huge = try ten.power(Numeric(Int64(120_000)))
    #expect(try huge.logarithm(base: ten) == Numeric(Int64(120_000)))
    // 120000 ln 10.
    #expect(try huge.naturalLogarithm().rounded(to: 11).description == "276310.21115928548")
    let tiny = try Numeric.one.divided(by: ten.power(Numeric(Int64(200))))
    #expect(tiny.signum >= 0)
    #expect(try Numeric(coefficient: 1, scale: 16).naturalLogarithm().rounded(to: 12).description == "-36.841361487905")
    let power = try Numeric(Int64(3)).power(Numeric(Int64(250_000)))
    // 119281 digits, a point and 16 places.
    #expect(power.description.utf8.count == 119_298)
    #expect(try power.remainder(dividingBy: Numeric(Int64(1_000_007))) == Self.modularPower(3, 250_000, 1_000_007))
  }

  private static func modularPower(_ base: Int64, _ exponent: Int, _ modulus: Int64) -> Numeric {
    var result: Int64 = 1
    for _ in 0..<exponent { result = result * base % modulus }
    return Numeric(result)
  }

  @Test func longDecimalsRoundToTheNearestDouble() throws {
    // The middle between 1 and the next double is even below, and a digit far behind it decides.
    let middle = "1.00000000000000011102230246251565404236316680908203125"
    let above = middle + String(repeating: "0", count: 900) + "1"
    #expect(try Numeric.parse(middle.utf8)?.doubleValue == 1)
    #expect(try Numeric.parse(above.utf8)?.doubleValue == 1.0.nextUp)
    var generator = SeededGenerator(91)
    for _ in 0..<200 {
      let number = try Self.long(Int.random(in: 20...1500, using: &generator), &generator)
      let scaled = try number.multiplied(by: Numeric(coefficient: 1, scale: Int.random(in: 0...16, using: &generator)))
      #expect(scaled.doubleValue == Double(scaled.description))
      #expect(scaled.negated.floatValue == Float(scaled.negated.description))
    }
  }
}
