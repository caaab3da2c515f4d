import RoostPlatform

/// A commit that is too large for one turn of a loop, encoded in slices by whoever asks for it.
///
/// ## How a bulk commit happens
/// ```
/// asking node                      leader, one at a time in a group                        every replica
/// encode slices ──(a node away: ─► read the keys ─► judge ─► propose slices ─► finish      gather ─► unfold
///  off the loop    windowed parts)                └──────── reserved ────────┘
/// ```
/// 1. The asking task encodes the writes in slices before it comes to the loop; a node away they are sent in parts, of
///    which only so many are under way.
/// 2. The leader reads the keys, a few slices in each turn of its loop, judges them by the ``ConflictWindow`` as it stands
///    then, again in steps, and proposes the slices as entries of their own, so many bytes at a time. From the beginning
///    of the judgement to the end of the proposals what it has read is *reserved*: commits that would change it wait.
/// 3. The last entry, which is small, carries the timestamp: it decides. So a bulk commit has one place in the order of
///    all commits, behind everything that was proposed while its slices were.
/// 4. Every replica keeps the slices as it applies them (``ApplyBacklog``). Once the last entry is decided they are
///    unfolded into versions, one slice in each turn; the state moves on to the timestamp with the last of them, so no view
///    sees a part.
///
/// Other commits go on: their entries go between the slices, and they are judged meanwhile. Reads that have to see the bulk
/// commit, or what was committed after it, wait for the unfolding.
struct BulkRequest: Sendable {
  /// What was read was read as of here.
  var readTimestamp: Timestamp
  /// Read and not written, in order.
  var readKeys: [Key]
  /// In order; none touches the next.
  var readRanges: [KeyRange]
  /// Payloads of log entries; see ``BulkSlice``. In key order, each key once.
  var slices: [[UInt8]]
  /// Keys and values, in bytes.
  var byteCount: Int
  /// Whether it makes room, in the end; see ``CommitRequest/onlyRemoves``.
  var onlyRemoves: Bool

  /// Keys, values and the names of what was read.
  static let maximumBytes = Transaction.maximumBytes + Transaction.maximumReadBytes

  /// What the names of everything read take.
  var readBytes: Int {
    readKeys.reduce(0) { $0 + $1.bytes.count + 32 }
      + readRanges.reduce(0) { $0 + $1.lower.bytes.count + $1.upper.bytes.count + 64 }
  }
}

/// Encodes a bulk commit in steps, so that whoever does it can let others go on in between.
struct BulkEncoder {
  private let limits: BulkLimits
  private let writes: [CommitRequest.Write]
  private var next = 0
  private var result: BulkRequest

  init(_ request: CommitRequest, _ limits: BulkLimits) {
    self.limits = limits
    writes = BulkEncoder.inOrder(request.writes)
    result = BulkRequest(
      readTimestamp: request.readTimestamp, readKeys: BulkEncoder.distinct(request.readKeys.sorted()),
      readRanges: ReadWidening.merged(request.readRanges.filter { !$0.isEmpty }, atMost: .max), slices: [],
      byteCount: request.byteCount, onlyRemoves: request.onlyRemoves)
    result.slices.reserveCapacity(writes.count / limits.sliceWrites + 1)
  }

  private static func distinct(_ keys: [Key]) -> [Key] {
    var distinct: [Key] = []
    distinct.reserveCapacity(keys.count)
    for key in keys where key != distinct.last { distinct.append(key) }
    return distinct
  }

  /// Encodes some slices; returns nil until all of them are.
  mutating func encode(slices count: Int) -> BulkRequest? {
    let enough = result.slices.count + min(count, writes.count)
    while next < writes.count, result.slices.count < enough {
      var end = next
      var bytes = 0
      while end < writes.count, end - next < limits.sliceWrites {
        bytes += writes[end].key.bytes.count + (writes[end].value?.count ?? 0)
        if bytes > limits.sliceBytes, end > next { break }
        end += 1
      }
      result.slices.append(BulkSlice.encode(writes[next..<end], isFirst: next == 0))
      next = end
    }
    return next == writes.count ? result : nil
  }

  /// Transactions come in order; native clients may send anything. Of several writes of a key the last one counts.
  private static func inOrder(_ writes: [CommitRequest.Write]) -> [CommitRequest.Write] {
    guard writes.indices.dropFirst().contains(where: { !(writes[$0 - 1].key < writes[$0].key) }) else { return writes }
    var newest: [Key: CommitRequest.Write] = [:]
    for var write in writes {
      write.isRead = write.isRead || newest[write.key]?.isRead == true
      newest[write.key] = write
    }
    return newest.values.sorted { $0.key < $1.key }
  }
}

extension CommitRequest {
  /// The same as a bulk commit, encoded at once.
  func makeBulk(_ limits: BulkLimits) -> BulkRequest {
    var encoder = BulkEncoder(self, limits)
    guard let request = encoder.encode(slices: .max) else { preconditionFailure("all slices were encoded") }
    return request
  }
}
