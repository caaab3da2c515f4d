/// Walks engine pairs as versions: knows the stem and timestamp it stands on, and tells whether a step left the key.
///
/// Versions of one key lie together, newest first. Passing many of them one by one would make a scan as slow as the
/// history is long, so after a few steps the walker seeks.
struct VersionWalker {
  /// Steps taken before a seek is worth its price (a seek costs about as much as this many steps).
  private static let stepLimit = 6

  let cursor: any EngineCursor
  /// The stem of the key last loaded.
  private(set) var stem: [UInt8] = []
  /// The timestamp of the version it stands on, as of the last `load` or `isOnSameKey`.
  private(set) var timestamp: UInt64 = 0

  init(_ cursor: any EngineCursor) { self.cursor = cursor }

  /// Takes up the key it stands on. Returns false at the end.
  mutating func load() throws(EngineError) -> Bool {
    guard cursor.isValid else {
      try cursor.checkStatus()
      return false
    }
    var stem = self.stem
    var found: UInt64?
    self.stem = []
    cursor.withKey { bytes in
      found = VersionKey.timestamp(of: bytes)
      stem.removeAll(keepingCapacity: true)
      stem.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes.dropLast(VersionKey.timestampBytes)))
    }
    self.stem = stem
    guard let found else {
      throw EngineError("an engine key among the versions has no timestamp: \(stem)", kind: .corruption)
    }
    timestamp = found
    return true
  }

  /// Whether it still stands on a version of the loaded key; updates `timestamp` if so.
  mutating func isOnSameKey() -> Bool {
    guard cursor.isValid else { return false }
    var found: UInt64?
    let stem = self.stem
    cursor.withKey { bytes in
      guard bytes.count == stem.count + VersionKey.timestampBytes else { return }
      let head = UnsafeRawBufferPointer(rebasing: bytes[..<stem.count])
      if stem.withUnsafeBytes({ ByteOrder.compare($0, head) == 0 }) { found = VersionKey.timestamp(of: bytes) }
    }
    guard let found else { return false }
    timestamp = found
    return true
  }

  /// Moves forward to the newest version at or before `limit`. Returns false when the key has none; then it stands on
  /// a later key or at the end.
  mutating func advance(toVersionAt limit: UInt64) -> Bool {
    var steps = 0
    while isOnSameKey() {
      if timestamp <= limit { return true }
      steps += 1
      if steps < VersionWalker.stepLimit { cursor.next() } else { seek(toVersionAt: limit) }
    }
    return false
  }

  /// Lands on the newest version of the loaded key at or before `limit`, or on what follows it.
  mutating func seek(toVersionAt limit: UInt64) {
    var target = stem
    VersionKey.appendTimestamp(limit, to: &target)
    cursor.seek(target)
  }

  /// Moves forward to the next key.
  mutating func leaveForward() {
    var steps = 0
    while isOnSameKey() {
      steps += 1
      if steps < VersionWalker.stepLimit {
        cursor.next()
      } else {
        var target = stem
        VersionKey.makeSuccessor(ofStem: &target)
        cursor.seek(target)
      }
    }
  }

  /// Moves back to the previous key's oldest version.
  mutating func leaveBackward() {
    var steps = 0
    while isOnSameKey() {
      steps += 1
      if steps < VersionWalker.stepLimit { cursor.previous() } else { cursor.seekForPrevious(stem) }
    }
  }

  /// The newest version at or before `limit`, coming from the key's oldest one; then stands on the previous key.
  mutating func takeBackward(at limit: UInt64) throws(EngineError) -> VersionValue.Decoded? {
    var found: VersionValue.Decoded?
    var steps = 0
    while isOnSameKey(), timestamp <= limit {
      steps += 1
      if steps == VersionWalker.stepLimit { seek(toVersionAt: limit) }
      found = try value()
      if steps == VersionWalker.stepLimit { break }
      cursor.previous()
    }
    leaveBackward()
    return found
  }

  func value() throws(EngineError) -> VersionValue.Decoded {
    var decoded: VersionValue.Decoded?
    cursor.withValue { decoded = VersionValue.decode($0) }
    guard let decoded else {
      throw EngineError("the value of a version is malformed; its stem is \(stem)", kind: .corruption)
    }
    return decoded
  }

  func key() throws(EngineError) -> [UInt8] {
    guard let key = stem.withUnsafeBytes({ VersionKey.key(ofStem: $0) }) else {
      throw EngineError("an engine key among the versions is malformed: \(stem)", kind: .corruption)
    }
    return key
  }
}
