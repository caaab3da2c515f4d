import RoostRelational

/// The settings of a session: what SET, SHOW and RESET know.
struct Settings: Sendable {
  /// What a setting accepts.
  enum Kind: Sendable {
    case text
    case flag
    /// Milliseconds, perhaps written with a unit.
    case duration
    case integer(ClosedRange<Int>)
    case choice([String])
    case encoding
    case timeZone
    case dateStyle
    /// Has no effect: accepted as it is, for clients that make sure of it, and refused otherwise.
    case inert
    /// SHOW only.
    case fixed
  }

  struct Definition: Sendable {
    var name: String
    var initial: String
    var kind: Kind
    /// Whether changes are told to the client in ParameterStatus.
    var isReported = false
  }

  /// All of them are served as the first one.
  private static let isolationLevels = ["serializable", "repeatable read", "read committed", "read uncommitted"]

  static let definitions: [Definition] = [
    .init(name: "application_name", initial: "", kind: .text, isReported: true),
    .init(name: "client_encoding", initial: "UTF8", kind: .encoding, isReported: true),
    .init(name: "DateStyle", initial: "ISO, MDY", kind: .dateStyle, isReported: true),
    .init(name: "default_transaction_read_only", initial: "off", kind: .flag, isReported: true),
    .init(name: "in_hot_standby", initial: "off", kind: .fixed, isReported: true),
    .init(name: "integer_datetimes", initial: "on", kind: .fixed, isReported: true),
    .init(name: "IntervalStyle", initial: "postgres", kind: .choice(["postgres"]), isReported: true),
    .init(name: "is_superuser", initial: "on", kind: .fixed, isReported: true),
    .init(name: "server_encoding", initial: "UTF8", kind: .fixed, isReported: true),
    .init(name: "server_version", initial: "15.0", kind: .fixed, isReported: true),
    .init(name: "session_authorization", initial: "", kind: .fixed, isReported: true),
    .init(name: "standard_conforming_strings", initial: "on", kind: .choice(["on"]), isReported: true),
    .init(name: "TimeZone", initial: "UTC", kind: .timeZone, isReported: true),
    .init(name: "server_version_num", initial: "150000", kind: .fixed),
    .init(name: "statement_timeout", initial: "0", kind: .duration),
    .init(name: "lock_timeout", initial: "0", kind: .inert),
    .init(name: "idle_in_transaction_session_timeout", initial: "0", kind: .duration),
    .init(name: "idle_session_timeout", initial: "0", kind: .duration),
    .init(name: "search_path", initial: "\"$user\", public", kind: .text),
    .init(name: "extra_float_digits", initial: "1", kind: .integer(-15...3)),
    .init(name: "check_function_bodies", initial: "on", kind: .flag),
    .init(
      name: "client_min_messages", initial: "notice",
      kind: .choice(["debug5", "debug4", "debug3", "debug2", "debug1", "debug", "log", "notice", "warning", "error"])),
    .init(name: "default_tablespace", initial: "", kind: .inert),
    .init(name: "default_table_access_method", initial: "heap", kind: .inert),
    .init(name: "default_with_oids", initial: "off", kind: .choice(["off"])),
    .init(name: "default_transaction_isolation", initial: "serializable", kind: .choice(isolationLevels)),
    .init(name: "transaction_isolation", initial: "serializable", kind: .choice(isolationLevels)),
    .init(name: "transaction_read_only", initial: "off", kind: .flag),
    .init(name: "default_transaction_deferrable", initial: "off", kind: .inert),
    .init(name: "bytea_output", initial: "hex", kind: .choice(["hex"])),
    .init(name: "escape_string_warning", initial: "on", kind: .flag),
    .init(name: "backslash_quote", initial: "safe_encoding", kind: .inert),
    .init(name: "row_security", initial: "on", kind: .flag),
    .init(name: "xmloption", initial: "content", kind: .text),
    .init(name: "synchronous_commit", initial: "on", kind: .text),
    .init(name: "synchronize_seqscans", initial: "on", kind: .flag),
    .init(name: "quote_all_identifiers", initial: "off", kind: .flag),
    .init(name: "work_mem", initial: "64MB", kind: .inert),
    .init(name: "maintenance_work_mem", initial: "64MB", kind: .inert),
    .init(name: "max_identifier_length", initial: "63", kind: .fixed),
    .init(name: "max_index_keys", initial: "32", kind: .fixed),
    .init(name: "block_size", initial: "8192", kind: .fixed),
    .init(name: "lc_collate", initial: "C", kind: .fixed),
    .init(name: "lc_ctype", initial: "C", kind: .fixed),
    .init(name: "lc_messages", initial: "C", kind: .inert),
    .init(name: "lc_monetary", initial: "C", kind: .inert),
    .init(name: "lc_numeric", initial: "C", kind: .inert),
    .init(name: "lc_time", initial: "C", kind: .inert),
    .init(name: "jit", initial: "off", kind: .inert),
    .init(name: "enable_seqscan", initial: "on", kind: .inert),
    .init(name: "enable_hashjoin", initial: "on", kind: .inert),
    .init(name: "enable_mergejoin", initial: "on", kind: .inert),
    .init(name: "enable_nestloop", initial: "on", kind: .inert),
    .init(name: "password_encryption", initial: "scram-sha-256", kind: .inert),
    .init(name: "roost.read_level", initial: "linearizable", kind: .choice(["linearizable", "stale"])),
  ]

