import RoostBase
import RoostRaft

/// Groups of bare cores, for mistakes that a cluster can't show because its shell does not use what they are in, or is
/// careful itself. The groups are those of `Tests/RaftTests/Simulation`, which are compiled into the harness.
enum CoreProfile: String {
  /// Reads are answered from leases, while clocks drift, processes stand still and leaders are cut off.
  case leases = "core-leases"
  /// Entries travel one by one, a third of all messages is lost, and leaders seldom outlive their first moments: so
  /// logs end in entries of many terms that no quorum has.
  case fickle = "core-fickle"
  /// Every other crash costs a member some of its log. Disks that lie do that too, but seldom in the right moment.
  case repair = "core-repair"

  /// What goes wrong first, if anything does.
  func complaint(seed: UInt64) -> String? {
    do {
      var group = try SimulatedGroup(
        seed: seed, voters: self == .fickle || seed % 2 == 0 ? 3 : 5, faults: faults, adjust: adjust)
      if self == .fickle { try deposeLeaders(of: &group, seed: seed) } else { try group.run(milliseconds: 8000) }
      try group.heal()
      try group.run(milliseconds: 1500, isLoaded: false)
      if let violation = group.ledger.violations.first { return violation }
      return group.leader == nil ? "nobody leads after everything was healed" : nil
    } catch {
      return "\(error)"
    }
  }

  private func adjust(_ settings: inout RaftConfiguration) {
    switch self {
    case .leases: settings.readMode = .lease
    case .fickle:
      settings.maxEntriesBytesPerMessage = 1
      settings.maxInflightMessages = 1
      // So that rivals stand for election in the same term.
      settings.preVote = false
      settings.checkQuorum = false
    case .repair: break
    }
  }

  private var faults: SimulatedGroup.Faults {
    var faults = SimulatedGroup.Faults()
    switch self {
    case .leases:
      faults.driftPercent = 10
      faults.pausePerMille = 2
      faults.cutsLeaders = true
      faults.transferPerMille = 12
      faults.readPercent = 60
    case .fickle:
      faults.lossPercent = 30
      faults.crashPerMille = 4
      faults.maxWriteDelay = 12
    case .repair:
      faults.crashPerMille = 12
      faults.lossOfLogPercent = 50
      faults.compacts = true
    }
    return faults
  }

  /// Crashes leaders as they are elected, before anyone has heard of them, or when they have just begun to lead.
  private func deposeLeaders(of group: inout SimulatedGroup, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed &+ 1)
    var latest = Term.zero
    for _ in 0..<8000 {
      try group.run(milliseconds: random.number(1...8))
      if let leader = group.leader, group.members[leader].core.term > latest {
        latest = group.members[leader].core.term
        let chance = random.number(0...99)
        if chance < 40 {
          group.crash(leader)
        } else if chance < 80 {
          try group.run(milliseconds: random.number(10...60))
          if group.members[leader].isRunning { group.crash(leader) }
        }
      }
      // Somebody who may just have voted is back at once.
      if random.chance(10), let voter = group.members.indices.randomElement(using: &random),
        group.members[voter].isRunning
      {
        group.crash(voter)
        try group.run(milliseconds: 1)
        if !group.members[voter].isRunning { try group.restart(voter) }
      }
      let down = group.members.indices.filter { !group.members[$0].isRunning }
      if let position = down.randomElement(using: &random), random.chance(down.count > 1 ? 10 : 3) {
        try group.restart(position)
      }
    }
  }
}
