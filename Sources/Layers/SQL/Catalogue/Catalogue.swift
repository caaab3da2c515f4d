import RoostRelational
import RoostStore

/// The catalogue as of one version: all table descriptors by name and OID.
final class Catalogue: Sendable {
  let version: UInt64
  private let byName: [String: TableDescriptor]
  private let byOID: [UInt32: TableDescriptor]
  /// For each referenced table the foreign keys that point at it.
  private let referencing: [UInt32: [(child: TableDescriptor, key: ForeignKeyDescriptor)]]

  init(version: UInt64, tables: [TableDescriptor]) {
    self.version = version
    byName = Dictionary(tables.map { ($0.name, $0) }) { first, _ in first }
    byOID = Dictionary(tables.map { ($0.oid, $0) }) { first, _ in first }
    var referencing: [UInt32: [(child: TableDescriptor, key: ForeignKeyDescriptor)]] = [:]
    for table in tables {
      for key in table.foreignKeys { referencing[key.table, default: []].append((table, key)) }
    }
    self.referencing = referencing
  }

  static let empty = Catalogue(version: 0, tables: [])

  /// In order of OID.
  var tables: [TableDescriptor] { byOID.values.sorted { $0.oid < $1.oid } }

  func table(_ name: String) -> TableDescriptor? { byName[name] }
  func table(oid: UInt32) -> TableDescriptor? { byOID[oid] }

  /// The table by a written name. Only schema public holds tables for now.
  func table(_ name: TableName) throws(SQLError) -> TableDescriptor {
    if let schema = name.schema, schema != "public" {
      throw SQLError("42P01", "relation \"\(name.text)\" does not exist", at: name.at)
    }
    guard let table = byName[name.name] else {
      throw SQLError("42P01", "relation \"\(name.text)\" does not exist", at: name.at)
    }
    return table
  }

  func references(to table: TableDescriptor) -> [(child: TableDescriptor, key: ForeignKeyDescriptor)] {
    referencing[table.oid] ?? []
  }

  /// The table an index belongs to.
  func index(_ name: String) -> (table: TableDescriptor, index: IndexDescriptor)? {
    for table in tables {
      for index in table.indexes + (table.clusteredKey.map { [$0] } ?? []) where index.name == name {
        return (table, index)
      }
    }
    return nil
  }

  /// Whether a table or an index has this name: they share one space of names.
  func hasRelation(_ name: String) -> Bool { byName[name] != nil || index(name) != nil }

  /// Reads the whole catalogue as the transaction sees it.
  static func load(_ transaction: Transaction, version: UInt64) async throws(SQLError) -> Catalogue {
    let scan = try transaction.pairs(of: KeyLayout.tables)
    var tables: [TableDescriptor] = []
    while case let pairs = try await scan.nextPairs(), !pairs.isEmpty {
      for pair in pairs { tables.append(try DescriptorCoding.decode(pair.value)) }
    }
    return Catalogue(version: version, tables: tables)
  }
}
