import RoostPlatform

/// The replicas of a host, found by group and by key. A node may hold thousands.
struct ReplicaTable {
  /// In order of group.
  private(set) var all: [Replica] = []
  private var byGroup: [GroupID: Replica] = [:]
  /// In order of their ranges, which don't overlap.
  private var byRange: [Replica] = []

  subscript(group: GroupID) -> Replica? { byGroup[group] }

  /// The replica whose range holds `key`.
  func replica(holding key: Key) -> Replica? {
    let place = byRange.partitioningIndex { key < $0.descriptor.range.lower }
    guard place > 0, byRange[place - 1].descriptor.range.contains(key) else { return nil }
    return byRange[place - 1]
  }

  /// Adds a replica of a group that is not there yet.
  mutating func insert(_ replica: Replica) {
    let previous = byGroup.updateValue(replica, forKey: replica.group)
    precondition(previous == nil, "a host has one replica of a group")
    all.insert(replica, at: all.partitioningIndex { $0.group > replica.group })
    let lower = replica.descriptor.range.lower
    byRange.insert(replica, at: byRange.partitioningIndex { lower < $0.descriptor.range.lower })
  }
}

extension Array {
  /// The first index from which on `belongsToSecondPart` holds, given that it holds for a suffix.
  fileprivate func partitioningIndex(where belongsToSecondPart: (Element) -> Bool) -> Int {
    // Things are mostly added in order: look at the end first.
    if let last, !belongsToSecondPart(last) { return count }
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if belongsToSecondPart(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
