import RoostCluster
import RoostPlatform
import RoostStore

/// Where the keys of a native load lie, and who leads them.
///
/// Without partitions they lie beside SQL's: tenant 1, layer `K`, which the data's leader has. With partitions, key number
/// k belongs to partition k mod N, at a slot within that partition's share of the 65,536.
struct KeyPlacement {
  private static let dataPrefix: [UInt8] = [0x01, UInt8(ascii: "K")]
  private static let firstPartition: UInt64 = 3
  private static let slots = 1 << 16

  private let partitions: Int
  let leaders: [PeerAddress]
  /// By partition: a position among the leaders.
  private var leading: [Int] = []

  init(_ status: ClusterStatus, partitions: Int) throws(CommandFailure) {
    self.partitions = partitions
    guard partitions > 0 else {
      guard let leader = status.nodes.first(where: { $0.role == "PRIMARY" }),
        let address = PeerAddress(leader.peer_address)
      else { throw CommandFailure("the data have no leader; try again when `roost status` shows one") }
      leaders = [address]
      return
    }
    var addresses: [PeerAddress] = []
    var positions: [String: Int] = [:]
    let groups = status.groups.filter { $0.id >= KeyPlacement.firstPartition }
    guard groups.count == partitions else {
      throw CommandFailure("the cluster has \(groups.count) key-value partitions, not \(partitions)")
    }
    for group in groups {
      if positions[group.leader] == nil {
        guard let node = status.nodes.first(where: { $0.id == group.leader }),
          let address = PeerAddress(node.peer_address)
        else { throw CommandFailure("partition \(group.id) has no leader; try again when `roost status` shows one") }
        positions[group.leader] = addresses.count
        addresses.append(address)
      }
      leading.append(positions[group.leader] ?? 0)
    }
    leaders = addresses
  }

  func leader(of number: Int) -> Int { partitions == 0 ? 0 : leading[number % partitions] }

  func key(_ number: Int) -> Key {
    let digits = String(number)
    return Key(
      prefix(number) + Array("k".utf8) + Array(repeating: UInt8(ascii: "0"), count: max(0, 8 - digits.count))
        + Array(digits.utf8))
  }

  /// Behind all keys of a scan; a partition's own end comes first where there are partitions.
  var end: Key { partitions == 0 ? Key(KeyPlacement.dataPrefix + [0xFF]) : Key([0x03]) }

  private func prefix(_ number: Int) -> [UInt8] {
    guard partitions > 0 else { return KeyPlacement.dataPrefix }
    let partition = number % partitions
    let first = KeyPlacement.slots * partition / partitions
    let count = KeyPlacement.slots * (partition + 1) / partitions - first
    let slot = first + number / partitions % count
    return [0x02, UInt8(slot >> 8), UInt8(slot & 0xFF)]
  }
}
