import RoostPlatform

/// From which size on a commit is a bulk commit, and what of one is done at a time.
public struct BulkLimits: Sendable {
  /// A commit of more writes is a bulk commit, and so is one of several writes and more bytes.
  public var writes = 1024
  public var bytes = 256 << 10
  /// What a slice has at most; one write is a slice whatever its size.
  public var sliceWrites = 256
  public var sliceBytes = 64 << 10
  /// Bytes of slices that are proposed and not yet committed, or sent and not yet acknowledged.
  public var bytesInFlight = 256 << 10
  /// Bulk commits of a partition that wait for their turn; further ones are refused.
  public var queued = 16
  /// Bytes of bulk commits that arrive from other nodes at a time.
  public var incomingBytes = 128 << 20

  public init() {}

  /// The cluster's own records are announced as they are applied, so their commits come whole; they are small.
  func isBulk(_ request: CommitRequest, in group: GroupID) -> Bool {
    guard request.writes.count > 1, group != .system else { return false }
    if request.writes.count > writes { return true }
    var written = 0
    for write in request.writes { written += write.key.bytes.count + (write.value?.count ?? 0) }
    return written > bytes
  }
}
