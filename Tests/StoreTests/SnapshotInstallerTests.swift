import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage
import Testing

@testable import RoostStore

@Suite("Installing snapshots")
struct SnapshotInstallerTests {
  /// Counts flushes, and fails when a test says so. For one thread.
  private final class ScriptedEngine: Engine, @unchecked Sendable {
    let engine = MemoryEngine()
    var failure: EngineError?
    private(set) var flushes = 0

    func get(_ key: [UInt8]) throws(EngineError) -> [UInt8]? { try engine.get(key) }
    func write(_ batch: EngineBatch) throws(EngineError) {
      if let failure { throw failure }
      try engine.write(batch)
    }
    func snapshot() -> any EngineSnapshot { engine.snapshot() }
    func flush() throws(EngineError) {
      flushes += 1
      try engine.flush()
    }
    func forget(before timestamp: UInt64) { engine.forget(before: timestamp) }
    func reclaim(within room: Int) throws(EngineError) { try engine.reclaim(within: room) }
    var position: UInt64 { engine.position }
    var oldestViewPosition: UInt64? { engine.oldestViewPosition }
    func close() {}
  }

  private final class Bench: @unchecked Sendable {
    let loop = ManualLoop()
    let engine = ScriptedEngine()
    let disk = MemoryDisk()
    let worker = ManualWorker()
    let installer: SnapshotInstaller
    var done: [String] = []

    init() { installer = SnapshotInstaller(loop: loop, engine: engine, disk: disk, worker: worker) }

    /// A snapshot of a group whose keys begin with its number, with one pair in each chunk.
    func received(_ group: UInt8, chunks: UInt64) -> SnapshotReceiver {
      let header = SnapshotHeader(
        metadata: SnapshotMetadata(index: LogIndex(9), term: Term(2)), timestamp: Timestamp(7), leaderTerm: Term(3))
      let received = SnapshotReceiver(stream: 1, header: header, fileName: "\(group)", now: .origin)
      for sequence in 0..<chunks {
        let pair = (key: VersionKey.encode([group, UInt8(sequence)], at: 7), value: [UInt8(sequence)])
        let chunk = SnapshotChunk(
          group: GroupID(UInt64(group)), stream: 1, sequence: sequence, header: sequence == 0 ? header : nil,
          isLast: sequence + 1 == chunks, pairs: [pair])
        #expect(received.take(chunk, now: .origin))
        if received.wholeState == nil { #expect(received.store(chunk, on: disk)) }
      }
      return received
    }

    @discardableResult
    func install(_ group: UInt8, chunks: UInt64 = 1) -> SnapshotReceiver {
      let received = received(group, chunks: chunks)
      installer.install(
        SnapshotInstallation(
          group: GroupID(UInt64(group)), range: KeyRange(Key([group]), Key([group + 1])), replaced: GroupState(),
          received: received
        ) { [unowned self] result in
          switch result {
          case .success(let outcome): done.append("\(group) at \(outcome.state.applied)")
          case .failure(let error): done.append("\(group): \(error)")
          }
        })
      return received
    }

    /// Lets the worker do what it has, and the loop hear of it.
    func settle() {
      worker.drain()
      loop.run(for: .zero)
    }

    func state(of group: UInt8) throws -> GroupState {
      let bytes = try #require(try engine.get(LocalKeys.groupState(GroupID(UInt64(group)))))
      return try GroupState(decoding: bytes)
    }

    /// The value of a version of a key at 7.
    func value(of key: [UInt8]) throws -> [UInt8]? { try engine.get(VersionKey.encode(key, at: 7)) }
  }

  @Test("small states that come while others are flushed share the next flush")
  func sharedFlush() throws {
    let bench = Bench()
    for group: UInt8 in 2...4 { bench.install(group) }
    #expect(bench.worker.count == 1)
    bench.settle()
    #expect(bench.done == ["2 at 9"] && bench.engine.flushes == 1)
    bench.settle()
    #expect(bench.done == ["2 at 9", "3 at 9", "4 at 9"] && bench.engine.flushes == 2)
    #expect(try bench.state(of: 4).applied == LogIndex(9))
    #expect(try bench.value(of: [4, 0]) == [0])
  }

  @Test("a state takes the place of what was there", arguments: [1, 3] as [UInt64])
  func replacement(chunks: UInt64) throws {
    let bench = Bench()
    var batch = EngineBatch()
    batch.putVersion([2, 200], at: 7, [1])
    batch.putVersion([3, 200], at: 7, [1])
    try bench.engine.write(batch)
    let received = bench.install(2, chunks: chunks)
    bench.settle()
    #expect(bench.done == ["2 at 9"])
    #expect(try bench.value(of: [2, 200]) == nil)
    #expect(try bench.value(of: [3, 200]) != nil, "another group's")
    for number in 0..<chunks { #expect(try bench.value(of: [2, UInt8(number)]) == [UInt8(number)]) }
    #expect(try bench.state(of: 2).installing.isEmpty)
    #expect(bench.disk.paths == (chunks == 1 ? [] : ["snapshots/2"]), "the log has no marker yet")
    bench.installer.removeFile(of: received)
    bench.settle()
    #expect(bench.disk.paths.isEmpty)
  }

  @Test("what finds no room is tried again every half second", arguments: [1, 3] as [UInt64])
  func noRoom(chunks: UInt64) throws {
    let bench = Bench()
    bench.engine.failure = EngineError("no room", kind: .noSpace)
    bench.install(2, chunks: chunks)
    bench.settle()
    bench.loop.run(for: .milliseconds(499))
    #expect(bench.worker.count == 0)
    bench.loop.run(for: .milliseconds(1))
    #expect(bench.worker.count == 1)
    bench.settle()
    #expect(bench.done.isEmpty)
    bench.engine.failure = nil
    bench.loop.run(for: .milliseconds(500))
    bench.settle()
    #expect(bench.done == ["2 at 9"])
  }

  @Test("whatever else goes wrong is told", arguments: [1, 3] as [UInt64])
  func failure(chunks: UInt64) throws {
    let bench = Bench()
    bench.engine.failure = EngineError("broken")
    bench.install(2, chunks: chunks)
    bench.settle()
    #expect(bench.done == ["2: broken"])
  }

  @Test("once stopped it completes nothing", arguments: [1, 3] as [UInt64])
  func stopping(chunks: UInt64) throws {
    let bench = Bench()
    bench.install(2, chunks: chunks)
    bench.install(3, chunks: chunks)
    bench.installer.stop()
    bench.settle()
    bench.settle()
    #expect(bench.done.isEmpty)
  }
}
