import RoostBase
public import RoostPlatform

/// The key space of a node's state engine: what the first byte of an engine key means.
///
/// | first byte | then | holds |
/// |---|---|---|
/// | `01` | a kind byte and its parts, plain | node-local state, never replicated |
/// | `02` | escaped key, `00 01`, inverted timestamp | replicated data, one pair per version |
///
/// Replicated keys are byte strings of the layers' choosing. A zero byte in a key becomes `00 FF`, and `00 01` ends the
/// key, so that engine order is key order even where one key begins another. The timestamp follows as eight bytes, most
/// significant first, with every bit inverted, so that the newest version of a key comes first:
///
///     key "ab" at 7        02  61 62  00 01  FF FF FF FF FF FF FF F8
///     key "ab" at 5        02  61 62  00 01  FF FF FF FF FF FF FF FA
///     key "ab\0" at 9      02  61 62 00 FF  00 01  FF FF FF FF FF FF FF F6
///     key "abc" at 6       02  61 62 63  00 01  FF FF FF FF FF FF FF F9
///     group 3 applied      01  61  00 00 00 00 00 00 00 03
///
/// The value of a version begins with one byte: `00` alone is a tombstone, `01` is followed by the value.
public enum KeySpace {
  /// Begins the keys of state that belongs to this node alone.
  public static let nodeLocal: UInt8 = 0x01
  /// Begins the keys of replicated, versioned data.
  public static let replicated: UInt8 = 0x02

  /// Where a group keeps the position up to which the engine holds its log.
  public static func appliedIndexKey(of group: GroupID) -> [UInt8] { groupKey(UInt8(ascii: "a"), group) }

  /// A key of node-local state that belongs to one group: `01`, `kind`, the group, then `rest`.
  public static func groupKey(_ kind: UInt8, _ group: GroupID, _ rest: [UInt8] = []) -> [UInt8] {
    var key: [UInt8] = [nodeLocal, kind]
    key.append(bigEndian: group.rawValue)
    key.append(contentsOf: rest)
    return key
  }
}
