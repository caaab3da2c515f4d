import ArgumentParser

/// What `roost bench` can do.
enum LoadKind: String, CaseIterable, ExpressibleByArgument {
  case put, get, scan
  case sqlInsert = "sql-insert"
  case sqlSelect = "sql-select"
  case bank

  var isSQL: Bool { self == .sqlInsert || self == .sqlSelect || self == .bank }
}

/// One closed loop: so many clients, each with one operation under way, for so long.
struct LoadPlan: Sendable {
  var kind: LoadKind
  var clients: Int
  var connections: Int
  var seconds: Double
  /// Not counted, before.
  var warmUpSeconds: Double
  var valueSize: Int
  var keys: Int
  var isStale: Bool
  /// Zero: the keys are the data's. Otherwise they are spread evenly over so many key-value partitions.
  var partitions = 0
}