  private static let byName = Dictionary(
    uniqueKeysWithValues: definitions.map { ($0.name.lowercased(), $0) })

  static func definition(_ name: String) -> Definition? { byName[name.lowercased()] }

  /// Values that differ from the initial ones, by name in lower case.
  private var values: [String: String] = [:] {
    didSet { version = Version() }
  }
  /// Another one after each change: copies that share it are equal.
  private var version = Version()

  private final class Version: Sendable {}
  /// What the start-up message set; RESET goes back to it.
  private var atStart: [String: String] = [:]

  // Decoded, for use by every statement.
  private(set) var timeZone = TimeZoneOffset.utc
  /// In nanoseconds; zero is none.
  private(set) var statementTimeout: Int64 = 0
  private(set) var idleTimeout: Int64 = 0
  private(set) var idleInTransactionTimeout: Int64 = 0
  private(set) var isStale = false
  /// Whether a transaction that doesn't say may only read.
  private(set) var isReadOnlyByDefault = false

  /// Settings that `SHOW` gets from elsewhere in this session.
  mutating func fix(_ name: String, _ value: String) { values[name.lowercased()] = value }

  func value(_ name: String) -> String? {
    let key = name.lowercased()
    return values[key] ?? Settings.byName[key]?.initial
  }

  mutating func markStart() { atStart = values }

  /// Sets one; the value is given as written. Errors 42704 and 22023.
  mutating func set(_ name: String, _ written: [String]) throws(SQLError) {
    guard let definition = Settings.definition(name) else {
      // Settings of extensions are placeholders: any name with a dot.
      guard name.contains("."), !name.lowercased().hasPrefix("roost.") else {
        throw SQLError("42704", "unrecognized configuration parameter \"\(name)\"")
      }
      let value = written.joined(separator: ", ")
      try checkLength(name, value)
      let key = name.lowercased()
      guard values[key] != nil || values.count < Settings.maximumSettings else {
        throw SQLError(
          "54000", "too many settings in this session",
          hint: "A session holds \(Settings.maximumSettings) values. RESET those that are not needed.")
      }
      values[key] = value
      return
    }
    let value = try Settings.normalized(definition, written)
    if definition.name == "application_name" {
      // As PostgreSQL does: the name is cut, not refused.
      values["application_name"] = String(decoding: value.utf8.prefix(63), as: UTF8.self)
    } else {
      try checkLength(definition.name, value)
      values[definition.name.lowercased()] = value
    }
    decode()
  }

