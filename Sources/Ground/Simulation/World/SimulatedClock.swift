public import RoostBase

/// A machine's clocks: a monotonic one that may run fast or slow, and wall time that may also be wrong.
public struct SimulatedClock: Sendable {
  private var anchorWorld: Int64
  private var anchorLocal: Int64
  /// How much faster than the world the clock runs, in parts per million; negative is slower.
  public private(set) var drift: Int64
  /// How far wall time is ahead of the truth.
  public var wallOffset: Duration

  /// Wall time when the world begins: 2030-01-01T00:00:00Z.
  public static let wallOrigin: Int64 = 1_893_456_000_000_000_000

  public init(origin: Int64 = 0, drift: Int64 = 0, wallOffset: Duration = .zero) {
    anchorWorld = 0
    anchorLocal = origin
    self.drift = drift
    self.wallOffset = wallOffset
  }

  public func monotonic(at world: Instant) -> Instant {
    let elapsed = world.nanoseconds - anchorWorld
    return Instant(nanoseconds: anchorLocal + elapsed + SimulatedClock.scaled(elapsed, by: drift, over: 1_000_000))
  }

  /// Nanoseconds since 1970 as this machine believes.
  public func wall(at world: Instant) -> Int64 {
    let elapsed = world.nanoseconds
    return SimulatedClock.wallOrigin + elapsed + wallOffset.nanoseconds64
  }

  /// About when the monotonic clock will show `local`; a caller looks again then.
  func world(for local: Instant, now: Instant) -> Instant {
    let missing = local.nanoseconds - monotonic(at: now).nanoseconds
    guard missing > 0 else { return now }
    return now + .nanoseconds(missing - SimulatedClock.scaled(missing, by: drift, over: 1_000_000 + drift))
  }

  mutating func setDrift(_ partsPerMillion: Int64, at world: Instant) {
    precondition(abs(partsPerMillion) < 1_000_000, "a clock can't stand still or run backwards")
    anchorLocal = monotonic(at: world).nanoseconds
    anchorWorld = world.nanoseconds
    drift = partsPerMillion
  }

  /// A monotonic clock only ever jumps ahead: a virtual machine that was frozen.
  mutating func jump(_ ahead: Duration, at world: Instant) {
    precondition(ahead >= .zero, "a monotonic clock can't go back")
    setDrift(drift, at: world)
    anchorLocal += ahead.nanoseconds64
  }

  /// A reboot: the monotonic clock counts from anywhere.
  mutating func restart(origin: Int64, at world: Instant) {
    anchorWorld = world.nanoseconds
    anchorLocal = origin
  }

  /// value × factor / divisor without overflowing for values of many days.
  private static func scaled(_ value: Int64, by factor: Int64, over divisor: Int64) -> Int64 {
    (value / divisor) * factor + (value % divisor) * factor / divisor
  }
}
