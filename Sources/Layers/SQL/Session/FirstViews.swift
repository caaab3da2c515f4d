import RoostStore

/// With which view a session's changes begin: with one that costs little, as long as that proves to be good enough. After one
/// that was too old, the changes that follow begin with a better one.
struct FirstViews {
  private enum Choice { case atHand, applied, confirmed }

  /// The least that will do, until `left` changes have begun with it.
  private var least = Choice.atHand
  private var left = 0
  /// What the last change began with.
  private var last = Choice.atHand
  private static let changes = 16

  /// What the next change begins with. One that looks for its rows may look for those that the session has just written, so the view at hand
  /// is only for those that bring their rows along.
  ///
  /// - Parameters:
  ///   - bringsItsRows: see ``ChangePlan/bringsItsRows``.
  ///   - lastCommit: the newest of the session's own commits.
  mutating func next(bringsItsRows: Bool, since lastCommit: Timestamp) -> TransactionOptions.FirstView {
    if left == 0 { least = .atHand } else { left -= 1 }
    last = least == .atHand && !bringsItsRows ? .applied : least
    switch last {
    case .atHand: return .atHand
    case .applied: return .applied(since: lastCommit)
    case .confirmed: return .confirmed
    }
  }

  /// What the last change began with was too old: the session's own commits were missing, or others change the same.
  mutating func wasTooOld() { prefer(last == .atHand ? .applied : .confirmed) }

  /// The changes that follow rely on what the session has just committed.
  mutating func needOwnCommits() { prefer(left > 0 && least == .confirmed ? .confirmed : .applied) }

  private mutating func prefer(_ choice: Choice) {
    least = choice
    left = FirstViews.changes
  }
}
