import RoostBase
import RoostStorage

/// A view of the state engine at a timestamp. Reads are for one thread at a time: ``fork(isConfirmed:)`` makes another view for
/// another thread. It, ``openedAt`` and ``isTooOld`` may be asked from any thread meanwhile, for they touch nothing that changes
/// but the horizon, which is atomic; that is what `@unchecked` relies on.
final class EngineReadView: LocalReadView, @unchecked Sendable {
  let timestamp: Timestamp
  private let snapshot: any EngineSnapshot
  private let reader: MultiVersionReader
  let openedAt: Instant
  private let horizon: ViewHorizon
  let isConfirmed: Bool
  let pinned: PinnedValues

  /// - Parameter pinned: as they are at the timestamp.
  init(
    snapshot: any EngineSnapshot, timestamp: Timestamp, openedAt: Instant, horizon: ViewHorizon,
    pinned: PinnedValues = .none, isConfirmed: Bool = true
  ) {
    self.isConfirmed = isConfirmed
    self.pinned = pinned
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
      snapshot: snapshot, timestamp: timestamp, openedAt: openedAt, horizon: horizon, pinned: pinned,
      isConfirmed: isConfirmed)
  }

  func get(_ key: Key) throws(StoreError) -> [UInt8]? {
    if isTooOld { throw .tooOld }
    if let value = pinned[key] { return value }
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
