import RoostBase

/// The core's own source of randomness, for nothing but timeouts (SplitMix64: one addition and three mixes).
/// Being a value, it makes a member's behaviour a function of its seed and its inputs.
struct TimeoutGenerator: Sendable {
  private var state: UInt64

  /// Members that were given the same seed still draw different timeouts.
  init(seed: UInt64, id: NodeID) { state = seed ^ (id.rawValue &* 0xd134_2543_de82_ef95) }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// Uniform in 0..<`bound`; zero if that is empty.
  mutating func nanoseconds(below bound: Int64) -> Int64 {
    if bound <= 0 { return 0 }
    return Int64(next().multipliedFullWidth(by: UInt64(bound)).high)
  }
}
