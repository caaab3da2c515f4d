/// Rows under headings, in columns as wide as their widest cell: how commands show lists to people.
struct TextTable {
  enum Alignment { case left, right }

  var headings: [String]
  var alignments: [Alignment]
  var rows: [[String]] = []
  /// Whether a line of dashes stands under the headings: for tables whose headings could be taken for a row.
  var isRuled = false

  init(_ columns: [(heading: String, alignment: Alignment)]) {
    headings = columns.map(\.heading)
    alignments = columns.map(\.alignment)
  }

  mutating func append(_ row: [String]) { rows.append(row) }

  /// The lines of the table, the headings first.
  var lines: [String] {
    var widths = headings.map(\.count)
    for row in rows {
      for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.count) }
    }
    let rule = isRuled ? [widths.map { String(repeating: "-", count: $0) }] : []
    return ([headings] + rule + rows).map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        if column > 0 { line += "  " }
        line += alignments[column] == .right ? padding + cell : cell + padding
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
