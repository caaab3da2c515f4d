import RoostBase

/// The binary wire form: count of base-10000 digits, weight, sign, display scale (16 bits each), digits.
extension Numeric {
  private static let positive: UInt16 = 0x0000
  private static let negative: UInt16 = 0x4000
  private static let notANumber: UInt16 = 0xC000
  private static let positiveInfinity: UInt16 = 0xD000
  private static let negativeInfinitySign: UInt16 = 0xF000

  public func appendBinary(to bytes: inout [UInt8]) {
    func append(_ value: UInt16) { bytes.append(bigEndian: value) }
    guard isFinite else {
      append(0)
      append(0)
      append(isNaN ? Self.notANumber : signum < 0 ? Self.negativeInfinitySign : Self.positiveInfinity)
      append(0)
      return
    }
    let digits = digits
    append(UInt16(digits.digits.count))
    append(UInt16(bitPattern: Int16(truncatingIfNeeded: digits.weight)))
    append(digits.isNegative ? Self.negative : Self.positive)
    append(UInt16(digits.scale))
    for digit in digits.digits { append(digit) }
  }

  /// Reads the binary form; nil when it is malformed.
  public init?(binary: some Collection<UInt8>) {
    let bytes = Array(binary)
    func word(_ index: Int) -> UInt16 { UInt16(bytes[index * 2]) << 8 | UInt16(bytes[index * 2 + 1]) }
    guard bytes.count >= 8, bytes.count % 2 == 0 else { return nil }
    let count = Int(word(0))
    guard bytes.count == 8 + count * 2 else { return nil }
    switch word(2) {
    case Self.notANumber: self = .nan
    case Self.positiveInfinity: self = .infinity
    case Self.negativeInfinitySign: self = .negativeInfinity
    case Self.positive, Self.negative:
      let scale = Int(word(3))
      guard scale <= Self.scaleLimit else { return nil }
      let groups = (0..<count).map { word(4 + $0) }
      guard groups.allSatisfy({ $0 < 10000 }) else { return nil }
      let digits = DecimalDigits(
        digits: groups, weight: Int(Int16(bitPattern: word(1))), scale: scale, isNegative: word(2) == Self.negative)
      // Digits beyond the scale are dropped, as PostgreSQL does.
      self.init(digits.truncated(to: scale))
    default: return nil
    }
  }
}
