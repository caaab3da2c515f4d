import RoostBase
import RoostPlatform

/// Takes one stream of chunks: into a file, or, if all of it came in one chunk, into memory. It outlives the connection,
/// so that the stream can go on.
///
/// Touched on the host's loop; the file is touched on the state worker, one job after the other. `@unchecked` relies on
/// that: no field is touched by both.
final class SnapshotReceiver: @unchecked Sendable {
  /// Without a chunk for so long, whatever came so far is thrown away.
  static let timeLimit = SnapshotSender.timeLimit * 2

  let stream: UInt64
  let header: SnapshotHeader
  let fileName: String
  private var nextSequence: UInt64 = 0
  /// How many chunks are stored, and acknowledged as far as anybody knows.
  private var storedCount: UInt64 = 0
  private var lastProgress: Instant
  /// All of the state, if it came in one chunk: then there is no file.
  private(set) var wholeState: [(key: [UInt8], value: [UInt8])]?
  /// Set by the first job, used by the later ones: on the state worker only.
  private var file: SnapshotFile?
  /// On the state worker only.
  private var hasFailed = false

  init(stream: UInt64, header: SnapshotHeader, fileName: String, now: Instant) {
    self.stream = stream
    self.header = header
    self.fileName = fileName
    lastProgress = now
  }

  /// When it is thrown away, unless another chunk comes before.
  var deadline: Instant { lastProgress + SnapshotReceiver.timeLimit }

  /// Whether a chunk has come before, stored or not.
  func hasTaken(_ chunk: SnapshotChunk) -> Bool { chunk.stream == stream && chunk.sequence < nextSequence }

  /// Whether one that was taken is stored.
  func hasStored(_ chunk: SnapshotChunk) -> Bool { chunk.sequence < storedCount }

  /// Takes the next chunk, which has to be stored then, unless it is the ``wholeState``. False if it is not the next one.
  func take(_ chunk: SnapshotChunk, now: Instant) -> Bool {
    guard chunk.stream == stream, chunk.sequence == nextSequence else { return false }
    nextSequence += 1
    lastProgress = now
    if chunk.sequence == 0, chunk.isLast { wholeState = chunk.pairs }
    return true
  }

  func noteStored(_ chunk: SnapshotChunk) { storedCount = chunk.sequence + 1 }

  /// Of all that is stored, which is at least one chunk.
  func acknowledgement(in group: GroupID) -> SnapshotAcknowledgement {
    SnapshotAcknowledgement(group: group, stream: stream, sequence: storedCount - 1, refused: false)
  }

  // MARK: On the state worker

  /// Appends a chunk to the file; the last one makes it durable. False if that failed, now or for an earlier chunk.
  func store(_ chunk: SnapshotChunk, on disk: any Disk) -> Bool {
    guard !hasFailed else { return false }
    do throws(DiskError) {
      if chunk.sequence == 0 { file = try SnapshotFile.create(fileName, on: disk, header: header) }
      try file?.append(chunk.pairs)
      if chunk.isLast { try file?.finish(on: disk) }
      return true
    } catch {
      hasFailed = true
      return false
    }
  }

  /// Removes the file. Chunks that come afterwards are not stored.
  func discardFile(on disk: any Disk) {
    hasFailed = true
    file?.discard()
    SnapshotFile.remove(fileName, from: disk)
  }
}
