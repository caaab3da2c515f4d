import RoostRelational

struct ColumnDescriptor: Sendable, Hashable {
  /// Stable for the life of the table, never used again: `pg_attribute.attnum`.
  var id: UInt16
  var name: String
  var type: SQLType
  var isNotNull: Bool
  /// SQL text; nil when there is none.
  var defaultText: String?
  /// The counter that numbers the column (serial, identity).
  var sequence: UInt32?
}

struct IndexDescriptor: Sendable, Hashable {
  enum Role: UInt8, Sendable { case index = 0, unique = 1, primaryKey = 2 }

  var oid: UInt32
  /// The object that holds the entries; the table's own when its rows are clustered by this key.
  var storage: UInt32
  var name: String
  /// Column ids.
  var columns: [UInt16]
  var isUnique: Bool
  /// What it was made for: a plain or unique index, a unique or a primary key constraint.
  var role: Role
}

struct CheckDescriptor: Sendable, Hashable {
  var name: String
  /// SQL text of the condition.
  var text: String
}

struct ForeignKeyDescriptor: Sendable, Hashable {
  enum Action: UInt8, Sendable { case noAction = 0, restrict = 1, cascade = 2, setNull = 3, setDefault = 4 }

  var name: String
  var columns: [UInt16]
  var table: UInt32
  var referenced: [UInt16]
  var onDelete: Action
  var onUpdate: Action
}

/// What the catalogue knows of a table. Immutable: DDL makes a new one.
final class TableDescriptor: Sendable {
  let oid: UInt32
  let name: String
  let storage: UInt32
  /// In order of definition.
  let columns: [ColumnDescriptor]
  let nextColumnID: UInt16
  /// The key by which rows are clustered; nil when they lie under row ids.
  let clusteredKey: IndexDescriptor?
  /// All other indexes.
  let indexes: [IndexDescriptor]
  let checks: [CheckDescriptor]
  let foreignKeys: [ForeignKeyDescriptor]

  /// The columns' ids as the row encoding wants them.
  let columnNumbers: [UInt32]
  /// Position of each column by its id; -1 where there is none.
  let positionByID: [Int]
  private let positionByName: [String: Int]

  init(_ content: Content) {
    oid = content.oid
    name = content.name
    storage = content.storage
    columns = content.columns
    nextColumnID = content.nextColumnID
    clusteredKey = content.clusteredKey
    indexes = content.indexes
    checks = content.checks
    foreignKeys = content.foreignKeys
    columnNumbers = content.columns.map { UInt32($0.id) }
    var byID = [Int](repeating: -1, count: Int(content.nextColumnID))
    var byName: [String: Int] = [:]
    for (position, column) in content.columns.enumerated() {
      if Int(column.id) < byID.count { byID[Int(column.id)] = position }
      byName[column.name] = position
    }
    positionByID = byID
    positionByName = byName
  }

  /// The fields, for making a changed descriptor.
  struct Content: Sendable, Hashable {
    var oid: UInt32
    var name: String
    var storage: UInt32
    var columns: [ColumnDescriptor] = []
    var nextColumnID: UInt16 = 1
    var clusteredKey: IndexDescriptor?
    var indexes: [IndexDescriptor] = []
    var checks: [CheckDescriptor] = []
    var foreignKeys: [ForeignKeyDescriptor] = []
  }

  var content: Content {
    Content(
      oid: oid, name: name, storage: storage, columns: columns, nextColumnID: nextColumnID, clusteredKey: clusteredKey,
      indexes: indexes, checks: checks, foreignKeys: foreignKeys)
  }

  func position(_ name: String) -> Int? { positionByName[name] }

  /// The positions of columns given by id. Descriptors only name columns that exist.
  func positions(_ ids: [UInt16]) -> [Int] { ids.map { positionByID[Int($0)] } }

  /// Every unique key: the clustered one and the unique indexes.
  var uniqueKeys: [IndexDescriptor] { (clusteredKey.map { [$0] } ?? []) + indexes.filter(\.isUnique) }

  var primaryKey: IndexDescriptor? {
    clusteredKey ?? indexes.first { $0.role == .primaryKey }
  }

  /// Names of all constraints, indexes included.
  var constraintNames: Set<String> {
    Set(checks.map(\.name) + foreignKeys.map(\.name) + indexes.map(\.name) + (clusteredKey.map { [$0.name] } ?? []))
  }
}
