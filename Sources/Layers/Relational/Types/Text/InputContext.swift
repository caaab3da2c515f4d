/// What reading a value's text may depend on.
public struct InputContext: Sendable {
  public var timeZone: TimeZoneOffset
  /// 'now': microseconds since 2000-01-01 UTC at the start of the transaction.
  public var now: Int64

  /// Where reading a long text counts its work; nil when the text is no longer than a message.
  public var pace: EvaluationPace?

  public init(timeZone: TimeZoneOffset = .utc, now: Int64 = 0) {
    self.timeZone = timeZone
    self.now = now
  }

  public init(_ statement: StatementContext) {
    timeZone = statement.timeZone
    now = statement.transactionTime
    pace = statement
  }
}
