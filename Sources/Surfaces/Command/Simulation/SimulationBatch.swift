import RoostClusterSimulation

/// Plays seeds on several cores: each world belongs to one thread from beginning to end.
struct SimulationBatch<Report: Sendable> {
  let count: UInt64
  let jobs: Int
  let play: @Sendable (UInt64) -> Report

  init(count: UInt64, jobs: Int, play: @escaping @Sendable (UInt64) -> Report) {
    self.count = count
    self.jobs = max(1, jobs)
    self.play = play
  }

  /// Returns how long all of it took.
  ///
  /// - Parameter report: Hears of each run in order of seeds, as soon as all before it are known.
  func run(_ report: (Report) throws -> Void) async throws -> Duration {
    // house: how long it took is for people; nothing in a world knows of it
    let clock = ContinuousClock()
    let began = clock.now
    try await withThrowingTaskGroup(of: (UInt64, Report).self) { group in
      var next: UInt64 = 0
      func begin() {
        guard next < count else { return }
        let (number, play) = (next, play)
        next += 1
        group.addTask { (number, play(number)) }
      }
      for _ in 0..<jobs { begin() }
      var waiting: [UInt64: Report] = [:]
      var told: UInt64 = 0
      while let (number, done) = try await group.next() {
        begin()
        waiting[number] = done
        while let ready = waiting.removeValue(forKey: told) {
          try report(ready)
          told += 1
        }
      }
    }
    return began.duration(to: clock.now)
  }
}

/// What many runs did together.
struct SimulationTotal {
  var runs = 0
  var answered = 0
  var virtual = Duration.zero
  var tally = ClusterTally()

  mutating func add(_ run: ClusterRun) {
    runs += 1
    answered += run.answered
    virtual += run.elapsed
    tally.add(run.tally)
  }

  func summary(failures: Int, real: Duration) -> String {
    "\(runs) seeds: \(failures == 0 ? "nothing violated" : "\(failures) VIOLATED"); \(answered) operations answered, "
      + "\(tally.reigns) elections won, \(tally.crashes) crashes, \(tally.snapshots) snapshots, "
      + "\(tally.changes) changes of members, \(tally.replacements) machines replaced; "
      + "\(SimulationReport.seconds(virtual)) virtual seconds in \(SimulationReport.seconds(real)) s"
  }
}
