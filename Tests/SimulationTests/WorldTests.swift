import RoostBase
import RoostPlatform
import RoostSimulation
import Synchronization
import Testing

/// A place where simulated code leaves what it saw. All in one thread; the lock is for the compiler.
final class Notes: Sendable {
  private let state = Mutex<[String]>([])
  var all: [String] { state.withLock { $0 } }
  func add(_ note: String) { state.withLock { $0.append(note) } }
}

@Suite("The world: time, loops, workers, processes")
struct WorldTests {
  /// One node that keeps notes; the world runs until it has booted.
  private func single(_ world: World, loops: Int = 1) -> SimulatedProcess {
    var options = NodeOptions()
    options.loops = loops
    let node = world.addNode(NodeID(1), options: options) { $0 }
    node.start()
    world.run(for: .milliseconds(1))
    return node.process!
  }

  @Test func workFromOnePlaceKeepsItsOrderAndRunsOnItsLoop() {
    for seed in 0..<20 as Range<UInt64> {
      let world = World(seed: seed)
      defer { world.close() }
      let process = single(world, loops: 2)
      let notes = Notes()
      for number in 0..<10 {
        process.loops[0].execute {
          #expect(process.loops[0].isCurrent)
          #expect(!process.loops[1].isCurrent)
          notes.add("\(number)")
          if number == 3 { process.loops[0].execute { notes.add("nested") } }
        }
      }
      #expect(!process.loops[0].isCurrent)
      world.run(for: .milliseconds(10))
      #expect(notes.all == (0..<10).map(String.init) + ["nested"])
    }
  }

  @Test func loopsInterleaveDifferentlyUnderDifferentSeeds() {
    func order(_ seed: UInt64) -> [String] {
      let world = World(seed: seed)
      defer { world.close() }
      let process = single(world, loops: 3)
      let notes = Notes()
      for loop in 0..<3 { process.loops[loop].execute { notes.add("\(loop)") } }
      world.run(for: .milliseconds(10))
      return notes.all
    }
    #expect(Set((0..<40).map(order)).count == 6)
    #expect(order(7) == order(7))
  }

  @Test func timersFireInOrderAndNotWhenCancelled() {
    let world = World(seed: 1)
    defer { world.close() }
    let process = single(world)
    let loop = process.loops[0]
    let notes = Notes()
    let start = loop.now
    for milliseconds in [30, 10, 20, 10] {
      loop.schedule(at: start + .milliseconds(milliseconds)) {
        #expect(loop.isCurrent)
        #expect(loop.now >= start + .milliseconds(milliseconds))
        notes.add("\(milliseconds)")
      }
    }
    loop.schedule(at: start + .milliseconds(15)) { notes.add("cancelled") }.cancel()
    loop.schedule(at: .distantFuture) { notes.add("never") }
    world.run(for: .milliseconds(15))
    #expect(notes.all == ["10", "10"])
    world.run(for: .seconds(100))
    #expect(notes.all == ["10", "10", "20", "30"])
  }

  @Test func aTimerThatIsDueCanStillBeCancelledByWorkBeforeIt() {
    let world = World(seed: 3)
    defer { world.close() }
    let loop = single(world).loops[0]
    let notes = Notes()
    let deadline = loop.now + .milliseconds(5)
    let second = Mutex<(any LoopTimer)?>(nil)
    loop.schedule(at: deadline) {
      notes.add("first")
      second.withLock { $0?.cancel() }
    }
    let timer = loop.schedule(at: deadline) { notes.add("second") }
    second.withLock { $0 = timer }
    world.run(for: .seconds(1))
    #expect(notes.all == ["first"])
  }

  @Test func timersFollowTheNodesOwnClock() {
    let world = World(seed: 5)
    defer { world.close() }
    let process = single(world)
    let loop = process.loops[0]
    let notes = Notes()
    process.node.setClockDrift(100_000)
    loop.schedule(at: loop.now + .seconds(11)) { notes.add("fast") }
    world.run(for: .milliseconds(9_990))
    #expect(notes.all.isEmpty)
    world.run(for: .milliseconds(20))
    #expect(notes.all == ["fast"])
    loop.schedule(at: loop.now + .seconds(60)) { notes.add("jumped") }
    process.node.jumpClock(ahead: .seconds(60))
    world.run(for: .milliseconds(1))
    #expect(notes.all == ["fast", "jumped"])
  }

  @Test func nothingOfACrashedProcessRuns() {
    let world = World(seed: 9)
    defer { world.close() }
    let process = single(world)
    let worker = process.makeWorker()
    let notes = Notes()
    process.loops[0].execute { notes.add("loop") }
    process.loops[0].schedule(at: process.loops[0].now + .milliseconds(1)) { notes.add("timer") }
    worker.submit { notes.add("piece") }
    process.node.crash(restartAfter: .milliseconds(5))
    process.loops[0].execute { notes.add("late") }
    worker.submit { notes.add("late piece") }
    world.run(for: .seconds(1))
    #expect(notes.all.isEmpty)
    #expect(process.node.incarnation == 2)
    #expect(process.node.root === process.node.process)
  }

  @Test func aPausedProcessGoesOnWhereItStood() {
    let world = World(seed: 10)
    defer { world.close() }
    let process = single(world)
    let worker = process.makeWorker()
    let notes = Notes()
    process.loops[0].execute { notes.add("loop") }
    process.loops[0].schedule(at: process.loops[0].now + .milliseconds(1)) { notes.add("timer") }
    worker.submit { notes.add("piece") }
    process.node.pause()
    world.run(for: .seconds(1))
    #expect(notes.all.isEmpty)
    process.node.resume()
    world.run(for: .milliseconds(10))
    #expect(notes.all.sorted() == ["loop", "piece", "timer"])
  }

  @Test func aWorkerRunsItsPiecesInOrderAndWaitsForAStalledDisk() {
    let world = World(seed: 11)
    defer { world.close() }
    let process = single(world)
    let worker = process.makeWorker()
    let notes = Notes()
    for number in 0..<5 { worker.submit { notes.add("\(number)") } }
    #expect(notes.all.isEmpty)
    world.run(for: .milliseconds(20))
    #expect(notes.all == ["0", "1", "2", "3", "4"])
    process.node.stallDisk()
    worker.submit { notes.add("5") }
    world.run(for: .seconds(5))
    #expect(notes.all.count == 5)
    process.node.releaseDisk()
    world.run(for: .milliseconds(20))
    #expect(notes.all.count == 6)
  }

  @Test func tasksOnALoopNeedNoOtherThread() {
    func story(_ seed: UInt64) -> ([String], TraceHash) {
      let world = World(seed: seed)
      defer { world.close() }
      let process = single(world, loops: 2)
      let notes = Notes()
      for number in 0..<2 {
        let loop = process.loops[number]
        Task(executorPreference: LoopTaskExecutor(loop)) {
          for step in 0..<5 {
            await withCheckedContinuation { continuation in
              loop.schedule(at: loop.now + .microseconds(step * 7)) { continuation.resume() }
            }
            #expect(loop.isCurrent)
            notes.add("\(number).\(step)")
          }
        }
      }
      world.run(for: .seconds(1))
      return (notes.all, world.traceHash)
    }
    #expect(story(1).0.count == 10)
    #expect(story(1) == story(1))
    #expect(Set((0..<10).map { story($0).0 }).count > 1)
  }
}
