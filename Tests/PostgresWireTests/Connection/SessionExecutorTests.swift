import Foundation
import NIOCore
import NIOPosix
import RoostPlatform
import Synchronization
import Testing

@testable import RoostPostgresWire

@Suite("Session executor", .timeLimit(.minutes(3)))
struct SessionExecutorTests {
  /// A loop with its executor, for the sessions of a test.
  private struct Stage {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let workers: StatementWorkers
    let turns: ConnectionExecutor
    var loop: any Loop { turns.loop }

    init(workers limit: Int) { self.init(StatementWorkers(limit: limit)) }

    init(_ workers: StatementWorkers) {
      self.workers = workers
      turns = ConnectionExecutor(EventLoopLoop(group.next()))
    }

    func end() async throws {
      workers.close()
      try await group.shutdownGracefully()
    }
  }

  @Test("a session goes to the workers and comes back, as often as it likes")
  func movesAndReturns() async throws {
    let stage = Stage(workers: 2)
    let place = SessionExecutor(stage.turns, stage.workers)
    let loop = stage.loop
    await Task(executorPreference: place) {
      for _ in 0..<1_000 {
        #expect(loop.isCurrent && place.isOnLoop)
        await place.leaveLoop()
        #expect(!loop.isCurrent && !place.isOnLoop)
        await Task.yield()
        #expect(!loop.isCurrent)
        await place.returnToLoop()
      }
      #expect(loop.isCurrent)
    }.value
    #expect(stage.workers.threadCount <= 2)
    try await stage.end()
  }

  /// The bad order, step by step: the thread of the job in which the task gave way comes back from it only when the next
  /// job, on another worker, has left the task on its way to the loop; and the task suspends only when that thread is
  /// through.
  @Test("a thread that comes late from its job leaves alone what the next job does")
  func lateThread() async throws {
    let stage = Stage(workers: 2)
    let place = SessionExecutor(stage.turns, stage.workers)
    let loop = stage.loop
    let order = Order()
    place.onStep = { step in
      if loop.isCurrent { return }
      switch step {
      case .ended:
        // Only the first: the task may give way more than once before it returns.
        if order.advance(from: .givenWay, to: .threadIsLate) { order.wait(for: .left) }
      case .left:
        if !order.advance(from: .givenWay, to: .left) { order.advance(from: .threadIsLate, to: .left) }
        order.wait(for: .lateThreadThrough)
      case .movedOn: order.advance(from: .left, to: .lateThreadThrough)
      }
    }
    await Task(executorPreference: place) {
      await place.leaveLoop()
      order.advance(from: .start, to: .givenWay)
      await Task.yield()
      await place.returnToLoop()
      #expect(loop.isCurrent && place.isOnLoop)
      // The executor is as good as before.
      await place.leaveLoop()
      #expect(!loop.isCurrent && !place.isOnLoop)
    }.value
    #expect(order.stage == .lateThreadThrough)
    try await stage.end()
  }

  @Test("while statements compute that never give way, other sessions of their loop go on")
  func loopStaysFree() async throws {
    let stage = Stage(workers: 3)
    let meeting = Meeting()
    let hogs = (0..<3).map { _ in
      let place = SessionExecutor(stage.turns, stage.workers)
      return Task(executorPreference: place) {
        await place.leaveLoop()
        meeting.arrived.wrappingAdd(1, ordering: .relaxed)
        // Like one evaluation: not a single suspension.
        while !meeting.isOver.load(ordering: .relaxed) {}
        await place.returnToLoop()
      }
    }
    let other = SessionExecutor(stage.turns, stage.workers)
    await Task(executorPreference: other) {
      while meeting.arrived.load(ordering: .relaxed) < 3 { await Task.yield() }
      for _ in 0..<100 { await Task.yield() }
      meeting.isOver.store(true, ordering: .relaxed)
    }.value
    for hog in hogs { await hog.value }
    #expect(stage.workers.threadCount == 3)
    try await stage.end()
  }

  @Test("more statements than workers take turns")
  func sharesWorkers() async throws {
    let stage = Stage(workers: 2)
    let meeting = Meeting()
    let sessions = (0..<20).map { _ in
      let place = SessionExecutor(stage.turns, stage.workers)
      return Task(executorPreference: place) {
        await place.leaveLoop()
        meeting.arrived.wrappingAdd(1, ordering: .relaxed)
        // Each waits for all the others: without turns the first two would wait for ever.
        while meeting.arrived.load(ordering: .relaxed) < 20 { await Task.yield() }
      }
    }
    for session in sessions { await session.value }
    #expect(stage.workers.threadCount == 2)
    try await stage.end()
  }

  /// Both jobs wait in one queue when the first thread is refused: neither session may get the other's, nor none.
  @Test("when threads are refused to two sessions at once, each goes on on its own loop")
  func refusedThreads() async throws {
    let meeting = Meeting()
    let workers = StatementWorkers(limit: 2) {
      meeting.arrived.wrappingAdd(1, ordering: .acquiringAndReleasing)
      while meeting.arrived.load(ordering: .acquiring) < 2 {}
      return nil
    }
    let stages = [Stage(workers), Stage(workers)]
    let sessions = stages.map { stage in
      let place = SessionExecutor(stage.turns, workers)
      return Task(executorPreference: place) {
        await place.leaveLoop()
        let isAtHome = stage.loop.isCurrent
        await Task.yield()
        await place.returnToLoop()
        return isAtHome && stage.loop.isCurrent
      }
    }
    for session in sessions { #expect(await session.value) }
    #expect(workers.threadCount == 0)
    for stage in stages { try await stage.end() }
  }

  @Test("without workers a session stays on its loop, and still ends")
  func withoutWorkers() async throws {
    let stage = Stage(workers: 1)
    stage.workers.close()
    let place = SessionExecutor(stage.turns, stage.workers)
    let loop = stage.loop
    await Task(executorPreference: place) {
      await place.leaveLoop()
      #expect(loop.isCurrent)
      await place.returnToLoop()
      #expect(loop.isCurrent)
    }.value
    try await stage.end()
  }
}

private final class Meeting: Sendable {
  let arrived = Atomic(0)
  let isOver = Atomic(false)
}

/// How far a test has come whose threads wait for one another.
private final class Order: Sendable {
  enum Stage: Int { case start, givenWay, threadIsLate, left, lateThreadThrough }

  private let reached = Atomic(Stage.start.rawValue)

  var stage: Stage { Stage(rawValue: reached.load(ordering: .acquiring)) ?? .start }

  @discardableResult
  func advance(from old: Stage, to new: Stage) -> Bool {
    reached.compareExchange(expected: old.rawValue, desired: new.rawValue, ordering: .acquiringAndReleasing).exchanged
  }

  func wait(for wanted: Stage) { while stage.rawValue < wanted.rawValue { sched_yield() } }
}
