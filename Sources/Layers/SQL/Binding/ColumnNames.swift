import RoostRelational

/// Finds visible columns by name.
///
/// Most statements name few columns of few tables: those are looked for one after the other. Who joins hundreds of wide
/// tables and names their columns thousands of times gets a table of the names.
struct ColumnNames {
  enum Match {
    case none
    case one(Namespace.Column)
    case several
  }

  /// So many times the columns are looked through before the table is made.
  private static let patience = 4
  /// Columns looked at between two polls.
  private static let blockSize = 8

  private var searches = 0
  /// By name the place of its only column, or of none.
  private var places: [String: Int?]?

  mutating func find(
    _ name: String, _ columns: [Namespace.Column], _ stack: StackGuard
  ) throws(SQLError) -> Match {
    if places == nil, searches >= Self.patience { places = try Self.table(columns, stack) }
    if let places {
      try stack.poll()
      guard let place = places[name] else { return .none }
      return place.map { .one(columns[$0]) } ?? .several
    }
    searches += 1
    try stack.poll(1 + columns.count / Self.blockSize)
    var found: Namespace.Column?
    for column in columns where column.name == name {
      if found != nil { return .several }
      found = column
    }
    return found.map { .one($0) } ?? .none
  }

  private static func table(
    _ columns: [Namespace.Column], _ stack: StackGuard
  ) throws(SQLError) -> [String: Int?] {
    var places: [String: Int?] = [:]
    places.reserveCapacity(columns.count)
    for (place, column) in columns.enumerated() {
      if place % blockSize == 0 { try stack.poll() }
      if places[column.name] == nil {
        places.updateValue(place, forKey: column.name)
      } else {
        places.updateValue(nil, forKey: column.name)
      }
    }
    return places
  }
}
