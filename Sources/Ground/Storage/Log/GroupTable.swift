import RoostPlatform
import RoostRaft

/// The log's index in memory: every group, and how many groups still need each segment.
///
/// A group has a slot, which it keeps as long as the table lives, even when it is removed: whoever writes looks it up once.
struct GroupTable {
  private struct Item {
    var group: GroupID
    /// Whether the log holds anything of the group.
    var isKnown = false
    var log = GroupLog()
  }

  private var items: [Item] = []
  private var slots = GroupIndex()
  /// For each segment, the number of groups whose oldest needed entry lies in it. A segment is free once none is left
  /// in it and in all older ones.
  private var pins: [UInt32: Int] = [:]
  /// What each segment file takes on the disk, that of the one being written with it.
  var segmentBytes: [UInt32: Int] = [:]
  /// What recovery can't vouch for yet, after a place that it can't read.
  var suspicion = Suspicion()

  subscript(group: GroupID) -> GroupLog? { slots[group].flatMap { log(at: $0) } }

  /// The groups the log holds anything of, in order.
  var groups: [GroupID] { items.lazy.filter(\.isKnown).map(\.group).sorted() }

  /// What is known, in no particular order.
  var logs: some Sequence<GroupLog> { items.lazy.filter(\.isKnown).map(\.log) }

  /// In the order of their identifiers, so that what is written is the same in every run.
  var sorted: [(group: GroupID, log: GroupLog)] {
    items.lazy.filter(\.isKnown).map { (group: $0.group, log: $0.log) }.sorted { $0.group < $1.group }
  }

  // MARK: Slots

  var slotCount: Int { items.count }

  /// The slot of a group, which gets one if it has none.
  mutating func slot(of group: GroupID) -> Int {
    if let slot = slots[group] { return slot }
    slots[group] = items.count
    items.append(Item(group: group))
    return items.count - 1
  }

  func group(at slot: Int) -> GroupID { items[slot].group }
  /// Nil if the log holds nothing of the group.
  func log(at slot: Int) -> GroupLog? { items[slot].isKnown ? items[slot].log : nil }

  /// Where a group's log ends on both sides; zeros if the log holds nothing of it.
  func ends(at slot: Int) -> (snapshot: LogIndex, last: LogIndex) {
    (items[slot].log.snapshot.index, items[slot].log.lastIndex)
  }

  /// Adds what a list of hard states says of these groups to `payload`. Returns those of which there is nothing to say: they were
  /// removed.
  func collectHardStates(of slots: [Int], into payload: inout [UInt8]) -> [GroupID] {
    var removed: [GroupID] = []
    for slot in slots {
      if items[slot].isKnown {
        items[slot].log.record.append(of: items[slot].group, to: &payload)
      } else {
        removed.append(items[slot].group)
      }
    }
    return removed
  }

  /// The oldest segment that may be kept so that all together take no more than `bytes`; never newer than the one being
  /// written.
  func firstSegment(keeping bytes: Int) -> UInt32 {
    var kept = 0
    var first = segmentBytes.keys.max() ?? 0
    for number in segmentBytes.keys.sorted(by: >) {
      kept += segmentBytes[number] ?? 0
      if kept > bytes { break }
      first = number
    }
    return first
  }

  // MARK: Changes

  /// Whether no group needs an entry of `segment`, given that none needs an older one.
  func isFree(_ segment: UInt32) -> Bool { pins[segment] == nil }

  /// Changes one group, which comes into being if it was not known.
  mutating func update(_ group: GroupID, _ change: (inout GroupLog) -> Void) { update(at: slot(of: group), change) }

  mutating func update(at slot: Int, _ change: (inout GroupLog) -> Void) {
    let before = items[slot].log.oldestSegment
    items[slot].isKnown = true
    change(&items[slot].log)
    repin(from: before, to: items[slot].log.oldestSegment)
  }

  mutating func remove(_ group: GroupID) {
    suspicion.clear(group)
    suspicion.sound[group] = nil
    guard let slot = slots[group] else { return }
    repin(from: items[slot].log.oldestSegment, to: nil)
    items[slot] = Item(group: group)
  }

  mutating func release(_ group: GroupID, through index: LogIndex) {
    if self[group] != nil { update(group) { $0.release(through: index) } }
  }

  private mutating func repin(from before: UInt32?, to after: UInt32?) {
    guard before != after else { return }
    if let before, let count = pins[before] { pins[before] = count > 1 ? count - 1 : nil }
    if let after { pins[after, default: 0] += 1 }
  }
}
