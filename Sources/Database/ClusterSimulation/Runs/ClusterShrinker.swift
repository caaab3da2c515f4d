import RoostSimulation

/// Finds a short list of faults with which a failing run still fails, by delta debugging (Zeller and Hildebrandt 2002):
/// parts of the list are left out, larger ones first, for as long as the run goes on failing.
///
/// What is left is minimal in that no single fault can be left out. A run with fewer faults differs from the original from
/// the first missing fault on, so it may fail in another way; that is as good a find.
public struct ClusterShrinker: Sendable {
  /// How many runs it may take.
  public var runLimit = 200

  public init() {}

  /// The shortest failing run that was found; the given one if not even that fails again.
  ///
  /// - Parameter progress: Hears after each run how many faults are left, and how many runs there were.
  public func shrink(
    _ failing: ClusterRun, progress: (_ scheduledFaults: Int, _ runs: Int) -> Void = { _, _ in }
  ) -> ClusterRun {
    var best = failing
    var runs = 0
    func fails(_ scheduledFaults: [ScheduledFault]) -> Bool {
      guard runs < runLimit else { return false }
      runs += 1
      var plan = failing.plan
      plan.scheduledFaults = scheduledFaults
      let run = ClusterRun(plan)
      if !run.isFine { best = run }
      progress(best.scheduledFaults.count, runs)
      return !run.isFine
    }
    guard fails([]) == false else { return best }
    var scheduledFaults = failing.scheduledFaults
    var parts = 2
    while scheduledFaults.count > 1, runs < runLimit {
      let size = (scheduledFaults.count + parts - 1) / parts
      var isShorter = false
      var start = 0
      while start < scheduledFaults.count {
        let rest = Array(scheduledFaults[..<start] + scheduledFaults[min(start + size, scheduledFaults.count)...])
        if !rest.isEmpty, fails(rest) {
          scheduledFaults = rest
          parts = max(parts - 1, 2)
          isShorter = true
        } else {
          start += size
        }
      }
      if !isShorter {
        if size == 1 { break }
        parts = min(parts * 2, scheduledFaults.count)
      }
    }
    return best
  }
}
