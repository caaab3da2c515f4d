import RoostPlatform
import RoostStorage

/// Engine keys of state that belongs to this node alone.
enum LocalKeys {
  static func groupState(_ group: GroupID) -> [UInt8] { KeySpace.appliedIndexKey(of: group) }
}
