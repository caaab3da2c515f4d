import RoostBase
import RoostPlatform
import RoostStorage

/// Engine keys of state that belongs to this node alone.
enum LocalKeys {
  static func groupState(_ group: GroupID) -> [UInt8] { KeySpace.appliedIndexKey(of: group) }

  /// Where a slice of a bulk commit lies until that is applied: `01`, `b`, the group, the place of the slice.
  static func slice(_ number: Int, of group: GroupID) -> [UInt8] {
    KeySpace.groupKey(UInt8(ascii: "b"), group, [UInt8](bigEndian: UInt64(number)))
  }

  /// The first key after all slices of a group.
  static func endOfSlices(of group: GroupID) -> [UInt8] {
    KeySpace.groupKey(UInt8(ascii: "b"), group, [UInt8](repeating: .max, count: 9))
  }

  static func isSlice(_ key: [UInt8], of group: GroupID) -> Bool {
    !key.precedes(slice(0, of: group)) && key.precedes(endOfSlices(of: group))
  }

  /// Where the states of groups begin and end.
  static var firstGroupState: [UInt8] { Array(groupState(GroupID(0)).dropLast(8)) }
  static var endOfGroupStates: [UInt8] { groupState(GroupID(.max)) + [0] }

  /// The group whose state is under `key`; nil if that is something else.
  static func group(ofState key: [UInt8]) -> GroupID? {
    guard key.count == firstGroupState.count + 8, key.starts(with: firstGroupState) else { return nil }
    return GroupID(UInt64(bigEndianBytes: key.suffix(8)))
  }
}
