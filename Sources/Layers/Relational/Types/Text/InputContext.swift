/// What reading a value's text may depend on.
public struct InputContext: Sendable {
  private let zone: TimeZoneOffset
  private let instant: Int64
  /// Notes what was made use of; nil where nobody asks.
  public var use: InputUse?

  /// Where reading a long text counts its work; nil when the text is no longer than a message.
  public var pace: EvaluationPace?

  public init(timeZone: TimeZoneOffset = .utc, now: Int64 = 0, use: InputUse? = nil) {
    zone = timeZone
    instant = now
    self.use = use
  }

  public init(_ statement: StatementContext) {
    zone = statement.timeZone
    instant = statement.transactionTime
    pace = statement
  }

  public var timeZone: TimeZoneOffset {
    use?.readsZone = true
    return zone
  }

  /// 'now': microseconds since 2000-01-01 UTC at the start of the transaction.
  public var now: Int64 {
    use?.readsClock = true
    return instant
  }
}

/// What texts that were read while a statement was planned have made it depend on. Used by one task.
public final class InputUse: @unchecked Sendable {
  /// The session's time zone, as '2026-01-01 00:00' does where an instant is meant.
  public fileprivate(set) var readsZone = false
  /// The time, as 'now' and 'today' do.
  public fileprivate(set) var readsClock = false

  public init() {}
}
