public import RoostPlatform

/// One group of the cluster and the keys it holds.
public struct GroupDescriptor: Sendable, Hashable {
  public var id: GroupID
  public var range: KeyRange

  public init(id: GroupID, range: KeyRange) {
    self.id = id
    self.range = range
  }

  /// The cluster's own state: keys that start with 0x00.
  public static let system = GroupDescriptor(id: .system, range: KeyRange(Key([0]), Key([1])))
  /// Everything of the first tenant: tables, and native keys beside them.
  public static let data = GroupDescriptor(id: GroupID(2), range: KeyRange(Key([1]), Key([2])))
}
