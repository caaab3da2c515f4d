/// The only source of chance in a simulation: SplitMix64 (Steele, Lea, Flood 2014), a value whose whole state is the seed.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A generator of its own for a part of the world, so that one part's draws don't shift another's.
  public mutating func split() -> SeededGenerator { SeededGenerator(seed: next()) }

  /// True with the given probability; 0 never draws.
  public mutating func chance(_ probability: Double) -> Bool {
    guard probability > 0 else { return false }
    return Double(next() >> 11) * 0x1p-53 < probability
  }

  /// Uniform in 0..<bound, for small bounds where the bias of a remainder does not matter.
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "nothing to choose from")
    return Int(next() % UInt64(bound))
  }

  /// Uniform over the range, in nanoseconds.
  public mutating func duration(_ range: ClosedRange<Duration>) -> Duration {
    let low = range.lowerBound.nanoseconds64
    let span = range.upperBound.nanoseconds64 - low
    return .nanoseconds(low + (span <= 0 ? 0 : Int64(next() % UInt64(span + 1))))
  }

  public mutating func pick<Elements: RandomAccessCollection>(_ elements: Elements) -> Elements.Element? {
    guard !elements.isEmpty else { return nil }
    return elements[elements.index(elements.startIndex, offsetBy: below(elements.count))]
  }
}

extension Duration {
  /// Whole nanoseconds; simulated durations are far inside the range.
  var nanoseconds64: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}
