import RoostPostgresClient

/// A statement's result as people read it: a table and its number of rows, or what was done.
enum ResultText {
  /// `pg_type.oid` of the numbers, which stand on the right.
  private static let numbers: Set<UInt32> = [20, 21, 23, 26, 700, 701, 1700]

  static func lines(of result: PostgresResult) -> [String] {
    guard !result.columns.isEmpty || result.tag.hasPrefix("SELECT") else {
      return result.tag.isEmpty ? [] : [result.tag]
    }
    var table = TextTable(result.columns.map { ($0.name, numbers.contains($0.typeOID) ? .right : .left) })
    table.isRuled = true
    for row in result.rows { table.append(row.map { $0.map(oneLine) ?? "" }) }
    return table.lines + ["(\(result.rowCount) row\(result.rowCount == 1 ? "" : "s"))"]
  }

  /// A value must not tear its row apart.
  private static func oneLine(_ text: String) -> String {
    guard text.contains(where: \.isNewline) else { return text }
    return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).joined(separator: "↵")
  }
}
