/// A line of a history in EDN: one map with `:process`, `:type`, `:f`, `:value`, and `:key` where there are many.
///
/// Values are strings, or numbers, which are compared as they are written; other pairs (`:index`, `:error`) are passed
/// over. In Jepsen's own histories a `:fail` says that an operation was not done, and not why.
struct EDNHistoryLine {
  /// Whether strings hold bytes, and deletes and absent values mean something.
  let isRoost: Bool

  private struct Fields {
    var process: EDNValue?
    var type: EDNValue?
    var function: EDNValue?
    var key: EDNValue?
    var value: EDNValue?
    var time: EDNValue?

    init(_ pairs: [EDNPair]) {
      for pair in pairs {
        switch pair.key {
        case .keyword("process"): process = pair.value
        case .keyword("type"): type = pair.value
        case .keyword("f"): function = pair.value
        case .keyword("key"): key = pair.value
        case .keyword("value"): value = pair.value
        case .keyword("time"): time = pair.value
        default: break
        }
      }
    }
  }

  func read(_ line: HistoryLines.Line, into events: inout HistoryEvents) throws(HistoryFormatError) {
    if line.bytes.first == UInt8(ascii: ";") { return }
    let content: EDNValue
    do throws(EDNReader.Failure) { content = try EDNReader.read(line.bytes) } catch { throw line.malformed(error.what) }
    guard case .map(let pairs) = content else { throw line.malformed("an event is a map") }
    let fields = Fields(pairs)
    if case .keyword? = fields.process { return }
    guard case .integer(let number)? = fields.process, let process = Int(exactly: number) else {
      throw line.malformed(":process is a number")
    }
    guard case .keyword(let name)? = fields.function, let function = function(name, &events) else {
      throw line.malformed(":f is :get, :put, :append, :delete, :cas, :read or :write")
    }
    var time: Int64 = 0
    if case .integer(let given)? = fields.time { time = given }
    switch fields.type {
    case .keyword("invoke"):
      let input = KeyValueModel.Input(key: try key(fields, line), try action(function, fields.value, line))
      try events.begin(process, function, input, at: time, line: line.number)
    case .keyword("ok"):
      let output = try output(function, fields.value, line)
      try events.end(process, function, .ok(output), at: time, line: line.number)
    case .keyword("fail"): try events.end(process, function, .failed, at: time, line: line.number)
    case .keyword("info"): try events.end(process, function, .unknown, at: time, line: line.number)
    default: throw line.malformed(":type is :invoke, :ok, :fail or :info")
    }
  }

  private func function(_ name: String, _ events: inout HistoryEvents) -> HistoryEvents.Function? {
    switch name {
    case "read", "write":
      events.hasRegisterFunctions = true
      return name == "read" ? .get : .put
    default: return HistoryEvents.Function(rawValue: name)
    }
  }

  private func key(_ fields: Fields, _ line: HistoryLines.Line) throws(HistoryFormatError) -> [UInt8] {
    guard let key = fields.key else { return [] }
    guard let bytes = try bytes(key, line) else { throw line.malformed(":key is missing") }
    return bytes
  }

  private func action(
    _ function: HistoryEvents.Function, _ value: EDNValue?, _ line: HistoryLines.Line
  ) throws(HistoryFormatError) -> KeyValueModel.Action {
    switch function {
    case .get: return .get
    case .delete: return .delete
    case .put: return .put(try required(value, line))
    case .append: return .append(try required(value, line))
    case .cas:
      guard case .sequence(let pair)? = value, pair.count == 2 else {
        throw line.malformed("the :value of a :cas is [expected new]")
      }
      return .compareAndSet(expected: try bytes(pair[0], line), value: try required(pair[1], line))
    }
  }

  private func output(
    _ function: HistoryEvents.Function, _ value: EDNValue?, _ line: HistoryLines.Line
  ) throws(HistoryFormatError) -> KeyValueModel.Output {
    switch (function, value) {
    case (.get, let value): return .value(try bytes(value ?? .null, line))
    case (.cas, .boolean(let found)): return .swapped(found)
    case (.cas, _): return .swapped(true)
    default: return .done
    }
  }

  private func required(_ value: EDNValue?, _ line: HistoryLines.Line) throws(HistoryFormatError) -> [UInt8] {
    guard let bytes = try bytes(value ?? .null, line) else { throw line.malformed("a :value is missing") }
    return bytes
  }

  /// Nil for `nil`.
  private func bytes(_ value: EDNValue, _ line: HistoryLines.Line) throws(HistoryFormatError) -> [UInt8]? {
    switch value {
    case .null: return nil
    case .integer(let number): return Array("\(number)".utf8)
    case .other(let word), .keyword(let word): return Array(word.utf8)
    case .boolean(let truth): return Array("\(truth)".utf8)
    case .string(let text):
      guard isRoost else { return text }
      guard let bytes = RoostHistoryWriter.bytes(of: text) else {
        throw line.malformed("a character beyond \\u00ff is no byte")
      }
      return bytes
    case .sequence, .map: throw line.malformed("a value is a string, a number or nil")
    }
  }
}
