/// A line of a Jepsen log: `INFO  jepsen.util - PROCESS :TYPE :FUNCTION VALUE`, with tabs or spaces between.
///
/// Values are numbers or `nil`, of a compare-and-set two in brackets; in place of a value may stand why an operation
/// has no answer, as `:timed-out`. Lines of other loggers, and those of the nemesis, say nothing about clients.
enum JepsenLogLine {
  private static let levels: [[UInt8]] = ["INFO", "WARN", "DEBUG", "ERROR", "TRACE"].map { Array($0.utf8) }

  /// Whether it is a line of any logger.
  static func isLogLine(_ line: ArraySlice<UInt8>) -> Bool {
    guard let space = line.firstIndex(where: HistoryLines.isSpace) else { return false }
    return levels.contains { $0.elementsEqual(line[..<space]) }
  }

  static func read(_ line: HistoryLines.Line, into events: inout HistoryEvents) throws(HistoryFormatError) {
    let words = line.bytes.split { HistoryLines.isSpace($0) || $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "]") }
      .map { String(decoding: $0, as: UTF8.self) }
    guard words.count >= 3, isLogLine(line.bytes) else { throw line.malformed("not a line of a Jepsen log") }
    guard words[1] == "jepsen.util", words[2] == "-" else { return }
    if words.count > 3, words[3] == ":nemesis" { return }
    guard words.count >= 6 else { throw line.malformed("a process, a type, a function and a value are expected") }
    guard let process = Int(words[3]) else { throw line.malformed("\(words[3]) is no number of a process") }
    let function = try function(words[5], line)
    let values = Array(words[6...])
    if words[4] == ":invoke" {
      let action = try action(function, values, line)
      return try events.begin(process, function, KeyValueModel.Input(key: [], action), at: 0, line: line.number)
    }
    let end = try end(words[4], function, values, line)
    try events.end(process, function, end, at: 0, line: line.number)
  }

  private static func function(
    _ word: String, _ line: HistoryLines.Line
  ) throws(HistoryFormatError) -> HistoryEvents.Function {
    switch word {
    case ":read": return .get
    case ":write": return .put
    case ":cas": return .cas
    default: throw line.malformed("\(word) is no function of a register")
    }
  }

  private static func action(
    _ function: HistoryEvents.Function, _ values: [String], _ line: HistoryLines.Line
  ) throws(HistoryFormatError) -> KeyValueModel.Action {
    switch (function, values.count) {
    case (.get, _): return .get
    case (.put, 1): return .put(Array(values[0].utf8))
    case (.cas, 2): return .compareAndSet(expected: value(values[0]), value: Array(values[1].utf8))
    default: throw line.malformed("the number of values does not fit the function")
    }
  }

  private static func end(
    _ type: String, _ function: HistoryEvents.Function, _ values: [String], _ line: HistoryLines.Line
  ) throws(HistoryFormatError) -> HistoryEvents.End {
    switch (type, function) {
    case (":ok", .get):
      guard values.count == 1, !values[0].hasPrefix(":") else { throw line.malformed("a read ends with one value") }
      return .ok(.value(value(values[0])))
    case (":ok", .cas): return .ok(.swapped(true))
    case (":ok", _): return .ok(.done)
    // Only an answer says that the register held something else.
    case (":fail", .cas) where !values.contains { $0.hasPrefix(":") }: return .ok(.swapped(false))
    case (":fail", _): return .failed
    case (":info", _): return .unknown
    default: throw line.malformed("\(type) is no type of an event")
    }
  }

  private static func value(_ word: String) -> [UInt8]? { word == "nil" ? nil : Array(word.utf8) }
}
