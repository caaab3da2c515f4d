import RoostBase
import RoostPlatform
import RoostSimulation
import RoostStore

/// What all clients of a run saw, and the values they draw on.
final class ClusterRecord {
  private(set) var history = KeyValueHistory()
  /// Answers that no client should ever get.
  private(set) var surprises: [String] = []
  private(set) var unknownCount = 0
  private(set) var conflictCount = 0
  private(set) var staleReadCount = 0
  private var values: UInt32 = 0
  /// What became of every value that was ever written, by its number.
  private var fates: [Fate] = []
  /// The highest timestamp that a group has answered.
  private var answered: [GroupID: Timestamp] = [:]

  private enum Fate {
    case open
    case committed(Timestamp)
    /// It certainly did not and will not happen.
    case failed
  }

  func surprise(_ what: String) { if surprises.count < 20 { surprises.append(what) } }

  // MARK: Values

  /// A value that no one has written before: its number, then padding.
  func freshValue(padding: Int) -> [UInt8] {
    values += 1
    fates.append(.open)
    return [UInt8](bigEndian: values) + [UInt8](repeating: UInt8(truncatingIfNeeded: values), count: padding)
  }

  static func number(_ value: [UInt8]) -> Int { Int(bigEndianBytes: value.prefix(4)) }

  private func settle(_ action: KeyValueModel.Action, _ fate: Fate) {
    switch action {
    case .put(let value), .compareAndSet(_, let value): fates[ClusterRecord.number(value) - 1] = fate
    default: break
    }
  }

  /// When a value was committed; zero for one of unknown fate, nil if it never can be read.
  func timestamp(of value: [UInt8]) -> Timestamp? {
    let number = ClusterRecord.number(value)
    guard number > 0, number <= fates.count else { return nil }
    switch fates[number - 1] {
    case .open: return .zero
    case .committed(let timestamp): return timestamp
    case .failed: return nil
    }
  }

  // MARK: Operations

  func invoke(_ process: Int, _ input: KeyValueModel.Input, at time: Instant) -> KeyValueHistory.OperationID {
    history.invoke(process: process, input, at: time.nanoseconds)
  }

  /// The highest timestamp answered before now.
  func horizon(of group: GroupID) -> Timestamp { answered[group] ?? .zero }

  func read(_ id: KeyValueHistory.OperationID, _ value: [UInt8]?, at time: Instant) {
    history.ok(id, .value(value), at: time.nanoseconds)
  }

  /// A write was committed. Its timestamp is later than that of every write that was answered before it began.
  func committed(
    _ id: KeyValueHistory.OperationID, _ action: KeyValueModel.Action, _ output: KeyValueModel.Output,
    _ timestamp: Timestamp, in group: GroupID, after horizon: Timestamp, at time: Instant
  ) {
    if timestamp <= horizon { surprise("partition \(group) answered timestamp \(timestamp) after \(horizon)") }
    answered[group] = max(answered[group] ?? .zero, timestamp)
    settle(action, .committed(timestamp))
    history.ok(id, output, at: time.nanoseconds)
  }

  func failed(_ id: KeyValueHistory.OperationID, _ action: KeyValueModel.Action, isConflict: Bool, at time: Instant) {
    if isConflict { conflictCount += 1 }
    settle(action, .failed)
    history.fail(id, at: time.nanoseconds)
  }

  func unknown(_ id: KeyValueHistory.OperationID, _ action: KeyValueModel.Action, at time: Instant) {
    unknownCount += 1
    history.info(id, at: time.nanoseconds)
  }

  func staleRead() { staleReadCount += 1 }
}
