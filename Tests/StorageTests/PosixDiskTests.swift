import RoostBase
import RoostPlatform
import RoostStorage
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct PosixDiskTests {
  @Test func filesAreWrittenReadExtendedAndCut() throws {
    let directory = try TemporaryDirectory()
    let disk = try PosixDisk(root: directory.path + "/data")
    try disk.createDirectory("log")
    try disk.createDirectory("log")
    let file = try disk.open("log/a", create: true)
    try Array("hello".utf8).withUnsafeBytes { try file.write($0, at: 3) }
    #expect(try file.size == 8)
    #expect(try file.read(at: 2, count: 99) == [0] + Array("hello".utf8))
    #expect(try file.read(at: 8, count: 4) == [])
    try file.zeroFill(to: 3 << 20)
    try file.zeroFill(to: 5)
    #expect(try file.size == 3 << 20)
    #expect(try file.read(at: 3, count: 6) == Array("hello".utf8) + [0])
    var status = stat()
    #expect(stat(directory.path + "/data/log/a", &status) == 0)
    #expect(Int(status.st_blocks) * 512 >= 3 << 20, "zeros must occupy blocks")
    try file.sync()
    try file.truncate(to: 4)
    #expect(try file.size == 4)
    file.close()
    #expect(throws: DiskError.self) { try file.read(at: 0, count: 1) }
    try disk.rename("log/a", to: "log/b")
    try disk.syncDirectory("log")
    try disk.syncDirectory("")
    #expect(try disk.list("log") == ["b"])
    #expect(disk.exists("log/b") && !disk.exists("log/a"))
    #expect(try disk.list("nowhere") == [])
    try disk.remove("log/b")
    try disk.remove("log")
    #expect(try disk.list("") == [PosixDisk.lockName])
  }

  @Test func errorsNameWhatFailed() throws {
    let directory = try TemporaryDirectory()
    let disk = try PosixDisk(root: directory.path)
    func error(_ work: () throws(DiskError) -> Void) -> DiskError? {
      do throws(DiskError) { try work() } catch { return error }
      return nil
    }
    let missing = error { () throws(DiskError) in _ = try disk.open("missing", create: false) }
    #expect(missing?.operation == .open && missing?.path == "missing" && missing?.code == ENOENT)
    let remove = error { () throws(DiskError) in try disk.remove("missing") }
    #expect(remove?.operation == .remove && remove?.code == ENOENT)
    let rename = error { () throws(DiskError) in try disk.rename("missing", to: "other") }
    #expect(rename?.operation == .rename)
    let root = error { () throws(DiskError) in _ = try PosixDisk(root: directory.path + "/no/where") }
    #expect(root?.operation == .create && root?.code == ENOENT)
    let file = error { () throws(DiskError) in _ = try PosixDisk(root: directory.path + "/LOCK") }
    #expect(file?.operation == .open && file?.code == ENOTDIR)
  }

  @Test func aDirectoryHasOneOwner() throws {
    let directory = try TemporaryDirectory()
    do {
      let disk = try PosixDisk(root: directory.path)
      #expect(throws: DiskError.self) { try PosixDisk(root: directory.path) }
      do throws(DiskError) {
        _ = try PosixDisk(root: directory.path)
      } catch {
        #expect(error.operation == .lock)
        #expect(error.description.contains("process \(getpid())"))
      }
      #expect(disk.root == directory.path)
    }
    _ = try PosixDisk(root: directory.path)
  }

  @Test func theLogRunsOnIt() throws {
    let directory = try TemporaryDirectory()
    let worker = try #require(ThreadWorker())
    let answered = Mutex(0)
    do {
      let disk = try PosixDisk(root: directory.path)
      let store = try LogStore(disk: disk, directory: "log", options: LogOptions(segmentBytes: 64 << 10))
      let writer = LogWriter(store: store, worker: worker, clock: { .origin }, onFailure: { Issue.record("\($0)") })
      let total = Mutex(0)
      let loop = DirectLoop()
      for index in 1...500 as ClosedRange<UInt64> {
        writer.append([LogWrite(group: GroupID(1), entries: [entry(index, bytes: 300)])], on: loop) {
          total.withLock { $0 += 1 }
        }
      }
      // Work makes more work, so the thread is done when a piece submitted last finds everything answered.
      while total.withLock({ $0 }) < 500 { sched_yield() }
      worker.shutdown()
      answered.withLock { $0 = 500 }
      store.close()
    }
    #expect(answered.withLock { $0 } == 500)
    let disk = try PosixDisk(root: directory.path)
    let model = try LogModel(readingBack: LogStore(disk: disk, directory: "log"))
    #expect(model.groups[GroupID(1)]?.entries == (1...500).map { entry($0, bytes: 300) })
  }

  private final class DirectLoop: Loop {
    var now: Instant { .origin }
    var isCurrent: Bool { true }
    func execute(_ work: @escaping @Sendable () -> Void) { work() }
    @discardableResult
    func schedule(at deadline: Instant, _ work: @escaping @Sendable () -> Void) -> any LoopTimer { NoTimer() }
    private final class NoTimer: LoopTimer { func cancel() {} }
  }
}

@Suite struct ThreadWorkerTests {
  @Test func workRunsInOrderAndShutdownWaitsForIt() throws {
    let worker = try #require(ThreadWorker())
    let seen = Recorder()
    for number in 0..<1000 { worker.submit { seen.add(number) } }
    worker.shutdown()
    #expect(seen.numbers == Array(0..<1000))
    worker.submit { seen.add(-1) }
    worker.shutdown()
    #expect(seen.numbers.count == 1000)
  }

  @Test func aForgottenWorkerFinishesItsWork() throws {
    let seen = Recorder()
    do {
      let worker = try #require(ThreadWorker())
      worker.submit { seen.add(1) }
    }
    while seen.numbers.isEmpty { sched_yield() }
    #expect(seen.numbers == [1])
  }

  private final class Recorder: Sendable {
    private let state = Mutex<[Int]>([])
    func add(_ number: Int) { state.withLock { $0.append(number) } }
    var numbers: [Int] { state.withLock { $0 } }
  }
}