  /// What one session may keep.
  private static let maximumSettings = 256
  private static let maximumValueBytes = 4 << 10

  private func checkLength(_ name: String, _ value: String) throws(SQLError) {
    guard value.utf8.count <= Settings.maximumValueBytes else {
      throw SQLError("22023", "the value of parameter \"\(name)\" is longer than \(Settings.maximumValueBytes) bytes")
    }
  }

  mutating func reset(_ name: String) throws(SQLError) {
    guard let definition = Settings.definition(name) else {
      throw SQLError("42704", "unrecognized configuration parameter \"\(name)\"")
    }
    if case .fixed = definition.kind {
      throw SQLError("55P02", "parameter \"\(definition.name)\" cannot be changed")
    }
    values[definition.name.lowercased()] = atStart[definition.name.lowercased()]
    decode()
  }

  mutating func resetAll() {
    values = atStart
    decode()
  }

  private mutating func decode() {
    timeZone = (try? Settings.zone(value("timezone") ?? "UTC")) ?? .utc
    statementTimeout = nanoseconds("statement_timeout")
    idleTimeout = nanoseconds("idle_session_timeout")
    idleInTransactionTimeout = nanoseconds("idle_in_transaction_session_timeout")
    isStale = value("roost.read_level") == "stale"
    isReadOnlyByDefault = value("default_transaction_read_only") == "on"
  }

  /// A duration, which is kept in milliseconds.
  private func nanoseconds(_ name: String) -> Int64 { (Int64(value(name) ?? "0") ?? 0) * 1_000_000 }

  /// What changed for the client between two states, by reported name. Costs next to nothing where nothing was set.
  static func reportedChanges(from old: Settings, to new: Settings) -> [String: String] {
    if old.version === new.version { return [:] }
    var result: [String: String] = [:]
    for definition in definitions where definition.isReported {
      let value = new.value(definition.name) ?? ""
      if value != old.value(definition.name) { result[definition.name] = value }
    }
    return result
  }

  // MARK: Values

  private static func invalid(_ definition: Definition, _ value: String, hint: String? = nil) -> SQLError {
    SQLError("22023", "invalid value for parameter \"\(definition.name)\": \"\(value)\"", hint: hint)
  }

