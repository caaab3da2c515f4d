import Synchronization

/// The state engine of simulation: a sorted map in memory with the crash behaviour of the production engine.
///
/// `flush` keeps an image; `crash` falls back to it, as a process that dies and opens its directory again would.
public final class MemoryEngine: Engine {
  private struct State {
    var contents = SortedByteMap()
    /// What the last flush made durable.
    var image = SortedByteMap()
    var isClosed = false
    /// Batches written.
    var position: UInt64 = 0
  }

  private let state = Mutex(State())
  private let threshold = SweepThreshold()
  private let views = OpenViews()

  public init() {}

  public func forget(before timestamp: UInt64) { threshold.raise(to: timestamp) }

  public func get(_ key: [UInt8]) throws(EngineError) -> [UInt8]? {
    let found: Result<[UInt8]?, EngineError> = state.withLock { state in
      state.isClosed ? .failure(.closed) : .success(state.contents[key])
    }
    return try found.get()
  }

  public func write(_ batch: EngineBatch) throws(EngineError) {
    let isClosed = state.withLock { state in
      guard !state.isClosed else { return true }
      state.position += 1
      for operation in batch.operations {
        switch operation {
        case .put(let key, let value): state.contents.put(key, value)
        case .delete(let key): state.contents.delete(key)
        case .deleteRange(let lower, let upper): state.contents.deleteRange(lower, upper)
        }
      }
      return false
    }
    if isClosed { throw .closed }
  }

  public func snapshot() -> any EngineSnapshot {
    state.withLock { MemorySnapshot(contents: $0.contents, position: $0.position, views: views) }
  }

  public var position: UInt64 { state.withLock { $0.position } }

  public var oldestViewPosition: UInt64? { views.oldest }

  public func reclaim(within room: Int) throws(EngineError) {
    state.withLock {
      MemoryEngine.sweep(&$0.contents, VersionSweep(threshold: threshold.timestamp, seesEverything: true))
    }
  }

  public func flush() throws(EngineError) {
    let isClosed = state.withLock { state in
      if !state.isClosed {
        MemoryEngine.sweep(&state.contents, VersionSweep(threshold: threshold.timestamp, seesEverything: true))
        state.image = state.contents
      }
      return state.isClosed
    }
    if isClosed { throw .closed }
  }

  private static func sweep(_ contents: inout SortedByteMap, _ sweep: VersionSweep) {
    guard sweep.threshold > 0 else { return }
    var sweep = sweep
    var dropped: [[UInt8]] = []
    var position = contents.lowerBound([KeySpace.replicated])
    while position < contents.end {
      let key = contents.key(at: position)
      let value = contents.value(at: position)
      let drops = key.withUnsafeBytes { key in value.withUnsafeBytes { value in sweep.drops(key, value) } }
      if drops { dropped.append(key) }
      position = contents.position(after: position)
    }
    for key in dropped { contents.delete(key) }
  }

  public func close() { state.withLock { $0.isClosed = true } }

  /// Loses what was not flushed and opens again: the engine is what a restarted process would find.
  public func crash() {
    state.withLock { state in
      state.contents = state.image
      state.isClosed = false
    }
  }

  /// A copy of what the last flush made durable, and how it comes back: as a directory that is restored from a backup.
  public func copyOfImage() -> () -> Void {
    let copy = state.withLock { $0.image }
    return { [self] in
      state.withLock { state in
        state.image = copy
        state.contents = copy
      }
    }
  }

  /// The number of keys.
  public var count: Int { state.withLock { $0.contents.count } }
}

/// Where the views of an engine stand that somebody holds.
private final class OpenViews: Sendable {
  private let positions = Mutex<[UInt64: Int]>([:])

  var oldest: UInt64? { positions.withLock { $0.keys.min() } }

  func opened(at position: UInt64) { positions.withLock { $0[position, default: 0] += 1 } }

  func closed(at position: UInt64) {
    positions.withLock { positions in
      let count = positions[position, default: 1] - 1
      positions[position] = count > 0 ? count : nil
    }
  }
}

private final class MemorySnapshot: EngineSnapshot {
  private let contents: SortedByteMap
  let position: UInt64
  private let views: OpenViews

  init(contents: SortedByteMap, position: UInt64, views: OpenViews) {
    self.contents = contents
    self.position = position
    self.views = views
    views.opened(at: position)
  }

  deinit { views.closed(at: position) }

  func get(_ key: [UInt8]) throws(EngineError) -> [UInt8]? { contents[key] }

  func cursor(lower: [UInt8], upper: [UInt8]) throws(EngineError) -> any EngineCursor {
    MemoryCursor(contents: contents, lower: lower, upper: upper)
  }
}

final class MemoryCursor: EngineCursor {
  private enum Place {
    case nowhere
    case on(SortedByteMap.Position)
    case offTheEnd
  }

  private let contents: SortedByteMap
  private let first: SortedByteMap.Position
  /// The place after the last pair; never before `first`.
  private var last: SortedByteMap.Position
  private var place = Place.nowhere

  init(contents: SortedByteMap, lower: [UInt8], upper: [UInt8]) {
    self.contents = contents
    first = contents.lowerBound(lower)
    last = max(first, contents.lowerBound(upper))
  }

  func seek(_ key: [UInt8]) { land(max(first, contents.lowerBound(key))) }

  func seek(_ key: [UInt8], withinPrefix count: Int) {
    var end = Array(key.prefix(count))
    end[count - 1] += 1
    last = max(first, contents.lowerBound(end))
    seek(key)
  }

  func seekForPrevious(_ key: [UInt8]) {
    let found = contents.lowerBound(key)
    if found >= first, found < last, contents.key(at: found) == key { return land(found) }
    landBefore(min(found, last))
  }

  func next() {
    switch place {
    case .nowhere: land(first)
    case .on(let position): land(contents.position(after: position))
    case .offTheEnd: break
    }
  }

  func previous() {
    switch place {
    case .nowhere: landBefore(last)
    case .on(let position): landBefore(position)
    case .offTheEnd: break
    }
  }

  private func land(_ position: SortedByteMap.Position) { place = position < last ? .on(position) : .offTheEnd }

  private func landBefore(_ position: SortedByteMap.Position) {
    place = position > first ? .on(contents.position(before: position)) : .offTheEnd
  }

  var isValid: Bool { if case .on = place { true } else { false } }
  func checkStatus() throws(EngineError) {}

  var key: [UInt8] { contents.key(at: position) }
  var value: [UInt8] { contents.value(at: position) }
  func withKey(_ body: (UnsafeRawBufferPointer) -> Void) { key.withUnsafeBytes(body) }
  func withValue(_ body: (UnsafeRawBufferPointer) -> Void) { value.withUnsafeBytes(body) }

  private var position: SortedByteMap.Position {
    guard case .on(let position) = place else { preconditionFailure("a cursor that stands nowhere has no pair") }
    return position
  }
}
