/// Where something of a group lies, say in an array: looked up for every message and every write, so without hashing as
/// long as the groups' numbers are small, which they are when a cluster counts them from one.
public struct GroupPlaces: Sendable {
  /// By number; -1 where there is none.
  private var dense: [Int32] = []
  private var sparse: [GroupID: Int] = [:]
  /// A table of so many numbers takes half a megabyte.
  private static let denseLimit: UInt64 = 1 << 17

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
      guard group.rawValue < GroupPlaces.denseLimit else {
        sparse[group] = newValue
        return
      }
      let number = Int(group.rawValue)
      if number >= dense.count {
        guard newValue != nil else { return }
        dense.append(contentsOf: repeatElement(-1, count: max(number + 1, 2 * dense.count) - dense.count))
      }
      dense[number] = newValue.map(Int32.init) ?? -1
    }
  }
}
