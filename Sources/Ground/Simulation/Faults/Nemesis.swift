import RoostPlatform
public import RoostRaft

/// What may go wrong, and how often.
public struct NemesisOptions: Sendable {
  public enum Fault: Sendable, CaseIterable {
    /// A process is killed; its disk keeps everything written.
    case kill
    /// A machine loses power, and with it what was not synced.
    case powerLoss
    /// A machine loses power in the middle of its disk operations.
    case tornWrite
    /// Every machine loses power at once.
    case blackout
    /// The process of the leader ends.
    case leaderCrash
    /// A process stands still for a while.
    case pause
    /// The cluster falls into two sides.
    case partition
    /// One machine is cut off from the others.
    case isolation
    /// One direction between two machines is cut.
    case oneWay
    /// The leader is heard no more, but hears.
    case leaderMuted
    /// Connections are reset again and again.
    case resets
    case slowNetwork
    case slowDisk
    case stalledDisk
    /// A sync fails, and what it should have made durable never will be. Only for code that ends its machine then, so
    /// it is not played unless asked for.
    case failingSync
    case clockDrift
    /// Wall time is wrong from here on.
    case wallJump
    /// The monotonic clock leaps ahead. No lease survives that on a voter's side, so it is not played unless asked for.
    case monotonicJump
  }

  public var faults: [Fault] = Fault.allCases.filter { $0 != .monotonicJump && $0 != .failingSync }
  /// The time between two faults.
  public var interval: ClosedRange<Duration> = .milliseconds(50)...(.milliseconds(600))
  /// How long a fault lasts.
  public var duration: ClosedRange<Duration> = .milliseconds(50)...(.seconds(2))
  /// How many machines may be down at a time, besides a blackout.
  public var maximumDown = 2
  /// How far a drifting clock is off, in parts per million, either way.
  public var maximumDrift = 10_000

  public init() {}
}

/// Plays faults from a seed: each begins at a random time and ends by itself; `heal` ends them all.
///
/// Nothing it does forgets what was synced, so whatever was acknowledged must still be there, and once all is healed
/// the cluster must get on.
///
/// Unchecked sendable: guarded by the world's thread.
public final class Nemesis: @unchecked Sendable {
  private let world: World
  private let options: NemesisOptions
  private let leader: () -> NodeID?
  private var generator: SeededGenerator
  private var isActive = false
  /// Counts the healings, so that the end of a fault that was healed before does nothing.
  private var generation = 0
  private let healthy: NetworkOptions
  /// What was done, for the story of a failing seed.
  public private(set) var deeds: [String] = []

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

  /// Stops, and ends every fault: all machines run, all wires carry, disks and clocks behave.
  public func heal() {
    isActive = false
    generation += 1
    world.network.options = healthy
    world.network.heal()
    for node in world.nodes {
      node.diskSlowness = 1
      node.medium.failingSyncs = 0
      node.medium.syncFailureRate = 0
      node.releaseDisk()
      node.setClockDrift(0)
      node.cancelPlannedCrash()
      node.resume()
      node.start()
    }
    deeds.append("\(world.now.nanoseconds / 1_000_000) ms: heal")
  }

  // MARK: Faults

  private func next() {
    let generation = generation
    world.post(after: generator.duration(options.interval), kind: .fault, node: .none) { [self] in
      guard isActive, generation == self.generation else { return }
      if let fault = generator.pick(options.faults) { play(fault) }
      next()
    }
  }

  private func play(_ fault: NemesisOptions.Fault) {
    let length = generator.duration(options.duration)
    switch fault {
    case .kill, .powerLoss, .tornWrite, .leaderCrash: crash(fault, length)
    case .blackout:
      tell("blackout")
      for node in world.nodes { node.crash(.powerLoss, restartAfter: generator.duration(options.duration)) }
    case .pause:
      guard let node = generator.pick(world.nodes.filter { $0.isUp && !$0.isPaused }) else { return }
      tell("pause \(node.id)")
      node.pause()
      later(length) { node.resume() }
    case .partition, .isolation, .oneWay, .leaderMuted: cut(fault, length)
    case .resets, .slowNetwork: disturb(fault, length)
    case .slowDisk, .stalledDisk, .failingSync: hinderDisk(fault, length)
    case .clockDrift, .wallJump, .monotonicJump: bendClock(fault, length)
    }
  }

