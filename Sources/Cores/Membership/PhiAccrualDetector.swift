public import RoostBase

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif
/// Suspicion as a number that grows with silence (Hayashibara, Défago, Yared, Katayama: *The φ Accrual Failure
/// Detector*, 2004).
///
/// φ = −log10 P(a heartbeat comes later than it is late already), with the intervals between heartbeats taken as
/// normally distributed: φ = 1 means one wrong suspicion in ten, φ = 8 one in a hundred million. The mean and the
/// deviation are those of the latest intervals, so a slow network is given more time by itself.
public struct PhiAccrualDetector: Sendable {
  /// Intervals remembered.
  private static let window = 64

  private var intervals: [Int64] = []
  private var oldest = 0
  private var sum: Double = 0
  private var sumOfSquares: Double = 0
  public private(set) var lastHeartbeat: Instant?
  private let expected: Double
  private let minimumDeviation: Double
  /// How many deviations late a heartbeat is when φ reaches the threshold.
  private let lateness: Double

  /// - Parameters:
  ///   - expected: The interval at which heartbeats are sent: what is assumed before enough were heard.
  ///   - minimumDeviation: What the deviation never falls below, lest a very regular sender be suspected for a hiccup.
  ///   - threshold: The φ at which a silence is a suspicion.
  public init(expected: Duration, minimumDeviation: Duration, threshold: Double) {
    self.expected = Double(expected.wholeNanoseconds)
    self.minimumDeviation = Double(minimumDeviation.wholeNanoseconds)
    lateness = PhiAccrualDetector.lateness(ofPhi: threshold)
  }

  /// A heartbeat came.
  public mutating func heartbeat(at now: Instant) {
    if let lastHeartbeat, now > lastHeartbeat { note(now.nanoseconds - lastHeartbeat.nanoseconds) }
    lastHeartbeat = max(now, lastHeartbeat ?? now)
  }

  /// Time passed that says nothing about the other side: this node itself stood still.
  public mutating func forgive(until now: Instant) {
    if let lastHeartbeat { self.lastHeartbeat = max(now, lastHeartbeat) }
  }

  /// How suspicious the silence until `now` is; 0 before the first heartbeat.
  public func phi(at now: Instant) -> Double {
    guard let lastHeartbeat else { return 0 }
    let elapsed = Double(now.nanoseconds - lastHeartbeat.nanoseconds)
    let late = (elapsed - mean) / deviation
    return -log10(PhiAccrualDetector.upperTail(late))
  }

  /// When the silence becomes a suspicion, if nothing is heard until then; nil before the first heartbeat.
  public var suspicion: Instant? { lastHeartbeat.map { $0 + .nanoseconds(Int64(mean + lateness * deviation)) } }

  /// φ grows with lateness: bisects, to a thousandth of a deviation.
  private static func lateness(ofPhi threshold: Double) -> Double {
    var low = -10.0
    var high = 36.0
    while high - low > 0.001 {
      let middle = (low + high) / 2
      if -log10(upperTail(middle)) < threshold { low = middle } else { high = middle }
    }
    return high
  }

  private var mean: Double {
    // A few intervals say little: the expected one counts like four of them.
    (sum + 4 * expected) / Double(intervals.count + 4)
  }

  private var deviation: Double {
    guard intervals.count > 1 else { return max(minimumDeviation, expected / 4) }
    let count = Double(intervals.count)
    let variance = max(0, sumOfSquares / count - (sum / count) * (sum / count))
    return max(minimumDeviation, variance.squareRoot())
  }

  private mutating func note(_ interval: Int64) {
    let value = Double(interval)
    if intervals.count < PhiAccrualDetector.window {
      intervals.append(interval)
    } else {
      let gone = Double(intervals[oldest])
      sum -= gone
      sumOfSquares -= gone * gone
      intervals[oldest] = interval
      oldest = (oldest + 1) % PhiAccrualDetector.window
    }
    sum += value
    sumOfSquares += value * value
  }

  /// P(X > x) of the standard normal distribution; never zero, so that its logarithm is finite.
  private static func upperTail(_ x: Double) -> Double { max(erfc(x / 2.0.squareRoot()) / 2, 1e-300) }
}
