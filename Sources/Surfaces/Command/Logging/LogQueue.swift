import Foundation
import Logging

/// Records on their way to the writer: bounded, and never waited for by whoever logs.
///
/// Consensus logs from its loop, so nothing here may depend on who reads the log: when the queue is full, because a
/// pipe is not read or a disk hangs, records are counted instead of kept, and the count is told when there is room again.
final class LogQueue: @unchecked Sendable {  // every stored property is guarded by `condition`
  /// What the writer takes at once.
  struct Batch {
    var records: [LogRecord]
  }

  static let maximumRecords = 4096
  static let maximumBytes = 1 << 20

  private let condition = NSCondition()
  private let clock = ContinuousClock()
  private let started: ContinuousClock.Instant
  private var gate = LogGate()
  private var waiting: [LogRecord] = []
  private var waitingBytes = 0
  private var dropped = 0
  private var isClosed = false
  private var isDrained = false

  init() { started = clock.now }

  /// Takes a record, or counts it; returns at once.
  func append(_ record: LogRecord) {
    condition.lock()
    defer { condition.unlock() }
    guard !isClosed else { return }
    let before = gate.nextDue
    if let admitted = gate.admit(record, at: milliseconds) {
      keep(admitted)
      condition.signal()
    } else if let due = gate.nextDue, before.map({ due < $0 }) ?? true {
      // The writer sleeps until the old one, or without end.
      condition.signal()
    }
  }

  /// What is to be written next; waits for it. Nil when the queue is closed and empty.
  func next() -> Batch? {
    condition.lock()
    defer { condition.unlock() }
    while true {
      for record in gate.due(at: milliseconds, time: .now()) { keep(record) }
      if !waiting.isEmpty {
        if dropped > 0 {
          waiting.append(droppedRecord())
          dropped = 0
        }
        let batch = Batch(records: waiting)
        waiting = []
        waitingBytes = 0
        return batch
      }
      if isClosed {
        isDrained = true
        condition.broadcast()
        return nil
      }
      if let due = gate.nextDue {
        _ = condition.wait(until: Date(timeIntervalSinceNow: Double(max(1, due - milliseconds)) / 1000))
      } else {
        condition.wait()
      }
    }
  }

  /// The writer could not write so many lines.
  func lost(_ lines: Int) {
    condition.lock()
    dropped += lines
    condition.unlock()
  }

  /// Takes nothing more, and waits until everything is written, at most so long: who does not read the log must not keep
  /// a node from ending.
  func close(within limit: Duration) {
    condition.lock()
    defer { condition.unlock() }
    isClosed = true
    condition.broadcast()
    let seconds = Double(limit.components.seconds) + Double(limit.components.attoseconds) / 1e18
    let deadline = Date(timeIntervalSinceNow: seconds)
    while !isDrained {
      guard condition.wait(until: deadline) else { return }
    }
  }

  private func keep(_ record: LogRecord) {
    guard waiting.count < LogQueue.maximumRecords, waitingBytes + record.size <= LogQueue.maximumBytes else {
      dropped += 1
      return
    }
    waiting.append(record)
    waitingBytes += record.size
  }

  private func droppedRecord() -> LogRecord {
    LogRecord(
      time: .now(), level: .warning, component: "log",
      text:
        "\(dropped) line\(dropped == 1 ? " was" : "s were") dropped: whoever takes this log did not take them in time"
    )
  }

  /// Since the queue was made.
  private var milliseconds: Int64 {
    let (seconds, attoseconds) = (clock.now - started).components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }
}
