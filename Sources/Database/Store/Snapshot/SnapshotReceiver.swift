import RoostBase
import RoostPlatform

/// Takes one stream of chunks: into a file, or, if all of it came in one chunk, into memory. It outlives the connection,
/// so that the stream can go on. Touched on the host's loop; the file is touched on the state worker, one job after the
/// other.
final class SnapshotReceiver: @unchecked Sendable {
  /// Without a chunk for so long, whatever came so far is thrown away.
  static let timeLimit = SnapshotSender.timeLimit * 2

  let stream: UInt64
  let header: SnapshotHeader
  let fileName: String
  var nextSequence: UInt64 = 0
  /// How many chunks are stored, and acknowledged as far as anybody knows.
  var storedCount: UInt64 = 0
  var lastProgress: Instant
  /// All of the state, if it came in one chunk: then there is no file.
  var wholeState: [(key: [UInt8], value: [UInt8])]?
  /// Set by the first job, used by the later ones: on the state worker only.
  var file: SnapshotFile?
  var hasFailed = false

  init(stream: UInt64, header: SnapshotHeader, fileName: String, now: Instant) {
    self.stream = stream
    self.header = header
    self.fileName = fileName
    lastProgress = now
  }
}
