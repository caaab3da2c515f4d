import RoostRelational

/// Which message may be acted on, and what an error means for the ones behind it.
///
/// A simple query answers for itself: after its error comes ReadyForQuery. The messages of an extended batch (Parse,
/// Bind, Describe, Execute, Close, Flush) stand and fall together: after the first error everything is read and
/// dropped until Sync, whose ReadyForQuery tells the client where they both stand again (PostgreSQL documentation,
/// "Extended Query").
///
///              ┌── error in extended batch ──▶ skipping ──┐
///     ready ◀──┘                                          │
///       ▲ ◀───────────────────── Sync ────────────────────┘
struct ExtendedQueryState {
  enum Step {
    /// Belongs to a batch that failed.
    case skip
    case perform
    case fail(SQLError)
    case synchronize
    case end
  }

  enum Recovery { case readyForQuery, skipToSync }

  private var skipping = false

  mutating func receive(_ message: FrontendMessage) -> Step {
    switch message {
    case .terminate:
      return .end
    case .sync:
      skipping = false
      return .synchronize
    case .copyRemainder:
      return .skip
    case .unusable(.terminate, _):
      return .end
    case .unusable(.copyData, _), .unusable(.copyDone, _), .unusable(.copyFail, _):
      return .skip
    case .unusable(.sync, let error):
      skipping = false
      return .fail(error)
    case .unusable(_, let error):
      return skipping ? .skip : .fail(error)
    case .functionCall:
      return skipping ? .skip : .fail(SQLError("0A000", "function calls by protocol message are not supported"))
    case .query, .parse, .bind, .describe, .execute, .close, .flush:
      return skipping ? .skip : .perform
    }
  }

  /// Says what follows the error that `message` caused.
  mutating func failed(_ message: FrontendMessage) -> Recovery {
    switch message {
    case .parse, .bind, .describe, .execute, .close, .flush,
      .unusable(.parse, _), .unusable(.bind, _), .unusable(.describe, _), .unusable(.execute, _),
      .unusable(.close, _), .unusable(.flush, _):
      skipping = true
      return .skipToSync
    default:
      return .readyForQuery
    }
  }
}
