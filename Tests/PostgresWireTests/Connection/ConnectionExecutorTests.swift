import NIOCore
import NIOPosix
import RoostBase
import RoostPlatform
import Synchronization
import Testing

@testable import RoostPostgresWire

@Suite("Connection executor")
struct ConnectionExecutorTests {
  @Test("sessions that never wait use up their turn together, then the loop gets a moment to poll")
  func turns() {
    let loop = SteppedLoop()
    let executor = ConnectionExecutor(loop)
    let progress = Progress()
    for _ in 0..<2 {
      Task(executorPreference: executor) {
        for _ in 0..<100 {
          progress.steps.wrappingAdd(1, ordering: .relaxed)
          await Task.yield()
        }
        progress.done.wrappingAdd(1, ordering: .relaxed)
      }
    }
    var rounds = 0
    while progress.done.load(ordering: .relaxed) < 2 {
      let before = progress.steps.load(ordering: .relaxed)
      // As the loop does: everything that is due, until nothing is.
      loop.runWhatIsDue()
      let taken = progress.steps.load(ordering: .relaxed) - before
      // A job takes 100 µs here and a turn is 1 ms: an unfair executor would do all 200 steps in one round.
      #expect(taken <= 11)
      rounds += 1
      #expect(rounds < 200, "the tasks don't get on")
      if rounds == 200 { return }
      loop.passToNextTimer()
    }
    #expect(progress.steps.load(ordering: .relaxed) == 200)
    #expect(rounds > 15)
  }

  @Test("a session that never waits doesn't keep its loop from its sockets", .timeLimit(.minutes(3)))
  func gate() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let eventLoop = group.next()
    let executor = ConnectionExecutor(EventLoopLoop(eventLoop))
    let gate = try #require(await PollGate.open(on: eventLoop))
    eventLoop.execute { executor.setGate(gate) }
    let progress = Progress()
    let hog = Task(executorPreference: executor) {
      while progress.done.load(ordering: .relaxed) == 0 { await Task.yield() }
    }
    // Accepting and answering take several polls of the one loop there is.
    let listener = try await ServerBootstrap(group: group)
      .childChannelInitializer { $0.eventLoop.makeCompletedFuture {} }
      .bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(listener.localAddress?.port)
    for _ in 0..<10 {
      try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port).get().close()
    }
    progress.done.store(1, ordering: .relaxed)
    await hog.value
    try await eventLoop.submit { executor.setGate(nil) }.get()
    try await listener.close()
    try await group.shutdownGracefully()
  }
}

private final class Progress: Sendable {
  let steps = Atomic(0)
  let done = Atomic(0)
}

/// A loop whose clock ticks 100 µs with every look at it, driven by hand from the test's thread.
private final class SteppedLoop: Loop, @unchecked Sendable {  // the test's thread is the loop
  private struct State {
    var nanoseconds: Int64 = 0
    var due: [@Sendable () -> Void] = []
    var timers: [(deadline: Instant, work: @Sendable () -> Void)] = []
  }

  private let state = Mutex(State())

  var now: Instant {
    state.withLock { state in
      state.nanoseconds += 100_000
      return Instant(nanoseconds: state.nanoseconds)
    }
  }

  var isCurrent: Bool { true }

  func execute(_ work: @escaping @Sendable () -> Void) { state.withLock { $0.due.append(work) } }

  func schedule(at deadline: Instant, _ work: @escaping @Sendable () -> Void) -> any LoopTimer {
    // Judged against a clock that has moved on as little as it can.
    state.withLock { $0.timers.append((deadline, work)) }
    return Timer()
  }

  func runWhatIsDue() {
    while let work = state.withLock({ state in state.due.isEmpty ? nil : state.due.removeFirst() }) { work() }
  }

  func passToNextTimer() {
    let works = state.withLock { state in
      defer { state.timers = [] }
      return state.timers.map(\.work)
    }
    for work in works { execute(work) }
  }

  private final class Timer: LoopTimer {
    func cancel() {}
  }
}
