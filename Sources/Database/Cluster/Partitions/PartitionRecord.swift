import RoostBase
import RoostPlatform
import RoostStore

/// One key-value partition beside the data: a value in the system group under `00 'p' id`.
///
/// ```
///   1 byte   version (1)
///   1 byte   number of founders
///   n × 8    founders' ids, big endian
///   2 bytes  length of the lower bound, big endian
///   rest     the lower bound, then the upper bound
/// ```
struct PartitionRecord: Hashable {
  var descriptor: GroupDescriptor
  /// Who is in the group before its first entry. A member that is founded with it needs no snapshot.
  var founders: [NodeID]

  private static let version: UInt8 = 1
  static let prefix = Key([0x00, UInt8(ascii: "p")])

  static func key(of group: GroupID) -> Key {
    Key(prefix.bytes + [UInt8](bigEndian: group.rawValue))
  }

  /// Nil for a key of something else.
  static func group(of key: Key) -> GroupID? {
    guard key.bytes.count == prefix.bytes.count + 8, key.bytes.starts(with: prefix.bytes) else { return nil }
    return GroupID(UInt64(bigEndianBytes: key.bytes.dropFirst(prefix.bytes.count)))
  }

  func encoded() -> [UInt8] {
    let lower = descriptor.range.lower.bytes
    var bytes: [UInt8] = [PartitionRecord.version, UInt8(clamping: founders.count)]
    for founder in founders.prefix(Int(UInt8.max)) { bytes.append(bigEndian: founder.rawValue) }
    bytes.append(bigEndian: UInt16(truncatingIfNeeded: lower.count))
    return bytes + lower + descriptor.range.upper.bytes
  }

  /// Nil if the bytes are no record of this very partition.
  static func decode(_ bytes: [UInt8], of group: GroupID) -> PartitionRecord? {
    guard bytes.count >= 2, bytes[0] == version, group > GroupDescriptor.data.id else { return nil }
    var rest = bytes[2...]
    var founders: [NodeID] = []
    for _ in 0..<bytes[1] {
      guard rest.count >= 8 else { return nil }
      founders.append(NodeID(UInt64(bigEndianBytes: rest.prefix(8))))
      rest = rest.dropFirst(8)
    }
    guard rest.count >= 2, !founders.isEmpty else { return nil }
    let length = Int(bigEndianBytes: rest.prefix(2))
    rest = rest.dropFirst(2)
    guard rest.count >= length else { return nil }
    let range = KeyRange(Key(Array(rest.prefix(length))), Key(Array(rest.dropFirst(length))))
    guard !range.isEmpty else { return nil }
    return PartitionRecord(descriptor: GroupDescriptor(id: group, range: range), founders: founders)
  }
}