  private func crash(_ fault: NemesisOptions.Fault, _ length: Duration) {
    guard world.nodes.count(where: { !$0.isUp }) < options.maximumDown else { return }
    let up = world.nodes.filter { $0.isUp }
    let chosen = fault == .leaderCrash ? leader().flatMap { world.node($0) } : generator.pick(up)
    guard let node = chosen, node.isUp else { return }
    tell("\(fault) \(node.id)")
    switch fault {
    case .kill: node.crash(.kill, restartAfter: length)
    case .tornWrite:
      node.crashDuringDiskOperation(1 + generator.below(6), kind: .powerLoss, restartAfter: length)
    default: node.crash(generator.chance(0.5) ? .kill : .powerLoss, restartAfter: length)
    }
  }

  private func cut(_ fault: NemesisOptions.Fault, _ length: Duration) {
    let nodes = world.nodes.map(\.id)
    var directions: [(NodeID, NodeID)] = []
    switch fault {
    case .partition:
      var shuffled = nodes
      shuffled.shuffle(using: &generator)
      let cut = 1 + generator.below(max(1, shuffled.count - 1))
      for here in shuffled[..<cut] { for there in shuffled[cut...] { directions += [(here, there), (there, here)] } }
    case .isolation:
      guard let node = generator.pick(nodes) else { return }
      for other in nodes where other != node { directions += [(node, other), (other, node)] }
    case .oneWay:
      guard let from = generator.pick(nodes), let to = generator.pick(nodes) else { return }
      directions = [(from, to)]
    default:
      guard let node = leader() else { return }
      for other in nodes where other != node { directions.append((node, other)) }
    }
    tell("\(fault) \(directions.map { "\($0.0)→\($0.1)" }.joined(separator: " "))")
    for (from, to) in directions { world.network.block(from: from, to: to) }
    later(length) { [world] in for (from, to) in directions { world.network.unblock(from: from, to: to) } }
  }

  private func disturb(_ fault: NemesisOptions.Fault, _ length: Duration) {
    tell("\(fault)")
    if fault == .resets {
      world.network.options.resetRate = 0.02
      world.network.options.dropRate = 0.02
    } else {
      world.network.options.tailRate = 0.5
      world.network.options.tailDelay = .milliseconds(1)...(.milliseconds(150))
    }
    later(length) { [world, healthy] in
      world.network.options.resetRate = healthy.resetRate
      world.network.options.dropRate = healthy.dropRate
      world.network.options.tailRate = healthy.tailRate
      world.network.options.tailDelay = healthy.tailDelay
    }
  }

  private func hinderDisk(_ fault: NemesisOptions.Fault, _ length: Duration) {
    guard let node = generator.pick(world.nodes) else { return }
    tell("\(fault) \(node.id)")
    switch fault {
    case .slowDisk:
      node.diskSlowness = 2 + generator.below(40)
      later(length) { node.diskSlowness = 1 }
    case .failingSync:
      node.medium.failingSyncs = 1
    default:
      node.stallDisk()
      later(length) { node.releaseDisk() }
    }
  }

  private func bendClock(_ fault: NemesisOptions.Fault, _ length: Duration) {
    guard let node = generator.pick(world.nodes) else { return }
    switch fault {
    case .clockDrift:
      let drift = Int64(generator.below(2 * options.maximumDrift + 1) - options.maximumDrift)
      tell("clock of \(node.id) drifts by \(drift) ppm")
      node.setClockDrift(drift)
      later(length) { node.setClockDrift(0) }
    case .monotonicJump:
      let ahead = Duration.milliseconds(generator.below(3000))
      tell("clock of \(node.id) jumps \(ahead)")
      node.jumpClock(ahead: ahead)
    default:
      let offset = Duration.milliseconds(generator.below(120_000) - 60_000)
      tell("wall time of \(node.id) is off by \(offset)")
      node.setWallOffset(offset)
    }
  }

  private func later(_ delay: Duration, _ work: @escaping () -> Void) {
    let generation = generation
    world.post(after: delay, kind: .fault, node: .none) { [self] in
      if generation == self.generation { work() }
    }
  }

  private func tell(_ deed: String) { deeds.append("\(world.now.nanoseconds / 1_000_000) ms: \(deed)") }
}
