import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage
import Synchronization
import Testing

/// Runs nothing by itself: a test decides when the next piece of work happens.
private final class ManualWorker: BlockingWorker {
  private let waiting = Mutex<[@Sendable () -> Void]>([])

  func submit(_ work: @escaping @Sendable () -> Void) { waiting.withLock { $0.append(work) } }

  var count: Int { waiting.withLock { $0.count } }

  /// Runs the oldest piece; false if there is none.
  @discardableResult
  func step() -> Bool {
    guard let work = waiting.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { return false }
    work()
    return true
  }

  func drain() { while step() {} }
}

/// Runs work at once and counts how often it was handed some.
private final class CountingLoop: Loop {
  private let executions = Mutex(0)

  var count: Int { executions.withLock { $0 } }
  var now: Instant { .origin }
  var isCurrent: Bool { true }

  func execute(_ work: @escaping @Sendable () -> Void) {
    executions.withLock { $0 += 1 }
    work()
  }

  @discardableResult
  func schedule(at deadline: Instant, _ work: @escaping @Sendable () -> Void) -> any LoopTimer { NoTimer() }

  private final class NoTimer: LoopTimer { func cancel() {} }
}

/// What happened, in order.
private final class Record: Sendable {
  private let events = Mutex<[String]>([])
  func note(_ event: String) { events.withLock { $0.append(event) } }
  var all: [String] { events.withLock { $0 } }
}

@Suite struct LogWriterTests {
  private let disk = FaultyDisk()
  private let worker = ManualWorker()
  private let record = Record()
  private let ticks = Counter()

  private final class Counter: Sendable {
    private let value = Mutex<Int64>(0)
    func next() -> Instant {
      value.withLock {
        $0 += 1; return Instant(nanoseconds: $0 * 1000)
      }
    }
  }

  private func makeWriter(_ options: LogOptions = smallSegments) throws -> LogWriter {
    LogWriter(
      store: try LogStore(disk: disk, directory: "log", options: options), worker: worker,
      clock: { [ticks] in ticks.next() }, onFailure: { [record] in record.note("failure, fatal: \($0.isFatal)") })
  }

  private func append(_ writer: LogWriter, _ index: UInt64, on loop: any Loop, bytes: Int = 20) {
    writer.append([LogWrite(group: GroupID(1), entries: [entry(index, bytes: bytes)])], on: loop) { [record] in
      record.note("durable \(index)")
    }
  }

  @Test func whatWaitsGoesInOneBatchWithOneCallPerLoop() throws {
    let writer = try makeWriter()
    let (first, second) = (CountingLoop(), CountingLoop())
    append(writer, 1, on: first)
    append(writer, 2, on: second)
    append(writer, 3, on: first)
    #expect(worker.count == 1)
    let before = disk.faults.withLock { ($0.writes, $0.syncs) }
    worker.step()
    #expect(record.all.isEmpty, "written is not durable")
    append(writer, 4, on: first)
    worker.step()
    #expect(record.all == ["durable 1", "durable 3", "durable 2"])
    #expect((first.count, second.count) == (1, 1))
    worker.drain()
    #expect(record.all.last == "durable 4")
    let after = disk.faults.withLock { ($0.writes, $0.syncs) }
    #expect((after.0 - before.0, after.1 - before.1) == (2, 2))
    let status = writer.status
    #expect((status.batches, status.entries, status.syncs) == (2, 4, 2))
    #expect(status.bytes > 4 * 68)
    #expect(status.lastSyncLatency == .microseconds(1))
    #expect(writer.lastSyncCompleted == status.lastSyncCompleted && status.lastSyncCompleted != nil)
  }

