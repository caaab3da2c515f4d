import Foundation
import Logging

/// One thing that a node said: what a line of its log is made of.
struct LogRecord: Equatable, Sendable {
  /// Who can cause lines like this one, which decides how many are let through.
  enum Origin: Hashable, Sendable {
    /// The cluster's own nodes.
    case node
    /// Anyone who reaches a port.
    case stranger
  }

  var time: LogTime
  var level: Logger.Level
  /// The part of the node that speaks: start, cluster, transport, storage.
  var component: String
  var text: String
  /// More about it, by name.
  var fields: [String: String] = [:]
  var origin = Origin.node
  /// How often the same was said again since it was last written.
  var repetitions = 0

  /// Roughly what it takes in memory, in bytes.
  var size: Int { fields.reduce(64 + text.utf8.count) { $0 + $1.key.utf8.count + $1.value.utf8.count } }
}

/// A moment of the wall clock, in milliseconds since 1970.
struct LogTime: Equatable, Sendable {
  var milliseconds: Int64

  static func now() -> LogTime { LogTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

  /// As RFC 3339 has it, in UTC: `2026-11-26T10:00:00.123Z`.
  var text: String {
    let (days, inDay) = milliseconds.flooredDivision(by: 86_400_000)
    // Howard Hinnant's algorithm (chrono-compatible low-level date algorithms): years begin in March, 400 of them
    // are an era.
    let shifted = days + 719_468
    let (era, dayOfEra) = shifted.flooredDivision(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let seconds = inDay / 1000
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(padded(seconds / 3600, 2)):"
      + "\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2)).\(padded(inDay % 1000, 3))Z"
  }

  private func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

extension Int64 {
  /// Quotient and remainder, the remainder never negative.
  fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let remainder = (self % divisor + divisor) % divisor
    return ((self - remainder) / divisor, remainder)
  }
}
