import RoostPlatform
import RoostRaft

/// Takes one stream of chunks into a file. Touched on the host's loop; the file is touched on the state worker, one job
/// after the other.
final class SnapshotReceiver: @unchecked Sendable {
  let stream: UInt64
  let header: SnapshotHeader
  let fileName: String
  var nextSequence: UInt64 = 0
  /// Set by the first job, used by the later ones: on the state worker only.
  var file: SnapshotFile?
  var hasFailed = false

  init(stream: UInt64, header: SnapshotHeader, fileName: String) {
    self.stream = stream
    self.header = header
    self.fileName = fileName
  }
}
