import RoostClusterSimulation

/// Runs seeds on several cores: each world belongs to one thread from beginning to end.
struct SimulationBatch {
  let count: UInt64
  let jobs: Int
  let plan: @Sendable (UInt64) -> ClusterPlan

  init(count: UInt64, jobs: Int, plan: @escaping @Sendable (UInt64) -> ClusterPlan) {
    self.count = count
    self.jobs = max(1, jobs)
    self.plan = plan
  }

  /// - Parameter report: Hears of each run in order of seeds, as soon as all before it are known.
  func run(_ report: (SimulationReport) throws -> Void) async throws -> SimulationTotal {
    var total = SimulationTotal()
    // house: how long it took is for people; nothing in a world knows of it
    let clock = ContinuousClock()
    let began = clock.now
    try await withThrowingTaskGroup(of: (UInt64, SimulationReport).self) { group in
      var next: UInt64 = 0
      func begin() {
        guard next < count else { return }
        let number = next
        let plan = plan(number)
        next += 1
        group.addTask { (number, SimulationReport(plan)) }
      }
      for _ in 0..<jobs { begin() }
      var waiting: [UInt64: SimulationReport] = [:]
      var told: UInt64 = 0
      while let (number, done) = try await group.next() {
        begin()
        waiting[number] = done
        while let ready = waiting.removeValue(forKey: told) {
          total.add(ready.run)
          try report(ready)
          told += 1
        }
      }
    }
    total.real = began.duration(to: clock.now)
    return total
  }
}

/// What many runs did together.
struct SimulationTotal {
  var runs = 0
  var answered = 0
  var virtual = Duration.zero
  var real = Duration.zero
  var tally = ClusterTally()

  mutating func add(_ run: ClusterRun) {
    runs += 1
    answered += run.answered
    virtual += run.elapsed
    tally.add(run.tally)
  }

  func summary(failures: Int) -> String {
    "\(runs) seeds: \(failures == 0 ? "nothing violated" : "\(failures) VIOLATED"); \(answered) operations answered, "
      + "\(tally.reigns) elections won, \(tally.crashes) crashes, \(tally.snapshots) snapshots, "
      + "\(tally.changes) changes of members, \(tally.replacements) machines replaced; "
      + "\(SimulationReport.seconds(virtual)) virtual seconds in \(SimulationReport.seconds(real)) s"
  }
}
