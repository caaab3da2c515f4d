import Logging

/// Decides which records become lines: equal ones are folded into one with a count, and whoever floods the log is
/// limited. A pure value; its owner hands in a clock that never goes back.
///
/// A record that equals one written within the last moments is counted instead of written. When the moments are over,
/// the record is written once more with its count. Beyond that, each component has a budget of lines, and strangers
/// share one small budget, so that no number of them fills a disk; what is left out is counted and told.
/// Errors have no budget: a node makes few, and each may be its last words.
struct LogGate {
  /// Equal records within this time are one line, in milliseconds.
  static func window(_ origin: LogRecord.Origin) -> Int64 { origin == .stranger ? 10_000 : 2_000 }
  /// Records that are remembered for comparison.
  static let memory = 256
  /// How often it is told that lines were left out, in milliseconds.
  static let tellInterval: Int64 = 10_000

  private struct Key: Hashable {
    var level: Logger.Level
    var component: String
    var text: String
    var fields: [String: String]
  }

  private struct Recent {
    var record: LogRecord
    var until: Int64
  }

  private struct Source: Hashable {
    var component: String
    var origin: LogRecord.Origin
  }

  /// A token bucket: a line takes a token, tokens come back with time.
  private struct Budget {
    var tokens: Double
    var refilledAt: Int64
    var leftOut = 0
    var tellAt: Int64 = 0
  }

  private var recent: [Key: Recent] = [:]
  private var budgets: [Source: Budget] = [:]

  private static func limit(_ origin: LogRecord.Origin) -> (burst: Double, linesPerSecond: Double) {
    origin == .stranger ? (5, 2) : (200, 20)
  }

  /// Nil when the record is not to be written.
  mutating func admit(_ record: LogRecord, at now: Int64) -> LogRecord? {
    let key = Key(level: record.level, component: record.component, text: record.text, fields: record.fields)
    if var earlier = recent[key], now < earlier.until {
      earlier.record.repetitions += 1
      earlier.record.time = record.time
      recent[key] = earlier
      return nil
    }
    guard record.level >= .error || spend(record, at: now) else { return nil }
    // Forgetting only unfolds: the next equal record is a line again.
    if recent.count >= LogGate.memory, let oldest = recent.min(by: { $0.value.until < $1.value.until })?.key {
      recent[oldest] = nil
    }
    recent[key] = Recent(record: record, until: now + LogGate.window(record.origin))
    return record
  }

  /// When ``due(at:)`` has something to say next; nil if nothing is held back.
  var nextDue: Int64? {
    let folded = recent.values.lazy.filter { $0.record.repetitions > 0 }.map(\.until).min()
    let leftOut = budgets.values.lazy.filter { $0.leftOut > 0 }.map(\.tellAt).min()
    return [folded, leftOut].compactMap { $0 }.min()
  }

  /// What was held back and is to be told by now.
  ///
  /// - Parameter time: what the wall clock shows.
  mutating func due(at now: Int64, time: LogTime) -> [LogRecord] {
    var records: [LogRecord] = []
    for (key, entry) in recent where now >= entry.until {
      guard entry.record.repetitions > 0 else {
        recent[key] = nil
        continue
      }
      records.append(entry.record)
      recent[key]?.record.repetitions = 0
      // Who goes on repeating stays folded.
      recent[key]?.until = now + LogGate.window(entry.record.origin)
    }
    records.sort { ($0.time.milliseconds, $0.text) < ($1.time.milliseconds, $1.text) }
    for (source, budget) in budgets.sorted(by: { $0.key.component < $1.key.component })
    where budget.leftOut > 0 && now >= budget.tellAt {
      let lines = budget.leftOut == 1 ? "1 more line" : "\(budget.leftOut) more lines"
      let whose = source.origin == .stranger ? "about unknown or refused clients" : "of this part of the node"
      records.append(
        LogRecord(
          time: time, level: .warning, component: source.component, text: "\(lines) \(whose) were left out",
          origin: source.origin))
      budgets[source]?.leftOut = 0
    }
    return records
  }

  private mutating func spend(_ record: LogRecord, at now: Int64) -> Bool {
    let limit = LogGate.limit(record.origin)
    // Strangers have one budget, wherever they knock.
    let source = Source(component: record.origin == .stranger ? "transport" : record.component, origin: record.origin)
    var budget = budgets[source] ?? Budget(tokens: limit.burst, refilledAt: now)
    budget.tokens = min(limit.burst, budget.tokens + Double(now - budget.refilledAt) / 1000 * limit.linesPerSecond)
    budget.refilledAt = now
    let isAdmitted = budget.tokens >= 1
    if isAdmitted {
      budget.tokens -= 1
    } else {
      if budget.leftOut == 0 { budget.tellAt = now + LogGate.tellInterval }
      budget.leftOut += 1
    }
    budgets[source] = budget
    return isAdmitted
  }
}
