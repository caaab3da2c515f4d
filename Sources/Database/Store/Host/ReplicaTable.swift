import RoostBase
import RoostPlatform

/// The replicas of a host, found by group and by key. A node may hold thousands.
struct ReplicaTable {
  /// In order of group.
  private(set) var all: [Replica] = []
  /// In the order in which they came, and where each group's is.
  private var joined: [Replica] = []
  private var places = GroupIndex()
  /// In order of their ranges, which don't overlap.
  private var byRange: [Replica] = []
  /// For each of them the first eight bytes of where its range begins: most searches need to look at nothing else.
  private var prefixes: [UInt64] = []

  subscript(group: GroupID) -> Replica? { places[group].map { joined[$0] } }

  /// The replica whose range holds `key`.
  func replica(holding key: Key) -> Replica? {
    let prefix = ReplicaTable.prefix(of: key)
    var place = prefixes.partitioningIndexFromEnd { $0 > prefix }
    while place > 0, prefixes[place - 1] == prefix, key < byRange[place - 1].descriptor.range.lower { place -= 1 }
    guard place > 0, byRange[place - 1].descriptor.range.contains(key) else { return nil }
    return byRange[place - 1]
  }

  /// Adds a replica of a group that is not there yet.
  mutating func insert(_ replica: Replica) {
    precondition(places[replica.group] == nil, "a host has one replica of a group")
    places[replica.group] = joined.count
    joined.append(replica)
    all.insert(replica, at: all.partitioningIndexFromEnd { $0.group > replica.group })
    let lower = replica.descriptor.range.lower
    let place = byRange.partitioningIndexFromEnd { lower < $0.descriptor.range.lower }
    byRange.insert(replica, at: place)
    prefixes.insert(ReplicaTable.prefix(of: lower), at: place)
  }

  /// The first eight bytes as a number, zeros behind a shorter key: never greater than that of a greater key.
  private static func prefix(of key: Key) -> UInt64 {
    var prefix: UInt64 = 0
    for place in 0..<8 { prefix = prefix << 8 | (place < key.bytes.count ? UInt64(key.bytes[place]) : 0) }
    return prefix
  }
}

extension Array {
  /// As `partitioningIndex`, with a look at the end first: things are mostly added in order.
  fileprivate func partitioningIndexFromEnd(where belongsToSecondPart: (Element) -> Bool) -> Int {
    if let last, !belongsToSecondPart(last) { return count }
    return partitioningIndex(where: belongsToSecondPart)
  }
}
