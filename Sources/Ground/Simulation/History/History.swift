/// What clients saw: operations in the order they began and ended, to be judged by a checker.
///
/// An operation begins, and ends in one of three ways: with an output, as certainly not done, or unknown (a time-out, a
/// closed connection): then it may take effect at any later time, or never. Only the order of beginnings and ends
/// counts; virtual times are kept for people.
public struct History<Input: Sendable, Output: Sendable>: Sendable {
  public enum Outcome: Sendable {
    case ok(Output)
    /// It certainly did not and will not take effect.
    case failed
    /// Nobody knows. Also of operations that were never heard of again.
    case unknown
  }

  public struct Operation: Sendable {
    /// The client; it has at most one operation under way whose end will be seen.
    public var process: Int
    public var input: Input
    /// Positions in the order of all beginnings and ends.
    public var begin: Int
    public var end: Int?
    public var beginTime: Int64
    public var endTime: Int64?
    public var outcome: Outcome
  }

  /// Names an operation of a history.
  public struct OperationID: Hashable, Sendable { var position: Int }

  public private(set) var operations: [Operation] = []
  private var ticks = 0

  public init() {}

  public mutating func invoke(process: Int, _ input: Input, at time: Int64 = 0) -> OperationID {
    operations.append(
      Operation(
        process: process, input: input, begin: tick(), end: nil, beginTime: time, endTime: nil, outcome: .unknown))
    return OperationID(position: operations.count - 1)
  }

  public mutating func ok(_ id: OperationID, _ output: Output, at time: Int64 = 0) { end(id, .ok(output), time) }
  public mutating func fail(_ id: OperationID, at time: Int64 = 0) { end(id, .failed, time) }
  public mutating func info(_ id: OperationID, at time: Int64 = 0) { end(id, .unknown, time) }

  private mutating func end(_ id: OperationID, _ outcome: Outcome, _ time: Int64) {
    precondition(operations[id.position].end == nil, "an operation ends once")
    operations[id.position].end = tick()
    operations[id.position].endTime = time
    operations[id.position].outcome = outcome
  }

  private mutating func tick() -> Int {
    ticks += 1
    return ticks
  }

  /// How many operations ended with an output.
  public var okCount: Int { operations.count { if case .ok = $0.outcome { true } else { false } } }
}
