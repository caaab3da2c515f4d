import RoostPlatform
import RoostRaft

/// The log's index in memory: every group, and how many groups still need each segment.
struct GroupTable {
  private(set) var groups: [GroupID: GroupLog] = [:]
  /// For each segment, the number of groups whose oldest needed entry lies in it. A segment is free once none is left
  /// in it and in all older ones.
  private var pins: [UInt32: Int] = [:]
  /// What recovery can't vouch for yet, after a place that it can't read.
  var suspicion = Suspicion()

  /// Whether no group needs an entry of `segment`, given that none needs an older one.
  func isFree(_ segment: UInt32) -> Bool { pins[segment] == nil }

  /// Changes one group, which comes into being if it was not known.
  mutating func update(_ group: GroupID, _ change: (inout GroupLog) -> Void) {
    guard let place = groups.index(forKey: group) else {
      var log = GroupLog()
      change(&log)
      groups[group] = log
      return repin(from: nil, to: log.oldestSegment)
    }
    let before = groups.values[place].oldestSegment
    change(&groups.values[place])
    repin(from: before, to: groups.values[place].oldestSegment)
  }

  mutating func remove(_ group: GroupID) {
    suspicion.clear(group)
    suspicion.sound[group] = nil
    let removed = groups.removeValue(forKey: group)
    repin(from: removed?.oldestSegment, to: nil)
  }

  mutating func release(_ group: GroupID, through index: LogIndex) {
    if groups[group] != nil { update(group) { $0.release(through: index) } }
  }

  private mutating func repin(from before: UInt32?, to after: UInt32?) {
    guard before != after else { return }
    if let before, let count = pins[before] { pins[before] = count > 1 ? count - 1 : nil }
    if let after { pins[after, default: 0] += 1 }
  }

  /// In the order of their identifiers, so that what is written is the same in every run.
  var sorted: [(group: GroupID, log: GroupLog)] {
    groups.sorted { $0.key < $1.key }.map { (group: $0.key, log: $0.value) }
  }
}
