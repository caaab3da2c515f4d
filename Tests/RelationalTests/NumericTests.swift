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
}
