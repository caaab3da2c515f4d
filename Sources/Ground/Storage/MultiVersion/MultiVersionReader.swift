/// Reads versioned data in one frozen view of the engine. Cheap to make; used by one thread at a time.
///
///     let reader = MultiVersionReader(engine.snapshot())
///     let value = try reader.get(key, at: timestamp)
public final class MultiVersionReader {
  public let snapshot: any EngineSnapshot
  /// Serves every point read.
  private var pointCursor: (any EngineCursor)?

  public init(_ snapshot: any EngineSnapshot) { self.snapshot = snapshot }

  deinit { if let pointCursor { snapshot.giveBack(pointCursor) } }

  /// A version of a key: a value, or nil where the key was deleted.
  public struct Version: Hashable, Sendable {
    public var timestamp: UInt64
    public var value: [UInt8]?
  }

  /// The value that `key` has at `timestamp`; nil if it has none, or was deleted.
  public func get(_ key: [UInt8], at timestamp: UInt64) throws(EngineError) -> [UInt8]? {
    try version(of: key, at: timestamp)?.value
  }

  /// The newest version of `key` at or before `timestamp`.
  public func version(of key: [UInt8], at timestamp: UInt64) throws(EngineError) -> Version? {
    let cursor = try points()
    guard let found = try seek(cursor, key, at: timestamp) else { return nil }
    var value: VersionValue.Decoded?
    cursor.withValue { value = VersionValue.decode($0) }
    switch value {
    case .value(let bytes): return Version(timestamp: found, value: bytes)
    case .tombstone: return Version(timestamp: found, value: nil)
    case nil: throw EngineError("the value of a version is malformed; its key is \(key)", kind: .corruption)
    }
  }

  /// The timestamp of the newest version of `key`, a deletion included; nil if it never had one.
  public func newestTimestamp(of key: [UInt8]) throws(EngineError) -> UInt64? {
    try seek(points(), key, at: .max)
  }

  /// The newest timestamp above `limit` of any version of the keys from `lower` (included) to `upper` (excluded),
  /// deletions included; nil if there is none. Visits every key of the range.
  public func newestTimestamp(
    from lower: [UInt8], to upper: [UInt8], above limit: UInt64
  ) throws(EngineError) -> UInt64? {
    var newest: UInt64?
    var walker = try walker(from: lower, to: upper)
    while try walker.load() {
      if walker.timestamp > newest ?? limit { newest = walker.timestamp }
      walker.leaveForward()
    }
    return newest
  }

  /// Whether any key from `lower` (included) to `upper` (excluded) has a version newer than `limit`, deletions
  /// included: the conflict check. Stops at the first one.
  public func hasVersion(from lower: [UInt8], to upper: [UInt8], newerThan limit: UInt64) throws(EngineError) -> Bool {
    var walker = try walker(from: lower, to: upper)
    while try walker.load() {
      if walker.timestamp > limit { return true }
      walker.leaveForward()
    }
    return false
  }

  /// A cursor over the values that the keys from `lower` (included) to `upper` (excluded) have at `timestamp`.
  public func cursor(
    from lower: [UInt8], to upper: [UInt8], at timestamp: UInt64, direction: MultiVersionCursor.Direction = .forward
  ) throws(EngineError) -> MultiVersionCursor {
    MultiVersionCursor(
      try snapshot.cursor(lower: VersionKey.stem(of: lower), upper: VersionKey.stem(of: upper)),
      timestamp: timestamp, direction: direction)
  }

  /// A walker on the first key of the range; the first version it meets of each key is the newest.
  private func walker(from lower: [UInt8], to upper: [UInt8]) throws(EngineError) -> VersionWalker {
    let cursor = try snapshot.cursor(lower: VersionKey.stem(of: lower), upper: VersionKey.stem(of: upper))
    cursor.next()
    return VersionWalker(cursor)
  }

  private func points() throws(EngineError) -> any EngineCursor {
    if let pointCursor { return pointCursor }
    let cursor = try snapshot.takePointCursor()
    pointCursor = cursor
    return cursor
  }

  /// Lands on the newest version of `key` at or before `timestamp`. Returns its timestamp; nil if there is none.
  private func seek(_ cursor: any EngineCursor, _ key: [UInt8], at timestamp: UInt64) throws(EngineError) -> UInt64? {
    let target = VersionKey.encode(key, at: timestamp)
    // A stem ends with 01.
    cursor.seek(target, withinPrefix: target.count - VersionKey.timestampBytes)
    guard cursor.isValid else {
      try cursor.checkStatus()
      return nil
    }
    var found: UInt64?
    cursor.withKey { bytes in
      guard bytes.count == target.count else { return }
      let isSameKey = target.withUnsafeBytes {
        ByteOrder.compare(
          UnsafeRawBufferPointer(rebasing: $0.dropLast(VersionKey.timestampBytes)),
          UnsafeRawBufferPointer(rebasing: bytes.dropLast(VersionKey.timestampBytes))) == 0
      }
      if isSameKey { found = VersionKey.timestamp(of: bytes) }
    }
    return found
  }
}
