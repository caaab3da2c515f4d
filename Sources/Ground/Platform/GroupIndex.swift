/// Where something of a group lies, say in an array: looked up for every message and every write, so without hashing as
/// long as the groups' numbers are small, which they are when a cluster counts them from one.
public struct GroupIndex: Sendable {
  /// By number; -1 where there is none.
  private var dense: [Int32] = []
  private var sparse: [GroupID: Int] = [:]
  /// Numbers below it are in the table, which then takes half a mebibyte at most.
  private static let denseLimit = 1 << 17

  public init() {}

  public subscript(group: GroupID) -> Int? {
    get {
      if group.rawValue < UInt64(dense.count) {
        let place = dense[Int(group.rawValue)]
        return place < 0 ? nil : Int(place)
      }
      return sparse.isEmpty ? nil : sparse[group]
    }
    set {
      guard group.rawValue < UInt64(GroupIndex.denseLimit) else {
        sparse[group] = newValue
        return
      }
      let number = Int(group.rawValue)
      if number >= dense.count {
        guard newValue != nil else { return }
        let size = min(max(number + 1, 2 * dense.count), GroupIndex.denseLimit)
        dense.append(contentsOf: repeatElement(-1, count: size - dense.count))
      }
      dense[number] = newValue.map(Int32.init) ?? -1
    }
  }
}
