import Logging

/// How a line of the log looks: for people, or for programs that collect logs.
enum LogFormat: String, CaseIterable, Sendable {
  case text, json

  /// One line without its end. Whatever stands in a record, it can't begin another line.
  func line(_ record: LogRecord, node: String) -> String {
    switch self {
    case .text: text(record, node: node)
    case .json: json(record, node: node)
    }
  }

  /// `2026-11-26T10:00:00.123Z info  cluster node1: connected to node2`
  private func text(_ record: LogRecord, node: String) -> String {
    let level = record.level.rawValue
    let padding = String(repeating: " ", count: max(0, 5 - level.count))
    var line = "\(record.time.text) \(level)\(padding) \(record.component) \(node): "
    line += record.text.unicodeScalars.contains(where: Self.isControl) ? Self.visible(record.text) : record.text
    for (name, value) in record.fields.sorted(by: { $0.key < $1.key }) { line += " \(name)=\(Self.visible(value))" }
    if record.repetitions > 0 { line += " (repeated \(times(record.repetitions)))" }
    return line
  }

  /// An object whose keys are in this order: time, level, component, node, message, then what there is to add.
  private func json(_ record: LogRecord, node: String) -> String {
    var line = "{\"time\":\"\(record.time.text)\",\"level\":\"\(record.level.rawValue)\",\"component\":"
    line += "\(JSONText.quoted(record.component)),\"node\":\(JSONText.quoted(node)),\"message\":"
    line += JSONText.quoted(record.text)
    if record.repetitions > 0 { line += ",\"repeated\":\(record.repetitions)" }
    let taken: Set<String> = ["time", "level", "component", "node", "message", "repeated"]
    for (name, value) in record.fields.sorted(by: { $0.key < $1.key }) where !taken.contains(name) {
      line += ",\(JSONText.quoted(name)):\(JSONText.quoted(value))"
    }
    return line + "}"
  }

  private func times(_ count: Int) -> String { count == 1 ? "once" : "\(count) times" }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
  }

  /// The same text with control characters written out, so that nothing forges a line or steers a terminal.
  private static func visible(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where isControl(scalar): result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
