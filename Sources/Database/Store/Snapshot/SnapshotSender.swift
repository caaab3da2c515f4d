import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage

/// Streams the state of a group as it was at one applied index: a frozen engine view, cut into chunks, at most a few
/// of them unacknowledged.
///
/// When the connection breaks, the view and the chunks that were not acknowledged are kept for a while: on the next
/// connection the stream goes on where the receiver stopped. Touched on the host's loop only.
final class SnapshotSender: @unchecked Sendable {
  static let chunkBytes = 256 << 10
  /// Chunks under way before an acknowledgement is waited for.
  private static let window: UInt64 = 4
  /// Without an acknowledgement for so long the oldest chunk under way is sent again: the receiver's own connection may
  /// not have been open when it answered.
  static let patience = Duration.seconds(2)
  /// Without an acknowledgement for so long the stream is given up, connected or not; Raft then starts another.
  static let timeLimit = Duration.seconds(20)

  let target: SnapshotTarget
  let stream: UInt64
  private let header: SnapshotHeader
  /// Over what is not sent yet: the versions, and behind them the slices of a bulk commit.
  private var cursors: [any EngineCursor]
  private var nextSequence: UInt64 = 0
  private var acknowledged: UInt64 = 0
  /// Sent and not acknowledged, in order.
  private var unacknowledged: [SnapshotChunk] = []
  /// How many of those have yet to be sent again.
  private var repeats = 0
  private(set) var isDone = false
  /// The connection broke, and there is no other yet.
  private(set) var isSuspended = false
  private(set) var lastProgress: Instant

  init(
    target: SnapshotTarget, stream: UInt64, header: SnapshotHeader, snapshot: any EngineSnapshot, range: KeyRange,
    now: Instant
  ) throws(EngineError) {
    self.target = target
    self.stream = stream
    self.header = header
    lastProgress = now
    cursors = [
      try snapshot.cursor(
        lower: VersionKey.stem(of: range.lower.bytes), upper: VersionKey.stem(of: range.upper.bytes))
    ]
    if header.bulk != nil {
      cursors.append(
        try snapshot.cursor(
          lower: LocalKeys.slice(0, of: target.group), upper: LocalKeys.endOfSlices(of: target.group)))
    }
    for cursor in cursors { cursor.next() }
  }

  /// Everything was sent and acknowledged.
  var isComplete: Bool { isDone && acknowledged == nextSequence }

  /// The term of the leader that sends it.
  var term: Term { header.leaderTerm }

  var oldestUnacknowledged: SnapshotChunk? { unacknowledged.first }

  func suspend() { isSuspended = true }

  /// There is a connection again: what was not acknowledged on the one before is sent once more.
  func resume() {
    isSuspended = false
    repeats = unacknowledged.count
  }

  /// The next chunk, if the window is open.
  func nextChunk() throws(EngineError) -> SnapshotChunk? {
    if isSuspended { return nil }
    if repeats > 0 {
      defer { repeats -= 1 }
      return unacknowledged[unacknowledged.count - repeats]
    }
    guard !isDone, nextSequence < acknowledged + SnapshotSender.window else { return nil }
    var pairs: [(key: [UInt8], value: [UInt8])] = []
    var bytes = 0
    while let cursor = cursors.first, bytes < SnapshotSender.chunkBytes {
      guard cursor.isValid else {
        try cursor.checkStatus()
        cursors.removeFirst()
        continue
      }
      let pair = (key: cursor.key, value: cursor.value)
      bytes += pair.key.count + pair.value.count
      pairs.append(pair)
      cursor.next()
    }
    if cursors.count == 1, !cursors[0].isValid {
      try cursors[0].checkStatus()
      cursors.removeFirst()
    }
    isDone = cursors.isEmpty
    let chunk = SnapshotChunk(
      group: target.group, stream: stream, sequence: nextSequence, header: nextSequence == 0 ? header : nil,
      isLast: isDone, pairs: pairs)
    nextSequence += 1
    unacknowledged.append(chunk)
    return chunk
  }

  func acknowledge(_ sequence: UInt64, now: Instant) {
    guard sequence < nextSequence else { return }
    lastProgress = now
    guard sequence >= acknowledged else { return }
    unacknowledged.removeFirst(Int(sequence + 1 - acknowledged))
    repeats = min(repeats, unacknowledged.count)
    acknowledged = sequence + 1
  }
}
