import RoostPlatform
import RoostRaft
import RoostStorage
import Testing

/// A log is bounded in bytes, whoever wrote them.
@Suite struct LogLimitTests {
  private let busy = GroupID(1)
  private let quiet = GroupID(9)

  private func filled(_ disk: FaultyDisk, entries: ClosedRange<UInt64> = 1...200) throws -> LogStore {
    let store = try LogStore(disk: disk, directory: "log", options: smallSegments)
    try store.write([LogWrite(group: quiet, entries: [entry(1)])])
    for index in entries {
      try store.write([LogWrite(group: busy, entries: [entry(index, bytes: 500)])])
      try store.sync()
    }
    return store
  }

  private func points(_ store: LogStore, _ limit: LogLimit) -> [LogIndex] {
    store.compactionPoints(of: [busy, quiet], limit)
  }

  @Test func entriesAndBytesOfAGroupBoundIt() throws {
    let store = try filled(FaultyDisk())
    let unbounded = 1 << 30
    #expect(points(store, LogLimit(entries: 1000, bytes: unbounded, totalBytes: unbounded)) == [.zero, .zero])
    #expect(points(store, LogLimit(entries: 20, bytes: unbounded, totalBytes: unbounded)) == [LogIndex(180), .zero])
    // A record has 48 bytes of its own, and is padded.
    let size = 552
    #expect(points(store, LogLimit(entries: 1000, bytes: 50 * size, totalBytes: unbounded)) == [LogIndex(150), .zero])
    #expect(
      points(store, LogLimit(entries: 1000, bytes: 50 * size + 1, totalBytes: unbounded)) == [LogIndex(150), .zero])
    #expect(points(store, LogLimit(entries: 1000, bytes: 0, totalBytes: unbounded)) == [LogIndex(200), LogIndex(1)])
    #expect(store.compactionPoints(of: [GroupID(77)], LogLimit(entries: 1, totalBytes: 1)) == [.zero])
  }

  /// The first segment has an entry of a group that writes nothing more: it must not keep everything since.
  @Test func aQuietGroupKeepsNoOlderSegmentThanTheLimitOfAllAllows() throws {
    let disk = FaultyDisk()
    let store = try filled(disk)
    let limit = LogLimit(entries: 1000, bytes: 1 << 30, totalBytes: 20_000)
    #expect(store.keptBytes > 100_000)
    let found = points(store, limit)
    #expect(found[0] > LogIndex(150) && found[0] < LogIndex(200) && found[1] == LogIndex(1))
    for (group, index) in zip([busy, quiet], found) {
      try store.write([LogWrite(group: group, snapshot: SnapshotMetadata(index: index, term: Term(1)))])
      try store.sync()
      store.release(group, through: index)
    }
    try store.reclaim()
    #expect(store.keptBytes <= limit.totalBytes + 4096 && disk.totalBytes < 40_000)
    store.close()
    let again = try LogStore(disk: disk, directory: "log", options: smallSegments)
    #expect(again.keptBytes <= limit.totalBytes + 4096, "recovery counts alike")
    #expect(points(again, limit)[0] >= found[0])
    #expect(try again.entries(of: busy, from: found[0].next, through: LogIndex(200), maxBytes: .max).count > 0)
  }

  @Test(arguments: [(64 << 20, 1 << 20), (400 << 20, 6 << 20), (1 << 30, 16 << 20), (1 << 40, 16 << 20)])
  func segmentsSuitTheDisk(_ capacity: Int, _ most: Int) {
    let options = LogOptions(diskCapacity: capacity)
    #expect(options.segmentBytes <= most + (1 << 19) && options.segmentBytes >= most / 2)
    #expect(options.firstSegmentBytes <= options.segmentBytes && options.preparationBytes <= options.segmentBytes)
  }
}
