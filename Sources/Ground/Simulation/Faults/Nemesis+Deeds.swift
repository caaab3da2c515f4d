import RoostBase
import RoostPlatform

/// Doing what was chosen.
extension Nemesis {
  /// Returns whether anything was done: a machine may be down that was up in another run.
  func perform(_ deed: Deed) -> Bool {
    switch deed.fault {
    case .blackout:
      var generator = SeededGenerator(seed: deed.seed)
      for node in world.nodes where !node.isRetired {
        node.crash(.powerLoss, restartAfter: generator.duration(.milliseconds(20)...deed.length))
      }
      return true
    case .stall:
      let stalled = world.nodes.filter { $0.isUp && !$0.isPaused }
      for node in stalled { node.pause() }
      later(deed.length) { for node in stalled { node.resume() } }
      return !stalled.isEmpty
    case .partition, .isolation, .oneWay, .leaderMuted:
      for way in deed.directions { world.network.block(from: way.from, to: way.to) }
      later(deed.length) { [world] in for way in deed.directions { world.network.unblock(from: way.from, to: way.to) } }
      return true
    case .resets, .slowNetwork, .duplicates, .reordering:
      disturb(deed)
      return true
    default: break
    }
    guard let node = deed.nodes.first.flatMap({ world.node($0) }), node.isUp, !node.isRetired else { return false }
    switch deed.fault {
    case .kill, .powerLoss, .tornWrite, .leaderCrash: crash(node, deed)
    case .pause:
      node.pause()
      later(deed.length) { node.resume() }
    case .slowDisk, .hungDisk, .failedSync, .fullDisk: hinderDisk(node, deed)
    case .clockDrift, .wallJump, .monotonicJump: bendClock(node, deed)
    case .flippedBit, .misdirectedWrite, .wipe, .rollback: return corrupt(node, deed)
    default: return false
    }
    return true
  }

  private func crash(_ node: SimulatedNode, _ deed: Deed) {
    switch deed.fault {
    case .kill: node.crash(.kill, restartAfter: deed.length)
    case .powerLoss: node.crash(.powerLoss, restartAfter: deed.length)
    case .tornWrite: node.crashDuringDiskOperation(Int(deed.amount), kind: .powerLoss, restartAfter: deed.length)
    default: node.crash(deed.seed % 2 == 0 ? .kill : .powerLoss, restartAfter: deed.length)
    }
  }

  private func disturb(_ deed: Deed) {
    switch deed.fault {
    case .resets:
      world.network.options.resetRate = 0.02
      world.network.options.dropRate = 0.02
    case .duplicates: world.network.options.duplicateRate = 0.05
    case .reordering: world.network.options.reorderRate = 0.05
    default:
      world.network.options.tailRate = 0.5
      world.network.options.tailDelay = .milliseconds(1)...(.milliseconds(150))
    }
    later(deed.length) { [world, healthy] in
      switch deed.fault {
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

  private func hinderDisk(_ node: SimulatedNode, _ deed: Deed) {
    switch deed.fault {
    case .slowDisk:
      node.diskSlowness = Int(deed.amount)
      later(deed.length) { node.diskSlowness = 1 }
    case .failedSync: node.medium.failingSyncs = 1
    case .fullDisk:
      node.medium.fill(leaving: Int(deed.amount))
      later(deed.length) { node.medium.capacity = .max }
    default:
      node.stallDisk()
      later(deed.length) { node.releaseDisk() }
    }
  }

  private func bendClock(_ node: SimulatedNode, _ deed: Deed) {
    switch deed.fault {
    case .clockDrift:
      node.setClockDrift(deed.amount)
      later(deed.length) { node.setClockDrift(0) }
    case .monotonicJump: node.jumpClock(ahead: .nanoseconds(deed.amount))
    default: node.setWallOffset(.nanoseconds(deed.amount))
    }
  }

  private func corrupt(_ node: SimulatedNode, _ deed: Deed) -> Bool {
    var generator = SeededGenerator(seed: deed.seed)
    switch deed.fault {
    case .flippedBit: return node.medium.flipAnyBit(&generator)
    case .misdirectedWrite: node.medium.misdirectNextWrite(seed: generator.next())
    case .wipe:
      node.crash(.powerLoss)
      if let replace {
        replace(node)
      } else {
        node.wipe()
        node.restart(after: deed.length)
      }
    default:
      putBack(node, after: deed.length, node.copyDisk(), when: copied?(node) ?? { true })
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