  private static func normalized(_ definition: Definition, _ written: [String]) throws(SQLError) -> String {
    let value = written.joined(separator: ", ")
    if written.count != 1 {
      switch definition.kind {
      case .text, .dateStyle: break
      default: throw SQLError("22023", "SET \(definition.name) takes only one argument")
      }
    }
    switch definition.kind {
    case .fixed: throw SQLError("55P02", "parameter \"\(definition.name)\" cannot be changed")
    case .inert:
      guard isInitial(value, definition) else {
        throw invalid(
          definition, value,
          hint: "The parameter has no effect in Roost and stays \"\(definition.initial)\". Leave the SET out.")
      }
      return definition.initial
    case .text: return value
    case .flag:
      switch value.lowercased() {
      case "on", "true", "yes", "1", "t", "y": return "on"
      case "off", "false", "no", "0", "f", "n": return "off"
      default:
        throw SQLError("22023", "parameter \"\(definition.name)\" requires a Boolean value")
      }
    case .choice(let choices):
      let word = definition.initial == "on" || definition.initial == "off" ? flagWord(value) : value.lowercased()
      guard choices.contains(word) else {
        throw invalid(definition, value, hint: "Available values: \(choices.joined(separator: ", ")).")
      }
      return word
    case .integer(let range):
      guard let number = Int(value) else { throw invalid(definition, value) }
      guard range.contains(number) else {
        throw SQLError(
          "22023",
          "\(number) is outside the valid range for parameter \"\(definition.name)\" (\(range.lowerBound) .. \(range.upperBound))"
        )
      }
      return String(number)
    case .duration:
      guard let milliseconds = milliseconds(value) else {
        throw invalid(
          definition, value,
          hint: "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".")
      }
      return String(milliseconds)
    case .encoding:
      let word = value.lowercased().filter { $0 != "-" && $0 != "_" }
      guard ["utf8", "unicode", "default"].contains(word) else {
        throw SQLError(
          "22023", "invalid value for parameter \"client_encoding\": \"\(value)\"", hint: "Roost speaks UTF8 only.")
      }
      return "UTF8"
    case .timeZone: return try zone(value).name
    case .dateStyle:
      let words = value.lowercased().split { ", ".contains($0) }.map(String.init)
      let order = words.first { ["mdy", "dmy", "ymd", "us", "european"].contains($0) }
      guard words.allSatisfy({ $0 == "iso" || $0 == "default" || $0 == order }) else {
        throw invalid(definition, value, hint: "Roost supports the ISO style only.")
      }
      guard order == nil || order == "mdy" || order == "us" else {
        throw invalid(definition, value, hint: "Roost reads ambiguous dates as month, day, year only.")
      }
      return "ISO, MDY"
    }
  }

  /// Whether a value is what a setting is in any case, however it is written.
  private static func isInitial(_ value: String, _ definition: Definition) -> Bool {
    if value.lowercased() == definition.initial { return true }
    switch definition.initial {
    case "on", "off": return flagWord(value) == definition.initial
    case "0": return milliseconds(value) == 0
    default: return value == definition.initial
    }
  }

  private static func flagWord(_ value: String) -> String {
    switch value.lowercased() {
    case "on", "true", "yes", "1": "on"
    case "off", "false", "no", "0": "off"
    default: value.lowercased()
    }
  }

  /// A time without unit is in milliseconds.
  private static func milliseconds(_ text: String) -> Int? {
    let trimmed = text.filter { $0 != " " }
    let digits = trimmed.prefix { ("0"..."9").contains($0) || $0 == "." }
    guard let number = Double(digits), number <= Double(Int32.max) else { return nil }
    let factor: Double
    switch trimmed.dropFirst(digits.count) {
    case "", "ms": factor = 1
    case "us": factor = 0.001
    case "s": factor = 1_000
    case "min": factor = 60_000
    case "h": factor = 3_600_000
    case "d": factor = 86_400_000
    default: return nil
    }
    let result = (number * factor).rounded()
    return result <= Double(Int32.max) ? Int(result) : nil
  }

  /// UTC or a fixed distance from it: "UTC", "+02:00", "-5", "<+02>-02".
  static func zone(_ text: String) throws(SQLError) -> TimeZoneOffset {
    switch text.lowercased() {
    case "utc", "gmt", "z", "zulu", "etc/utc", "uct", "universal", "default": return .utc
    default: break
    }
    let invalid = SQLError(
      "22023", "invalid value for parameter \"TimeZone\": \"\(text)\"",
      hint: "Roost supports UTC and fixed offsets such as +02:00.")
    var body = Substring(text)
    if body.hasPrefix("<"), let end = body.firstIndex(of: ">") { body = body[body.index(after: body.startIndex)..<end] }
    let isNegative = body.hasPrefix("-")
    if isNegative || body.hasPrefix("+") { body = body.dropFirst() }
    let parts = body.split(separator: ":", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let hours = Int32(parts[0]), (0...15).contains(hours) else { throw invalid }
    var minutes: Int32 = 0
    if parts.count == 2 {
      guard let value = Int32(parts[1]), (0...59).contains(value) else { throw invalid }
      minutes = value
    }
    let sign: Int32 = isNegative ? -1 : 1
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let distance = two(hours) + (minutes == 0 ? "" : ":" + two(minutes))
    let name = "<\(isNegative ? "-" : "+")\(distance)>\(isNegative ? "+" : "-")\(distance)"
    return TimeZoneOffset(name: name, seconds: sign * (hours * 3_600 + minutes * 60))
  }
}
