/// The answer to a read. Where the data are on this node it is there at once, and nothing is suspended for it.
public enum ReadAnswer<Value: Sendable>: Sendable {
  case ready(Value)
  /// On its way from another node.
  case pending(@Sendable () async throws(StoreError) -> Value)

  /// Waits for it if need be.
  @inlinable
  public func value() async throws(StoreError) -> Value {
    switch self {
    case .ready(let value): return value
    case .pending(let wait): return try await wait()
    }
  }
}

/// A frozen view of the key space at one timestamp. Used by one task at a time.
public protocol ReadView: AnyObject, Sendable {
  var timestamp: Timestamp { get }
  /// Whether it is known to hold what was acknowledged before it was opened. A view that isn't is right as well if nothing
  /// that is read from it has changed by the time of the commit.
  var isConfirmed: Bool { get }
  func read(_ key: Key) throws(StoreError) -> ReadAnswer<[UInt8]?>
  /// The values of the first of many keys, in their order: at least one, and no more once they hold
  /// ``ReadLimits/batchBytes``.
  func read(first keys: ArraySlice<Key>) throws(StoreError) -> ReadAnswer<[[UInt8]?]>
  func cursor(_ range: KeyRange, reverse: Bool) throws(StoreError) -> any ReadCursor
}

extension ReadView {
  public var isConfirmed: Bool { true }
}

/// Bounds of one answer.
public enum ReadLimits {
  /// What its keys and values may hold, in bytes, without the last of them.
  public static let batchBytes = 4 << 20
}

/// Walks the pairs of a range. Used by one task at a time.
public protocol ReadCursor: AnyObject, Sendable {
  /// The next pairs, at most `limit`; none only at the end.
  func read(_ limit: Int) throws(StoreError) -> ReadAnswer<[KeyValue]>
}

/// A view whose data are all on this node.
public protocol LocalReadView: ReadView {
  func get(_ key: Key) throws(StoreError) -> [UInt8]?
  func localCursor(_ range: KeyRange, reverse: Bool) throws(StoreError) -> any LocalReadCursor
}

/// A cursor whose data are all on this node.
public protocol LocalReadCursor: ReadCursor {
  /// The next pairs, at most `limit`; none only at the end.
  func next(_ limit: Int) throws(StoreError) -> [KeyValue]
}

extension LocalReadView {
  public func read(_ key: Key) throws(StoreError) -> ReadAnswer<[UInt8]?> { .ready(try get(key)) }

  public func read(first keys: ArraySlice<Key>) throws(StoreError) -> ReadAnswer<[[UInt8]?]> {
    var values: [[UInt8]?] = []
    values.reserveCapacity(keys.count)
    var bytes = 0
    for key in keys {
      let value = try get(key)
      values.append(value)
      bytes += value?.count ?? 0
      if bytes >= ReadLimits.batchBytes { break }
    }
    return .ready(values)
  }

  public func cursor(_ range: KeyRange, reverse: Bool) throws(StoreError) -> any ReadCursor {
    try localCursor(range, reverse: reverse)
  }

  /// Calls `body` with every pair of a range, in key order.
  public func forEach(_ range: KeyRange, _ body: (KeyValue) -> Void) throws(StoreError) {
    let cursor = try localCursor(range, reverse: false)
    while case let pairs = try cursor.next(256), !pairs.isEmpty {
      for pair in pairs { body(pair) }
    }
  }
}

extension LocalReadCursor {
  public func read(_ limit: Int) throws(StoreError) -> ReadAnswer<[KeyValue]> { .ready(try next(limit)) }
}
