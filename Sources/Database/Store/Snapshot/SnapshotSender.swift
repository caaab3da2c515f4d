import RoostPlatform
import RoostRaft
import RoostStorage

/// Streams the state of a group as it was at one applied index: a frozen engine view, cut into chunks, at most a few
/// of them unacknowledged. Touched on the host's loop only.
final class SnapshotSender: @unchecked Sendable {
  static let chunkBytes = 256 << 10
  /// Chunks under way before an acknowledgement is waited for.
  private static let window: UInt64 = 4
  /// Without an acknowledgement for so long the stream is given up; Raft then starts another.
  static let timeLimit = Duration.seconds(10)

  let target: SnapshotTarget
  let stream: UInt64
  private let header: SnapshotHeader
  private let cursor: any EngineCursor
  private var nextSequence: UInt64 = 0
  private var acknowledged: UInt64 = 0
  private(set) var isDone = false
  private(set) var lastProgress: Instant

  init(
    target: SnapshotTarget, stream: UInt64, header: SnapshotHeader, snapshot: any EngineSnapshot, range: KeyRange,
    now: Instant
  ) throws(EngineError) {
    self.target = target
    self.stream = stream
    self.header = header
    lastProgress = now
    cursor = try snapshot.cursor(
      lower: VersionKey.stem(of: range.lower.bytes), upper: VersionKey.stem(of: range.upper.bytes))
    cursor.next()
  }

  /// Everything was sent and acknowledged.
  var isComplete: Bool { isDone && acknowledged == nextSequence }

  /// The next chunk, if the window is open.
  func nextChunk() throws(EngineError) -> SnapshotChunk? {
    guard !isDone, nextSequence < acknowledged + SnapshotSender.window else { return nil }
    var pairs: [(key: [UInt8], value: [UInt8])] = []
    var bytes = 0
    while cursor.isValid, bytes < SnapshotSender.chunkBytes {
      let pair = (key: cursor.key, value: cursor.value)
      bytes += pair.key.count + pair.value.count
      pairs.append(pair)
      cursor.next()
    }
    try cursor.checkStatus()
    isDone = !cursor.isValid
    defer { nextSequence += 1 }
    return SnapshotChunk(
      group: target.group, stream: stream, sequence: nextSequence, header: nextSequence == 0 ? header : nil,
      isLast: isDone, pairs: pairs)
  }

  func acknowledge(_ sequence: UInt64, now: Instant) {
    guard sequence < nextSequence else { return }
    acknowledged = max(acknowledged, sequence + 1)
    lastProgress = now
  }
}
