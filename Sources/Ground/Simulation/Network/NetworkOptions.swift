/// What the wires of a world are like. The defaults are a healthy local network.
public struct NetworkOptions: Sendable {
  /// The time a payload is under way.
  public var delay: ClosedRange<Duration> = .microseconds(50)...(.microseconds(500))
  /// The chance of a payload to take longer, as after a lost packet, and how long then.
  public var tailRate = 0.01
  public var tailDelay: ClosedRange<Duration> = .milliseconds(1)...(.milliseconds(20))
  /// The chance of each payload to reset its connection: everything under way on it is lost.
  public var resetRate = 0.0
  /// The chance of each payload to be dropped without anyone noticing, as by a full queue.
  public var dropRate = 0.0
  /// The chance of each payload to arrive a second time, much later or earlier than others. TCP never does that; the
  /// consensus core must survive it all the same.
  public var duplicateRate = 0.0
  /// The chance of each payload to leave the order of its lane.
  public var reorderRate = 0.0
  /// How much later or earlier what leaves the order arrives.
  public var strayDelay: ClosedRange<Duration> = .zero...(.milliseconds(30))
  /// The bound of the payload bytes that wait on one lane of a connection.
  public var laneBytes = 8 << 20
  /// How much later than the one direction between two nodes the other one opens: each node makes a connection of its
  /// own for what it sends, so payloads may arrive from a peer that can't be answered yet.
  public var openingGap: ClosedRange<Duration> = .zero...(.milliseconds(10))
  /// How long a connection takes to be made.
  public var connectDelay: ClosedRange<Duration> = .microseconds(200)...(.milliseconds(3))
  /// How long to wait before another attempt.
  public var retryDelay: ClosedRange<Duration> = .milliseconds(20)...(.milliseconds(200))
  /// How long a connection may carry nothing in a direction before it counts as broken.
  public var breakAfter: ClosedRange<Duration> = .milliseconds(500)...(.seconds(2))

  public init() {}
}
