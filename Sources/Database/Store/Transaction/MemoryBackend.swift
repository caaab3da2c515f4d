import RoostBase
import Synchronization

/// An embedded, volatile store in one process: the same ``Transaction`` API without a cluster. For tests of layers and
/// for programs that want transactions over memory.
public final class MemoryBackend: TransactionBackend {
  private struct State {
    /// Versions of each key in ascending timestamp order; keys sorted.
    var keys: [Key] = []
    var versions: [Key: [(timestamp: Timestamp, value: [UInt8]?)]] = [:]
    var timestamp = Timestamp.zero

    func changed(_ key: Key, since timestamp: Timestamp) -> Bool {
      (versions[key]?.last?.timestamp ?? .zero) > timestamp
    }
  }

  private let state = Mutex(State())
  private let isRemote: Bool

  /// - Parameter isRemote: Whether reads are answered as if the data lay on other nodes: their task is suspended first. For
  ///   tests of layers, whose transactions may reach anywhere.
  public init(isRemote: Bool = false) { self.isRemote = isRemote }

  public func openView(_ options: TransactionOptions) async throws(StoreError) -> any ReadView {
    let view = View(backend: self, timestamp: state.withLock { $0.timestamp })
    return isRemote ? RemoteView(view) : view
  }

  public func commit(_ request: CommitRequest, _ options: TransactionOptions) async throws(StoreError) -> Timestamp {
    let result: Result<Timestamp, StoreError> = state.withLock { state in
      if request.readKeys.contains(where: { state.changed($0, since: request.readTimestamp) })
        || request.writes.contains(where: { $0.isRead && state.changed($0.key, since: request.readTimestamp) })
      {
        return .failure(.conflict)
      }
      for range in request.readRanges {
        for key in state.keys[state.keys.firstPosition(from: range.lower)...] {
          guard key < range.upper else { break }
          if state.changed(key, since: request.readTimestamp) { return .failure(.conflict) }
        }
      }
      state.timestamp = state.timestamp.next
      for write in request.writes {
        if state.versions[write.key] == nil {
          state.keys.insert(write.key, at: state.keys.firstPosition(from: write.key))
        }
        state.versions[write.key, default: []].append((state.timestamp, write.value))
      }
      return .success(state.timestamp)
    }
    return try result.get()
  }

  fileprivate func value(of key: Key, at timestamp: Timestamp) -> [UInt8]? {
    state.withLock { $0.versions[key]?.last { $0.timestamp <= timestamp }?.value }
  }

  fileprivate func pairs(_ range: KeyRange, reverse: Bool, limit: Int, at timestamp: Timestamp) -> [KeyValue] {
    state.withLock { state in
      let start = state.keys.firstPosition(from: range.lower)
      let end = Swift.max(start, state.keys.firstPosition(from: range.upper))
      var result: [KeyValue] = []
      for offset in 0..<(end - start) where result.count < limit {
        let key = state.keys[reverse ? end - 1 - offset : start + offset]
        guard let value = state.versions[key]?.last(where: { $0.timestamp <= timestamp })?.value else { continue }
        result.append(KeyValue(key: key, value: value))
      }
      return result
    }
  }

  private final class View: LocalReadView {
    let backend: MemoryBackend
    let timestamp: Timestamp

    init(backend: MemoryBackend, timestamp: Timestamp) {
      self.backend = backend
      self.timestamp = timestamp
    }

    func get(_ key: Key) throws(StoreError) -> [UInt8]? { backend.value(of: key, at: timestamp) }

    func localCursor(_ range: KeyRange, reverse: Bool) throws(StoreError) -> any LocalReadCursor {
      Cursor(view: self, range: range, reverse: reverse)
    }
  }

  // Used by one task at a time, as all cursors are.
  private final class Cursor: LocalReadCursor, @unchecked Sendable {
    private let view: View
    private var range: KeyRange
    private let reverse: Bool

    init(view: View, range: KeyRange, reverse: Bool) {
      self.view = view
      self.range = range
      self.reverse = reverse
    }

    func next(_ limit: Int) throws(StoreError) -> [KeyValue] {
      guard !range.isEmpty else { return [] }
      let pairs = view.backend.pairs(range, reverse: reverse, limit: limit, at: view.timestamp)
      if let last = pairs.last { if reverse { range.upper = last.key } else { range.lower = last.key.successor } }
      return pairs
    }
  }
}

/// A view that answers everything later.
private final class RemoteView: ReadView {
  private let view: any ReadView

  init(_ view: any ReadView) { self.view = view }

  var timestamp: Timestamp { view.timestamp }

  func read(_ key: Key) throws(StoreError) -> ReadAnswer<[UInt8]?> { try view.read(key).later }

  func read(first keys: ArraySlice<Key>) throws(StoreError) -> ReadAnswer<[[UInt8]?]> {
    try view.read(first: keys).later
  }

  func cursor(_ range: KeyRange, reverse: Bool) throws(StoreError) -> any ReadCursor {
    RemoteCursor(try view.cursor(range, reverse: reverse))
  }
}

private final class RemoteCursor: ReadCursor {
  private let cursor: any ReadCursor

  init(_ cursor: any ReadCursor) { self.cursor = cursor }

  func read(_ limit: Int) throws(StoreError) -> ReadAnswer<[KeyValue]> { try cursor.read(limit).later }
}

extension ReadAnswer {
  fileprivate var later: ReadAnswer {
    .pending { () throws(StoreError) in
      await Task.yield()
      return try await value()
    }
  }
}

extension [Key] {
  /// The index of the first key at or after `key`.
  fileprivate func firstPosition(from key: Key) -> Int { partitioningIndex { !($0 < key) } }
}
