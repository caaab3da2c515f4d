/// A caller's hold on a request under way: it may let go of it before the answer comes, and is told at once what may
/// have become of it. Give one to ``GroupHost/commit(_:in:timeLimit:hold:completion:)`` and let go with
/// ``GroupHost/giveUp(_:)``.
///
/// Touched on the host's loop only, which is what `@unchecked` relies on.
public final class RequestHold: @unchecked Sendable {
  private enum State {
    /// Not with the host yet.
    case new
    case waiting(@Sendable (StoreError) -> Void)
    /// Answered or given up.
    case over
  }

  private var state = State.new
  /// Whether the request was proposed, or sent to a leader that may have proposed it.
  var mayHappen = false

  public init() {}

  var isOver: Bool { if case .over = state { true } else { false } }

  /// The host takes the request. False if it was given up before.
  func begin(_ fail: @escaping @Sendable (StoreError) -> Void) -> Bool {
    guard case .new = state else { return false }
    state = .waiting(fail)
    return true
  }

  /// The answer is there. False if nobody waits for it any more.
  func end() -> Bool {
    guard case .waiting = state else { return false }
    state = .over
    return true
  }

  func giveUp() {
    let before = state
    state = .over
    if case .waiting(let fail) = before { fail(mayHappen ? .unknownOutcome : .cancelled) }
  }
}
