import RoostBase
import RoostStorage

/// A view of the state engine at a timestamp. Used by one thread at a time; ``fork(isConfirmed:)`` makes another for another
/// thread.
final class EngineReadView: LocalReadView, @unchecked Sendable {
  let timestamp: Timestamp
  private let snapshot: any EngineSnapshot
  private let reader: MultiVersionReader
  let openedAt: Instant
  private let horizon: ViewHorizon
  let isConfirmed: Bool

  init(
    snapshot: any EngineSnapshot, timestamp: Timestamp, openedAt: Instant, horizon: ViewHorizon,
    isConfirmed: Bool = true
  ) {
    self.isConfirmed = isConfirmed
    self.snapshot = snapshot
    self.timestamp = timestamp
    self.openedAt = openedAt
    self.horizon = horizon
    reader = MultiVersionReader(snapshot)
  }

  /// Whether it may miss versions that it would have to read.
  var isTooOld: Bool { horizon.excludes(openedAt) || horizon.excludes(position: snapshot.position) }

  func fork(isConfirmed: Bool) -> EngineReadView {
    EngineReadView(
      snapshot: snapshot, timestamp: timestamp, openedAt: openedAt, horizon: horizon, isConfirmed: isConfirmed)
  }

  func get(_ key: Key) throws(StoreError) -> [UInt8]? {
    if isTooOld { throw .tooOld }
    do throws(EngineError) { return try reader.get(key.bytes, at: timestamp.rawValue) } catch {
      throw .storage(error.description)
    }
  }

  func localCursor(_ range: KeyRange, reverse: Bool) throws(StoreError) -> any LocalReadCursor {
    guard !range.isEmpty else { return EmptyCursor() }
    if isTooOld { throw .tooOld }
    do throws(EngineError) {
      return EngineReadCursor(
        try reader.cursor(
          from: range.lower.bytes, to: range.upper.bytes, at: timestamp.rawValue,
          direction: reverse ? .reverse : .forward))
    } catch { throw .storage(error.description) }
  }
}

// Used by one task at a time, as all cursors are.
private final class EngineReadCursor: LocalReadCursor, @unchecked Sendable {
  private let cursor: MultiVersionCursor

  init(_ cursor: MultiVersionCursor) { self.cursor = cursor }

  func next(_ limit: Int) throws(StoreError) -> [KeyValue] {
    do throws(EngineError) {
      return try cursor.next(limit: limit, maxBytes: ReadLimits.batchBytes)
        .map { KeyValue(key: Key($0.key), value: $0.value) }
    } catch { throw .storage(error.description) }
  }
}

private final class EmptyCursor: LocalReadCursor {
  func next(_ limit: Int) throws(StoreError) -> [KeyValue] { [] }
}
