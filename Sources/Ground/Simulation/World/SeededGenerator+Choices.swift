public import RoostPlatform

/// The only source of chance in a simulation is the platform's seeded generator; this is what a world draws from it.
extension SeededGenerator {
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
