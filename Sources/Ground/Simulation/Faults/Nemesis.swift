public import RoostBase
import RoostPlatform

/// What may go wrong, and how often.
public struct NemesisOptions: Sendable {
  /// A fault that stands here twice is played twice as often.
  public var faults: [Fault] = NemesisOptions.honestFaults
  /// The time between two faults.
  public var interval: ClosedRange<Duration> = .milliseconds(50)...(.milliseconds(600))
  /// How long a fault lasts.
  public var duration: ClosedRange<Duration> = .milliseconds(50)...(.seconds(2))
  /// How many machines may be down at a time, besides a blackout.
  public var maximumDown = 2
  /// How far a drifting clock is off, in parts per million, either way.
  public var maximumDrift = 10_000

  /// Those with which disks keep what they said they keep.
  public static let honestFaults = Fault.allCases.filter { !$0.isCorruption }

  public init() {}
}

/// Plays faults from a seed, or a list of them: each begins at its time and ends by itself; `heal` ends them all.
///
/// What corrupts a disk hits one machine of a run only, the victim: whatever was acknowledged must still be there, and
/// once all is healed the cluster must get on.
///
/// A run that plays the faults of another run of the same seed is the same run: choosing them draws nothing from the
/// world.
///
/// Unchecked sendable: guarded by the world's thread.
public final class Nemesis: @unchecked Sendable {
  let world: World
  private let options: NemesisOptions
  private let leader: () -> NodeID?
  private var generator: SeededGenerator
  private var isActive = false
  /// Counts the healings, so that the end of a fault that was healed before does nothing.
  private var generation = 0
  let healthy: NetworkOptions
  /// The machine whose disk may lie.
  private var victim: NodeID?
  /// The victim can't be hit twice by what makes it another machine.
  private var isVictimLost = false
  /// What was done, for the story of a failing seed.
  public private(set) var scheduledFaults: [ScheduledFault] = []
  /// Puts another machine in the place of one whose disk is lost. Without it the machine comes back empty under its own
  /// identity, which nothing that made promises survives.
  public var replace: ((SimulatedNode) -> Void)?
  /// Hears of a disk that is copied. What it returns is asked whether the copy may be put back; without it, it always may.
  public var copied: ((SimulatedNode) -> () -> Bool)?

  /// - Parameter leader: Who leads at the moment, as far as the test can tell.
  public init(_ world: World, options: NemesisOptions = NemesisOptions(), leader: @escaping () -> NodeID? = { nil }) {
    self.world = world
    self.options = options
    self.leader = leader
    generator = SeededGenerator(seed: world.seed ^ 0x6E65_6D65_7369_7321)
    healthy = world.network.options
  }

  public func start() {
    precondition(!options.faults.isEmpty, "a nemesis needs a fault to play")
    isActive = true
    next()
  }

  /// Plays these faults and no others.
  public func start(_ scheduledFaults: [ScheduledFault]) {
    isActive = true
    for scheduled in scheduledFaults {
      world.postFault(at: scheduled.time) { [self] in
        if isActive { play(scheduled) }
      }
    }
  }

  /// Stops, and ends every fault: all machines run, all wires carry, disks and clocks behave.
  public func heal() {
    isActive = false
    generation += 1
    world.network.options = healthy
    world.network.heal()
    for node in world.nodes where !node.isRetired {
      node.diskSlowness = 1
      node.medium.heal()
      node.releaseDisk()
      node.setClockDrift(0)
      node.cancelPlannedCrash()
      node.resume()
      node.start()
    }
  }

  func later(_ delay: Duration, _ work: @escaping () -> Void) {
    let generation = generation
    world.postFault(at: world.now + delay) { [self] in
      if generation == self.generation { work() }
    }
  }

  // MARK: Choosing

  private func next() {
    let generation = generation
    world.postFault(at: world.now + generator.duration(options.interval)) { [self] in
      guard isActive, generation == self.generation else { return }
      if let fault = generator.pick(options.faults), let scheduled = choose(fault) { play(scheduled) }
      next()
    }
  }

  private func play(_ scheduled: ScheduledFault) {
    if perform(scheduled) { scheduledFaults.append(scheduled) }
  }

  private func choose(_ fault: Fault) -> ScheduledFault? {
    var scheduled = ScheduledFault(
      time: world.now, fault: fault, length: generator.duration(options.duration), seed: generator.next())
    let up = world.nodes.filter { $0.isUp && !$0.isRetired }
    switch fault {
    case .blackout, .stall, .resets, .slowNetwork, .duplicates, .reordering: return scheduled
    case .partition, .isolation, .oneWay, .leaderMuted:
      scheduled.directions = directions(fault, world.nodes.filter { !$0.isRetired }.map(\.id))
      return scheduled.directions.isEmpty ? nil : scheduled
    case .kill, .powerLoss, .tornWrite, .leaderCrash, .wipe, .rollback:
      guard world.nodes.count(where: { !$0.isUp && !$0.isRetired }) < options.maximumDown else { return nil }
    default: break
    }
    var node = fault.concernsLeader ? leader().flatMap { world.node($0) } : generator.pick(up)
    if fault.isCorruption {
      if victim == nil { victim = node?.id }
      node = victim.flatMap { world.node($0) }
      if isVictimLost { return nil }
      if fault == .wipe || fault == .rollback { isVictimLost = true }
    }
    guard let node, node.isUp, !node.isRetired, fault != .pause || !node.isPaused else { return nil }
    scheduled.nodes = [node.id]
    scheduled.amount = amount(fault)
    // Some are back at once, while others still remember what they were asked and answered.
    if fault.isCrash, scheduled.seed % 4 == 1 {
      scheduled.length = .milliseconds(1 + Int64((scheduled.seed >> 8) % 12))
    }
    return scheduled
  }

  private func amount(_ fault: Fault) -> Int64 {
    switch fault {
    case .tornWrite: Int64(1 + generator.below(6))
    case .slowDisk: Int64(2 + generator.below(40))
    case .fullDisk: Int64(generator.below(1 << generator.below(17)))
    case .clockDrift: Int64(generator.below(2 * options.maximumDrift + 1) - options.maximumDrift)
    case .monotonicJump: Int64(generator.below(3000)) * 1_000_000
    case .wallJump: Int64(generator.below(120_000) - 60_000) * 1_000_000
    default: 0
    }
  }

  private func directions(_ fault: Fault, _ nodes: [NodeID]) -> [ScheduledFault.Direction] {
    func both(_ here: NodeID, _ there: NodeID) -> [ScheduledFault.Direction] {
      [ScheduledFault.Direction(from: here, to: there), ScheduledFault.Direction(from: there, to: here)]
    }
    switch fault {
    case .partition:
      var shuffled = nodes
      shuffled.shuffle(using: &generator)
      let cut = 1 + generator.below(max(1, shuffled.count - 1))
      return shuffled[..<cut].flatMap { here in shuffled[cut...].flatMap { both(here, $0) } }
    case .isolation:
      guard let node = generator.pick(nodes) else { return [] }
      return nodes.filter { $0 != node }.flatMap { both(node, $0) }
    case .oneWay:
      guard let from = generator.pick(nodes), let to = generator.pick(nodes), from != to else { return [] }
      return [ScheduledFault.Direction(from: from, to: to)]
    default:
      guard let node = leader() else { return [] }
      return nodes.filter { $0 != node }.map { ScheduledFault.Direction(from: node, to: $0) }
    }
  }
}
