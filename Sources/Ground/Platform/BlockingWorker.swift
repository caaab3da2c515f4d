/// Runs blocking work one piece at a time, in order, away from the loops: the seam of the log thread.
///
/// Production runs it on a thread of its own; simulation runs each piece as an event after a virtual delay, so that a
/// crash can fall between two pieces.
public protocol BlockingWorker: AnyObject, Sendable {
  func submit(_ work: @escaping @Sendable () -> Void)
}
