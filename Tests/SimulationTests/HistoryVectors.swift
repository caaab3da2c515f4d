import Foundation
import RoostSimulation

/// Histories that others recorded, with their verdicts: Jepsen logs of one register, and EDN maps of string keys.
enum HistoryVectors {
  typealias Recorded = History<KeyValueModel.Input, KeyValueModel.Output>

  struct Unreadable: Error {
    var line: String
  }

  /// `$ROOST_VECTORS`, else `../shared/vectors` beside the package; nil if there is none.
  static let folder: String? = {
    var root = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    root.removeLast(3)
    let beside = root.joined(separator: "/") + "/../shared/vectors"
    let base = ProcessInfo.processInfo.environment["ROOST_VECTORS"] ?? beside
    let folder = base + "/histories"
    return FileManager.default.fileExists(atPath: folder + "/verdicts.tsv") ? folder : nil
  }()

  static func verdicts(in folder: String) throws -> [(file: String, linearizable: Bool)] {
    try String(contentsOfFile: folder + "/verdicts.tsv", encoding: .utf8).split(separator: "\n").dropFirst().map {
      line in
      let fields = line.split(separator: "\t")
      guard fields.count == 2, let verdict = Bool(String(fields[1])) else { throw Unreadable(line: String(line)) }
      return (String(fields[0]), verdict)
    }
  }

  static func read(_ path: String) throws -> (history: Recorded, model: KeyValueModel) {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    if path.hasSuffix(".log") { return (try jepsen(text), KeyValueModel()) }
    return (try edn(text), KeyValueModel(initial: []))
  }

  /// `INFO  jepsen.util - PROCESS :TYPE :FUNCTION VALUE`
  static func jepsen(_ text: String) throws -> Recorded {
    var builder = Builder()
    for line in text.split(separator: "\n") {
      guard let dash = line.range(of: "jepsen.util - ") else { throw Unreadable(line: String(line)) }
      let fields = line[dash.upperBound...].split { " \t[]".contains($0) }.map(String.init)
      guard fields.count >= 4, let process = Int(fields[0]) else { throw Unreadable(line: String(line)) }
      let action: KeyValueModel.Action? =
        switch (fields[1], fields[2]) {
        case (":invoke", ":read"): .get
        case (":invoke", ":write"): .put(Array(fields[3].utf8))
        case (":invoke", ":cas") where fields.count == 5:
          .compareAndSet(expected: Array(fields[3].utf8), value: Array(fields[4].utf8))
        default: nil
        }
      let value = fields[3] == "nil" ? nil : Array(fields[3].utf8)
      switch (fields[1], fields[2]) {
      case (":invoke", _):
        guard let action else { throw Unreadable(line: String(line)) }
        builder.invoke(process, KeyValueModel.Input(key: [], action))
      case (":ok", ":read"): try builder.ok(process, .value(value))
      case (":ok", ":write"): try builder.ok(process, .done)
      case (":ok", ":cas"): try builder.ok(process, .swapped(true))
      case (":fail", ":cas"): try builder.ok(process, .swapped(false))
      case (":fail", _): try builder.fail(process)
      case (":info", _): try builder.info(process)
      default: throw Unreadable(line: String(line))
      }
    }
    return builder.history
  }

  /// `{:process 9, :type :invoke, :f :append, :key "0", :value "x"}`
  static func edn(_ text: String) throws -> Recorded {
    var builder = Builder()
    for line in text.split(separator: "\n") {
      let fields = try map(line)
      guard let process = fields["process"].flatMap({ Int($0) }), let type = fields["type"], let function = fields["f"],
        let key = fields["key"]
      else { throw Unreadable(line: String(line)) }
      let value = Array((fields["value"] ?? "").utf8)
      switch (type, function) {
      case ("invoke", "get"): builder.invoke(process, KeyValueModel.Input(key: Array(key.utf8), .get))
      case ("invoke", "put"): builder.invoke(process, KeyValueModel.Input(key: Array(key.utf8), .put(value)))
      case ("invoke", "append"): builder.invoke(process, KeyValueModel.Input(key: Array(key.utf8), .append(value)))
      case ("ok", "get"): try builder.ok(process, .value(value))
      case ("ok", _): try builder.ok(process, .done)
      case ("fail", _): try builder.fail(process)
      case ("info", _): try builder.info(process)
      default: throw Unreadable(line: String(line))
      }
    }
    return builder.history
  }

  /// The pairs of one flat map whose values are numbers, keywords, strings without escapes, or nil.
  private static func map(_ line: Substring) throws -> [String: String] {
    var result: [String: String] = [:]
    var rest = line.drop { $0 == "{" }
    while let colon = rest.firstIndex(of: ":") {
      rest = rest[rest.index(after: colon)...]
      let name = String(rest.prefix { $0 != " " })
      rest = rest.dropFirst(name.count + 1)
      if rest.first == "\"" {
        rest = rest.dropFirst()
        guard let quote = rest.firstIndex(of: "\"") else { throw Unreadable(line: String(line)) }
        result[name] = String(rest[..<quote])
        rest = rest[rest.index(after: quote)...]
      } else {
        let value = rest.prefix { $0 != "," && $0 != "}" }
        rest = rest.dropFirst(value.count)
        result[name] = value == "nil" ? nil : String(value.drop { $0 == ":" })
      }
    }
    return result
  }

  private struct Builder {
    var history = Recorded()
    private var open: [Int: Recorded.OperationID] = [:]

    mutating func invoke(_ process: Int, _ input: KeyValueModel.Input) {
      open[process] = history.invoke(process: process, input)
    }

    mutating func ok(_ process: Int, _ output: KeyValueModel.Output) throws { history.ok(try take(process), output) }
    mutating func fail(_ process: Int) throws { history.fail(try take(process)) }
    mutating func info(_ process: Int) throws { history.info(try take(process)) }

    private mutating func take(_ process: Int) throws -> Recorded.OperationID {
      guard let id = open.removeValue(forKey: process) else { throw Unreadable(line: "process \(process)") }
      return id
    }
  }
}