  @Test func aWriteWithoutContentKeepsItsPlace() throws {
    let writer = try makeWriter()
    let loop = CountingLoop()
    append(writer, 1, on: loop)
    writer.append([], on: loop) { [record] in record.note("empty") }
    writer.append([LogWrite(group: GroupID(7))], on: loop) { [record] in record.note("nothing") }
    append(writer, 2, on: loop)
    worker.drain()
    writer.append([], on: loop) { [record] in record.note("last") }
    worker.drain()
    #expect(record.all == ["durable 1", "empty", "nothing", "durable 2", "last"])
    #expect(
      try LogStore(disk: disk, directory: "log", options: smallSegments).recoveredGroups.map(\.group) == [GroupID(1)])
  }

  @Test func aCrashBetweenWriteAndSyncAcknowledgesNothing() throws {
    let writer = try makeWriter()
    append(writer, 1, on: CountingLoop())
    worker.step()
    var generator = SeededGenerator(seed: 3)
    disk.crash(&generator)
    #expect(record.all.isEmpty)
    let recovered = try LogStore(disk: disk, directory: "log", options: smallSegments).recoveredGroups
    #expect(recovered.isEmpty || recovered.first?.lastIndex == LogIndex(1))
  }

  /// Whoever uses up the descriptors must not end the node: the next segment is opened later.
  @Test(arguments: 0...3) func withoutDescriptorsTheLogWaits(_ left: Int) throws {
    let writer = try makeWriter()
    let loop = CountingLoop()
    append(writer, 1, on: loop)
    worker.drain()
    disk.faults.withLock { $0.descriptors = left }
    for index in 2...60 as ClosedRange<UInt64> {
      append(writer, index, on: loop, bytes: 500)
      worker.drain()
    }
    #expect(record.all.contains("failure, fatal: false"))
    #expect(!record.all.contains("durable 60"))
    #expect(!writer.status.hasFailed && !writer.status.isDiskFull)
    #expect(writer.health.pendingSince != nil)
    disk.faults.withLock { $0.descriptors = .max }
    writer.retry()
    worker.drain()
    #expect(!record.all.contains("failure, fatal: true"))
    #expect(record.all.filter { $0.hasPrefix("durable") } == (1...60).map { "durable \($0)" })
    let found = try LogStore(disk: disk, directory: "log", options: smallSegments).recoveredGroups
    #expect(found.first?.lastIndex == LogIndex(60))
    let blame = LogError.outOfDescriptors(DiskError(operation: .open, path: "log", code: 24, reason: "too many"))
    #expect(blame.description.contains("descriptors") && !blame.description.contains("disk failed"))
  }

  @Test func aFullDiskKeepsTheOrderAndIsTriedAgain() throws {
    let writer = try makeWriter()
    let loop = CountingLoop()
    disk.faults.withLock { $0.nextWrite = (30, 28) }
    append(writer, 1, on: loop)
    append(writer, 2, on: loop)
    worker.drain()
    #expect(record.all == ["failure, fatal: false"])
    #expect(writer.status.isDiskFull && !writer.status.hasFailed)
    writer.retry()
    worker.drain()
    #expect(record.all == ["failure, fatal: false", "durable 1", "durable 2"])
    #expect(!writer.status.isDiskFull)
    disk.faults.withLock { $0.nextWrite = (0, 28) }
    append(writer, 3, on: loop)
    worker.drain()
    append(writer, 4, on: loop)
    worker.drain()
    #expect(record.all.suffix(3) == ["failure, fatal: false", "durable 3", "durable 4"])
  }

  @Test func afterAFailedSyncNothingIsAcknowledged() throws {
    let writer = try makeWriter()
    let loop = CountingLoop()
    append(writer, 1, on: loop)
    worker.step()
    disk.faults.withLock { $0.failsSync = true }
    append(writer, 2, on: loop)
    worker.drain()
    disk.faults.withLock { $0.failsSync = false }
    append(writer, 3, on: loop)
    writer.retry()
    writer.release(GroupID(1), through: LogIndex(1))
    worker.drain()
    #expect(record.all == ["failure, fatal: true"])
    #expect(writer.status.hasFailed)
  }

  @Test func segmentsAreDroppedAndReadsAnswered() throws {
    let writer = try makeWriter()
    let loop = CountingLoop()
    for index in 1...100 as ClosedRange<UInt64> {
      append(writer, index, on: loop, bytes: 200)
      worker.drain()
    }
    let before = disk.paths.count
    let snapshot = SnapshotMetadata(index: LogIndex(95), term: Term(1))
    writer.append([LogWrite(group: GroupID(1), snapshot: snapshot)], on: loop) {}
    worker.drain()
    writer.release(GroupID(1), through: LogIndex(95))
    worker.drain()
    #expect(disk.paths.count < before)
    for (from, expected) in [(96, "96 97 98 99 100"), (95, "compacted")] as [(UInt64, String)] {
      writer.readEntries(
        of: GroupID(1), from: LogIndex(from), through: LogIndex(100), maxBytes: .max, on: loop
      ) { [record] result in
        switch result {
        case .success(let entries): record.note(entries.map(\.index.description).joined(separator: " "))
        case .failure(.compacted): record.note("compacted")
        case .failure: record.note("failed")
        }
      }
      worker.drain()
      #expect(record.all.last == expected)
    }
  }

  @Test func aBatchIsBounded() throws {
    let writer = try makeWriter(LogOptions(segmentBytes: 1 << 20))
    let loop = CountingLoop()
    for index in 1...5 as ClosedRange<UInt64> { append(writer, index, on: loop, bytes: 3 << 20) }
    worker.drain()
    #expect(writer.status.batches == 2)
    #expect(record.all == (1...5).map { "durable \($0)" })
  }

  @Test func healthTellsSinceWhenTheOldestAppendWaits() throws {
    let writer = try makeWriter()
    let loop = CountingLoop()
    #expect(writer.health == LogHealth())
    append(writer, 1, on: loop)
    let first = try #require(writer.health.pendingSince)
    append(writer, 2, on: loop)
    #expect(writer.health.pendingSince == first, "the oldest counts")
    worker.step()
    append(writer, 3, on: loop)
    #expect(writer.health.pendingSince == first, "written is not durable: the sync may hang")
    worker.step()
    let third = try #require(writer.health.pendingSince)
    #expect(third > first)
    #expect(writer.health.pendingTime(at: third + .seconds(2)) == .seconds(2))
    worker.drain()
    #expect(writer.health.pendingSince == nil)
    disk.faults.withLock { $0.nextWrite = (0, 28) }
    append(writer, 4, on: loop)
    worker.drain()
    #expect(writer.health.isDiskFull && writer.health.pendingSince != nil)
    writer.retry()
    worker.drain()
    #expect(writer.health == LogHealth())
    append(writer, 5, on: loop)
    disk.faults.withLock { $0.failsSync = true }
    worker.drain()
    #expect(writer.health.hasFailed)
  }

  @Test func theDurableBatchNeverGoesBack() throws {
    let writer = try makeWriter()
    let loop = CountingLoop()
    #expect(writer.store.lastDurableBatch == 0)
    append(writer, 1, on: loop)
    worker.step()
    #expect(writer.store.lastDurableBatch == 0, "written is not durable")
    worker.step()
    #expect(writer.store.lastDurableBatch == 1)
    append(writer, 2, on: loop)
    worker.step()
    var generator = SeededGenerator(seed: 1)
    disk.crash(&generator)
    let again = try LogStore(disk: disk, directory: "log", options: smallSegments)
    #expect(again.lastDurableBatch >= 1)
    let found = again.lastDurableBatch
    disk.crash(&generator)
    #expect(try LogStore(disk: disk, directory: "log", options: smallSegments).lastDurableBatch == found)
  }
}
