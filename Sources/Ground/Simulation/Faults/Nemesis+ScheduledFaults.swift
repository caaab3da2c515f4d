import RoostBase
import RoostPlatform

/// Doing what was chosen.
extension Nemesis {
  /// Returns whether anything was done: a machine may be down that was up in another run.
  func perform(_ scheduled: ScheduledFault) -> Bool {
    switch scheduled.fault {
    case .blackout:
      var generator = SeededGenerator(seed: scheduled.seed)
      for node in world.nodes where !node.isRetired {
        node.crash(.powerLoss, restartAfter: generator.duration(.milliseconds(20)...scheduled.length))
      }
      return true
    case .stall:
      let stalled = world.nodes.filter { $0.isUp && !$0.isPaused }
      for node in stalled { node.pause() }
      later(scheduled.length) { for node in stalled { node.resume() } }
      return !stalled.isEmpty
    case .partition, .isolation, .oneWay, .leaderMuted:
      for way in scheduled.directions { world.network.block(from: way.from, to: way.to) }
      later(scheduled.length) { [world] in
        for way in scheduled.directions { world.network.unblock(from: way.from, to: way.to) }
      }
      return true
    case .resets, .slowNetwork, .duplicates, .reordering:
      disturb(scheduled)
      return true
    default: break
    }
    guard let node = scheduled.nodes.first.flatMap({ world.node($0) }), node.isUp, !node.isRetired else { return false }
    switch scheduled.fault {
    case .kill, .powerLoss, .tornWrite, .leaderCrash: crash(node, scheduled)
    case .pause:
      node.pause()
      later(scheduled.length) { node.resume() }
    case .slowDisk, .hungDisk, .failedSync, .fullDisk: hinderDisk(node, scheduled)
    case .clockDrift, .wallJump, .monotonicJump: bendClock(node, scheduled)
    case .flippedBit, .misdirectedWrite, .wipe, .rollback: return corrupt(node, scheduled)
    default: return false
    }
    return true
  }

  private func crash(_ node: SimulatedNode, _ scheduled: ScheduledFault) {
    switch scheduled.fault {
    case .kill: node.crash(.kill, restartAfter: scheduled.length)
    case .powerLoss: node.crash(.powerLoss, restartAfter: scheduled.length)
    case .tornWrite:
      node.crashDuringDiskOperation(Int(scheduled.amount), kind: .powerLoss, restartAfter: scheduled.length)
    default: node.crash(scheduled.seed % 2 == 0 ? .kill : .powerLoss, restartAfter: scheduled.length)
    }
  }

  private func disturb(_ scheduled: ScheduledFault) {
    switch scheduled.fault {
    case .resets:
      world.network.options.resetRate = 0.02
      world.network.options.dropRate = 0.02
    case .duplicates: world.network.options.duplicateRate = 0.05
    case .reordering: world.network.options.reorderRate = 0.05
    default:
      world.network.options.tailRate = 0.5
      world.network.options.tailDelay = .milliseconds(1)...(.milliseconds(150))
    }
    later(scheduled.length) { [world, healthy] in
      switch scheduled.fault {
      case .resets:
        world.network.options.resetRate = healthy.resetRate
        world.network.options.dropRate = healthy.dropRate
      case .duplicates: world.network.options.duplicateRate = healthy.duplicateRate
      case .reordering: world.network.options.reorderRate = healthy.reorderRate
      default:
        world.network.options.tailRate = healthy.tailRate
        world.network.options.tailDelay = healthy.tailDelay
      }
    }
  }

  private func hinderDisk(_ node: SimulatedNode, _ scheduled: ScheduledFault) {
    switch scheduled.fault {
    case .slowDisk:
      node.diskSlowness = Int(scheduled.amount)
      later(scheduled.length) { node.diskSlowness = 1 }
    case .failedSync: node.medium.failingSyncs = 1
    case .fullDisk:
      node.medium.fill(leaving: Int(scheduled.amount))
      later(scheduled.length) { node.medium.capacity = .max }
    default:
      node.stallDisk()
      later(scheduled.length) { node.releaseDisk() }
    }
  }

  private func bendClock(_ node: SimulatedNode, _ scheduled: ScheduledFault) {
    switch scheduled.fault {
    case .clockDrift:
      node.setClockDrift(scheduled.amount)
      later(scheduled.length) { node.setClockDrift(0) }
    case .monotonicJump: node.jumpClock(ahead: .nanoseconds(scheduled.amount))
    default: node.setWallOffset(.nanoseconds(scheduled.amount))
    }
  }

  private func corrupt(_ node: SimulatedNode, _ scheduled: ScheduledFault) -> Bool {
    var generator = SeededGenerator(seed: scheduled.seed)
    switch scheduled.fault {
    case .flippedBit: return node.medium.flipAnyBit(&generator)
    case .misdirectedWrite: node.medium.misdirectNextWrite(seed: generator.next())
    case .wipe:
      node.crash(.powerLoss)
      if let replace {
        replace(node)
      } else {
        node.wipe()
        node.restart(after: scheduled.length)
      }
    default:
      putBack(node, after: scheduled.length, node.copyDisk(), when: copied?(node) ?? { true })
    }
    return true
  }

  /// Puts an old copy of a disk back as soon as it may be, after `delay` at the earliest.
  private func putBack(
    _ node: SimulatedNode, after delay: Duration, _ restore: @escaping () -> Void, when mayRestore: @escaping () -> Bool
  ) {
    later(delay) { [self] in
      guard !node.isRetired else { return }
      guard mayRestore() else { return putBack(node, after: .milliseconds(50), restore, when: mayRestore) }
      node.crash(.powerLoss)
      restore()
      node.start()
    }
  }
}
