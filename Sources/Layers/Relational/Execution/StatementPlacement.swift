/// Where a statement computes: on the loop that its session shares with others, or away from it.
///
/// A short statement stays on the loop, which costs nothing. One that turns out to be long leaves it at the next
/// ``StatementContext/checkpoint()``. One that is found to be long inside a single evaluation is thrown out of it with
/// ``StatementContext/departure``: the operator takes the statement off the loop and evaluates the row again there.
public protocol StatementPlacement: AnyObject, Sendable {
  var isOnLoop: Bool { get }
  /// Goes on on another thread, until the session needs its loop again. Nothing when it is away already.
  func leaveLoop() async
}

extension StatementContext {
  /// Thrown by `onLongEvaluation`, caught by `SubqueryRunner`: what was evaluated is to be evaluated again, off the
  /// loop.
  public static let departure = SQLError("XXDEP", "a long evaluation was not taken off its loop")

  /// Whether `failure` asked for the statement to leave its loop; then it has.
  public func leaves(after failure: SQLError) async -> Bool {
    guard failure.code == Self.departure.code, let placement, placement.isOnLoop else { return false }
    await leaveLoop(placement)
    return true
  }

  /// Evaluates what contains no subquery: once, or again off the loop when it takes long.
  public func evaluating<T>(_ body: () throws(SQLError) -> T) async throws(SQLError) -> T {
    do throws(SQLError) {
      return try body()
    } catch {
      guard await leaves(after: error) else { throw error }
      return try body()
    }
  }
}
