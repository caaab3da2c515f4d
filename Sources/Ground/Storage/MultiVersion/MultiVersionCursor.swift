/// Walks the values of a key range as they are at one timestamp, in either direction: skips versions that are newer,
/// keys that have none, and deleted ones. Used by one thread at a time.
public final class MultiVersionCursor {
  public enum Direction: Sendable {
    case forward
    case reverse
  }

  private var walker: VersionWalker
  private let timestamp: UInt64
  private let direction: Direction

  init(_ cursor: any EngineCursor, timestamp: UInt64, direction: Direction) {
    self.timestamp = timestamp
    self.direction = direction
    switch direction {
    case .forward: cursor.next()
    case .reverse: cursor.previous()
    }
    walker = VersionWalker(cursor)
  }

  /// The next pairs in the cursor's direction: at most `limit`, and no more after the one that makes `maxBytes` of keys
  /// and values full. An empty answer means that the range is exhausted.
  public func next(limit: Int, maxBytes: Int = .max) throws(EngineError) -> [(key: [UInt8], value: [UInt8])] {
    var pairs: [(key: [UInt8], value: [UInt8])] = []
    var bytes = 0
    while pairs.count < limit, bytes < maxBytes, let pair = try next() {
      bytes += pair.key.count + pair.value.count
      pairs.append(pair)
    }
    return pairs
  }

  /// The next pair in the cursor's direction; nil at the end.
  public func next() throws(EngineError) -> (key: [UInt8], value: [UInt8])? {
    while try walker.load() {
      let found: VersionValue.Decoded?
      switch direction {
      case .forward:
        guard walker.advance(toVersionAt: timestamp) else { continue }
        found = try walker.value()
        walker.leaveForward()
      case .reverse:
        found = try walker.takeBackward(at: timestamp)
      }
      if case .value(let value) = found { return (try walker.key(), value) }
    }
    return nil
  }
}
