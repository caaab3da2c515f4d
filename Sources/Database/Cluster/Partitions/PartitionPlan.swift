import Foundation
import RoostBase
import RoostPlatform
import RoostStore

/// The key-value partitions a cluster is founded with, decided once: a value in the system group under `00 'f'`.
///
/// They hold the keys that begin with the byte 02 and a slot, two bytes, big endian. The 65,536 slots are divided evenly
/// in order:
/// ```
///   02 | slot | key …      partition i of N (from 0), group 3 + i: slots ⌊65536·i/N⌋ to ⌊65536·(i+1)/N⌋
/// ```
/// Everything else (tenant 01: SQL, and native keys beside it) stays in the data group. The plan is written before the
/// first record, so that whoever leads next goes on with the same founders.
struct PartitionPlan: Codable, Hashable {
  /// How many there are beside the system and the data group.
  var count: Int
  var founders: [NodeID]

  static let key = Key([0x00, UInt8(ascii: "f")])
  static let counts = 0...20_000
  static let slots = 65_536
  private static let tenant: UInt8 = 0x02
  private static let firstGroup = GroupDescriptor.data.id.rawValue + 1

  func group(_ index: Int) -> GroupID { GroupID(PartitionPlan.firstGroup + UInt64(index)) }

  func record(_ index: Int) -> PartitionRecord {
    PartitionRecord(
      descriptor: GroupDescriptor(id: group(index), range: KeyRange(bound(index), bound(index + 1))),
      founders: founders)
  }

  /// The first partition also takes what begins with 02 and has no whole slot.
  private func bound(_ index: Int) -> Key {
    guard index > 0 else { return Key([PartitionPlan.tenant]) }
    guard index < count else { return Key([PartitionPlan.tenant + 1]) }
    let slot = PartitionPlan.slots * index / count
    return Key([PartitionPlan.tenant, UInt8(slot >> 8), UInt8(slot & 0xFF)])
  }

  func encoded() -> [UInt8] { (try? JSONEncoder.stable.encode(self)).map { [UInt8]($0) } ?? [] }

  /// Nil if the bytes are no plan that can be carried out.
  static func decode(_ bytes: [UInt8]) -> PartitionPlan? {
    guard let plan = try? JSONDecoder().decode(PartitionPlan.self, from: Data(bytes)), counts.contains(plan.count),
      !plan.founders.isEmpty
    else { return nil }
    return plan
  }
}
