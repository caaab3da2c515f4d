import RoostRelational

/// The errors of violated constraints, in PostgreSQL's words.
enum ConstraintViolation {
  static func notNull(_ table: TableDescriptor, _ position: Int, _ row: Row, _ zone: TimeZoneOffset) -> SQLError {
    let column = table.columns[position].name
    return SQLError(
      "23502", "null value in column \"\(column)\" of relation \"\(table.name)\" violates not-null constraint",
      detail: "Failing row contains \(shown(row, zone)).", table: table.name, column: column)
  }

  static func check(_ table: TableDescriptor, _ name: String, _ row: Row, _ zone: TimeZoneOffset) -> SQLError {
    SQLError(
      "23514", "new row for relation \"\(table.name)\" violates check constraint \"\(name)\"",
      detail: "Failing row contains \(shown(row, zone)).", constraint: name, table: table.name)
  }

  static func unique(_ table: TableDescriptor, _ index: IndexDescriptor, _ row: Row, _ zone: TimeZoneOffset) -> SQLError
  {
    SQLError(
      "23505", "duplicate key value violates unique constraint \"\(index.name)\"",
      detail: "Key \(key(table, index.columns, row, zone)) already exists.", constraint: index.name, table: table.name)
  }

  static func missingParent(
    _ table: TableDescriptor, _ foreignKey: ForeignKeyDescriptor, _ parent: TableDescriptor, _ row: Row,
    _ zone: TimeZoneOffset
  ) -> SQLError {
    SQLError(
      "23503", "insert or update on table \"\(table.name)\" violates foreign key constraint \"\(foreignKey.name)\"",
      detail: "Key \(key(table, foreignKey.columns, row, zone)) is not present in table \"\(parent.name)\".",
      constraint: foreignKey.name, table: table.name)
  }

  static func stillReferenced(
    _ parent: TableDescriptor, _ foreignKey: ForeignKeyDescriptor, _ child: TableDescriptor, _ row: Row,
    _ zone: TimeZoneOffset
  ) -> SQLError {
    SQLError(
      "23503",
      "update or delete on table \"\(parent.name)\" violates foreign key constraint \"\(foreignKey.name)\" on table \"\(child.name)\"",
      detail: "Key \(key(parent, foreignKey.referenced, row, zone)) is still referenced from table \"\(child.name)\".",
      constraint: foreignKey.name, table: child.name)
  }

  /// `(a, b)=(1, x)`.
  static func key(_ table: TableDescriptor, _ columns: [UInt16], _ row: Row, _ zone: TimeZoneOffset) -> String {
    let positions = table.positions(columns)
    let names = positions.map { table.columns[$0].name }.joined(separator: ", ")
    return "(\(names))=(\(positions.map { row[$0].isNull ? "null" : row[$0].text(zone) }.joined(separator: ", ")))"
  }

  /// `(1, x, null)`; long values are cut.
  private static func shown(_ row: Row, _ zone: TimeZoneOffset) -> String {
    let values = row.map { value -> String in
      if value.isNull { return "null" }
      let text = value.text(zone)
      return text.utf8.count > 64 ? String(text.prefix(64)) + "..." : text
    }
    return "(\(values.joined(separator: ", ")))"
  }
}
