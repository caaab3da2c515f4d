import Foundation
import RoostBase
import RoostRaft
import Testing

/// Figure 3 of the Raft paper, over many seeds: elections, logs and state machines stay sound whatever network,
/// disks and processes do, and the group works again when they do. `ROOST_RAFT_SEEDS_FACTOR` multiplies the seeds.
@Suite struct SafetyTests {
  @Test func groupOfThreeStaysSafeOnABadNetwork() throws {
    try check(seeds: 1..<9, voters: 3) { _ in }
  }

  @Test func groupOfFiveStaysSafeOnABadNetwork() throws {
    try check(seeds: 2..<7, voters: 5) { _ in }
  }

  @Test func safetyNeedsNoPreVoteAndNoCheckQuorum() throws {
    try check(seeds: 3..<8, voters: 3) {
      $0.preVote = false
      $0.checkQuorum = false
    }
  }

  @Test func smallLimitsAndLittleMemoryChangeNothing() throws {
    let counts = try check(seeds: 4..<10, voters: 3, faults: .init(crashPerMille: 4)) {
      $0.maxEntriesBytesPerMessage = 70
      $0.maxInflightMessages = 2
      $0.maxInflightBytes = 200
      $0.maxCommittedBytesPerApply = 100
      $0.maxCachedBytes = 100
      $0.maxUncommittedBytes = 500
    }
    #expect(counts.loads > 5)
  }

  @Test func compactionAndSnapshotsChangeNothing() throws {
    var faults = SimulatedGroup.Faults(crashPerMille: 4)
    faults.compacts = true
    let counts = try check(seeds: 5..<11, voters: 3, faults: faults) { $0.maxCachedBytes = 1000 }
    #expect(counts.snapshots > 3)
  }

  @Test func membersComeAndGo() throws {
    var faults = SimulatedGroup.Faults()
    faults.changesConfiguration = true
    faults.compacts = true
    let counts = try check(seeds: 6..<14, voters: 3, others: 2, faults: faults) { _ in }
    #expect(counts.configurationChanges > 30)
    #expect(counts.snapshots > 3)
  }

  @Test func lostLogsLoseNothingThatIsCommitted() throws {
    let counts = try check(seeds: 7..<19, voters: 3, faults: .losingLogs) { _ in }
    #expect(counts.losses > 12)
    #expect(counts.repairs > 12)
    try check(seeds: 8..<12, voters: 5, faults: .losingLogs) { _ in }
  }

  /// What the barrier is for: without it, the same losses are found by their consequences.
  @Test func lostLogsThatNobodyNoticesAreFound() throws {
    var faults = SimulatedGroup.Faults.losingLogs
    faults.tellsLoss = false
    var found = 0
    for seed in 7000..<7012 as Range<UInt64> {
      var group = try SimulatedGroup(seed: seed, voters: 3, faults: faults)
      try group.run(milliseconds: 2500)
      let lost = group.ledger.violations.contains { $0.contains(" lacks ") || $0.contains("applied another entry") }
      if lost { found += 1 }
    }
    #expect(found > 0)
  }

  @Test func leasesKeepTheirWordWhenClocksDriftAndProcessesPause() throws {
    let counts = try check(seeds: 9..<19, voters: 3, faults: .withLeases(driftPercent: 10)) { $0.readMode = .lease }
    #expect(counts.pauses > 10)
  }

  /// What the rules are for: clocks that drift more, and shells that answer by an old clock, are found.
  @Test(arguments: [true, false])
  func brokenLeasesAreFound(byOldClock: Bool) throws {
    var found = 0
    for seed in 10_000..<10_020 as Range<UInt64> {
      var faults = SimulatedGroup.Faults.withLeases(driftPercent: byOldClock ? 10 : 50)
      faults.readsByOldClocks = byOldClock
      faults.crashPerMille = 0
      var group = try SimulatedGroup(seed: seed, voters: 3, faults: faults) { $0.readMode = .lease }
      try group.run(milliseconds: 4000)
      if group.ledger.violations.contains(where: { $0.contains("answered a read") }) { found += 1 }
      if found > 0 { break }
    }
    #expect(found > 0)
  }

  /// Runs a world for each seed, then heals it and expects it to work. Returns what happened in all of them.
  @discardableResult
  private func check(
    seeds: Range<UInt64>, voters: Int, others: Int = 0, faults: SimulatedGroup.Faults = .init(),
    adjust: (inout RaftConfiguration) -> Void
  ) throws -> SimulatedGroup.Counts {
    var total = SimulatedGroup.Counts()
    var elections = 0
    var reads = 0
    let factor = ProcessInfo.processInfo.environment["ROOST_RAFT_SEEDS_FACTOR"].flatMap { UInt64($0) } ?? 1
    let seeds = seeds.lowerBound * 1000..<(seeds.lowerBound * 1000 + UInt64(seeds.count) * factor)
    for seed in seeds {
      var group = try SimulatedGroup(seed: seed, voters: voters, others: others, faults: faults, adjust: adjust)
      try group.run(milliseconds: 2500)
      try group.heal()
      try group.run(milliseconds: 1500, isLoaded: false)
      #expect(group.ledger.violations.isEmpty, "seed \(seed)")
      try expectWorking(&group, seed: seed)
      elections += group.ledger.elections
      reads += group.ledger.answeredReads
      total.snapshots += group.counts.snapshots
      total.loads += group.counts.loads
      total.crashes += group.counts.crashes
      total.configurationChanges += group.counts.configurationChanges
      total.proposals += group.counts.proposals
      total.losses += group.counts.losses
      total.repairs += group.counts.repairs
      total.pauses += group.counts.pauses
    }
    // The worlds must have been bad enough to show something, and good enough to do something.
    #expect(elections > seeds.count)
    #expect(total.crashes > seeds.count)
    #expect(total.proposals > 10 * seeds.count)
    #expect(reads > seeds.count)
    return total
  }

  private func expectWorking(_ group: inout SimulatedGroup, seed: UInt64) throws {
    let found = group.leader
    let leader = try #require(found, "seed \(seed)")
    let index = try group.propose(group.value(), at: leader)
    try group.run(milliseconds: 500, isLoaded: false)
    #expect(group.ledger.violations.isEmpty, "seed \(seed)")
    let configuration = group.members[leader].core.configuration
    let state = group.members[leader].state
    #expect(state.index >= index, "seed \(seed)")
    for member in group.members where configuration.members.contains(member.settings.id) {
      #expect(member.state == state, "seed \(seed), member \(member.settings.id)")
    }
  }
}

extension SimulatedGroup.Faults {
  /// Leaders that stop for a while or are cut off, and clocks that go at different rates; many reads.
  fileprivate static func withLeases(driftPercent: Int) -> Self {
    var faults = Self(crashPerMille: 2, partitionPerMille: 2)
    faults.driftPercent = driftPercent
    faults.pausePerMille = 2
    faults.readPercent = 60
    faults.transferPerMille = 0
    faults.cutsLeaders = true
    return faults
  }

  /// Many crashes, half of which cost a member some of what it acknowledged.
  fileprivate static var losingLogs: Self {
    var faults = Self(crashPerMille: 12)
    faults.lossOfLogPercent = 50
    faults.compacts = true
    return faults
  }
}
