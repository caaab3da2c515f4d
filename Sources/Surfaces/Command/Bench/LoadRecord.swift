import Foundation
import Histogram

/// What a closed loop measured: latencies in an HDR histogram of microseconds, three significant digits.
struct LoadRecord {
  private(set) var histogram = Histogram<UInt64>(
    highestTrackableValue: 600_000_000, numberOfSignificantValueDigits: .three)
  private(set) var errors: [String: Int] = [:]

  mutating func succeeded(nanoseconds: Int64) {
    _ = histogram.record(UInt64(max(1, min(600_000_000, nanoseconds / 1000))))
  }

  mutating func failed(_ reason: String) {
    // Reasons are few; whatever a server says must not grow without bound here.
    errors[errors.count < 32 ? reason : "other", default: 0] += 1
  }
}

/// The JSON that `roost bench` prints.
struct LoadReport: Encodable {
  var kind: String
  var clients: Int
  var connections: Int
  var seconds: Double
  var operations: UInt64
  var ops_per_second: Double
  var p50_ms: Double
  var p99_ms: Double
  var p999_ms: Double
  var max_ms: Double
  var errors: Int
  var error_reasons: [String: Int]
  var client_cpu_us_per_op: Double
  /// Over all nodes; absent where it can't be measured.
  var server_cpu_us_per_op: Double?
  /// Of one node on average.
  var syncs_per_op: Double?

  init(_ record: LoadRecord, kind: String, clients: Int, connections: Int, seconds: Double, cpuMicroseconds: Double) {
    self.kind = kind
    self.clients = clients
    self.connections = connections
    self.seconds = seconds
    operations = record.histogram.totalCount
    ops_per_second = Double(operations) / seconds
    let isEmpty = operations == 0
    func milliseconds(_ percentile: Double) -> Double {
      isEmpty ? 0 : Double(record.histogram.valueAtPercentile(percentile)) / 1000
    }
    p50_ms = milliseconds(50)
    p99_ms = milliseconds(99)
    p999_ms = milliseconds(99.9)
    max_ms = isEmpty ? 0 : Double(record.histogram.max) / 1000
    errors = record.errors.values.reduce(0, +)
    error_reasons = record.errors
    client_cpu_us_per_op = isEmpty ? 0 : cpuMicroseconds / Double(operations)
  }

  /// Why there is nothing to show: every operation failed. Named by the most frequent reason.
  var failure: CommandFailure? {
    guard operations == 0, let (reason, count) = error_reasons.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })
    else { return nil }
    return CommandFailure("none of \(errors) operations succeeded: \(count) × \(reason)")
  }

  /// Processor time this process has used so far.
  static func cpuMicroseconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6
      + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
  }
}
