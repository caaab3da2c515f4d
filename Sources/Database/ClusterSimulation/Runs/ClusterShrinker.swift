import RoostSimulation

/// Finds a short list of deeds with which a failing run still fails, by delta debugging (Zeller and Hildebrandt 2002):
/// parts of the list are left out, larger ones first, for as long as the run goes on failing.
///
/// What is left is minimal in that no single deed can be left out. A run with fewer deeds differs from the original from
/// the first missing deed on, so it may fail in another way; that is as good a find.
public struct ClusterShrinker: Sendable {
  /// How many runs it may take.
  public var runLimit = 200

  public init() {}

  /// The shortest failing run that was found; the given one if not even that fails again.
  ///
  /// - Parameter progress: Hears after each run how many deeds are left, and how many runs there were.
  public func shrink(_ failing: ClusterRun, progress: (_ deeds: Int, _ runs: Int) -> Void = { _, _ in }) -> ClusterRun {
    var best = failing
    var runs = 0
    func fails(_ deeds: [Deed]) -> Bool {
      guard runs < runLimit else { return false }
      runs += 1
      var plan = failing.plan
      plan.deeds = deeds
      let run = ClusterRun(plan)
      if !run.isFine { best = run }
      progress(best.deeds.count, runs)
      return !run.isFine
    }
    guard fails([]) == false else { return best }
    var deeds = failing.deeds
    var parts = 2
    while deeds.count > 1, runs < runLimit {
      let size = (deeds.count + parts - 1) / parts
      var isShorter = false
      var start = 0
      while start < deeds.count {
        let rest = Array(deeds[..<start] + deeds[min(start + size, deeds.count)...])
        if !rest.isEmpty, fails(rest) {
          deeds = rest
          parts = max(parts - 1, 2)
          isShorter = true
        } else {
          start += size
        }
      }
      if !isShorter {
        if size == 1 { break }
        parts = min(parts * 2, deeds.count)
      }
    }
    return best
  }
}
