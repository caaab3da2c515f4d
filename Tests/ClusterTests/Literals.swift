public import RoostBase

/// Tests name nodes by their numbers.
extension NodeID: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: UInt64) { self.init(value) }
}
