import NIOCore
import RoostPlatform
import RoostRaft

/// Runs the sessions of one loop, and lets the loop look at its sockets in between.
///
/// A loop runs everything that is due before it polls again, so a statement that merely yields would be resumed in
/// the same round, and while it computes nobody else's bytes would move: not other clients', not the cluster's own.
/// So the jobs of all sessions stand in one queue here; when they have used up a turn, the rest is scheduled a moment
/// ahead, which ends the round.
final class ConnectionExecutor: TaskExecutor, @unchecked Sendable {  // the queue is touched on `loop` only
  /// Long enough to spread the cost of a poll, short enough for heartbeats and other clients.
  private static let turn = Duration.microseconds(500)
  /// Later than the loop's next look at its clock, and otherwise as soon as possible.
  private static let breath = Duration.microseconds(20)

  let loop: any Loop
  private var jobs = CircularBuffer<UnownedJob>(initialCapacity: 16)
  private var runIsDue = false
  private var isRunning = false

  init(_ loop: any Loop) { self.loop = loop }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if loop.isCurrent { add(job) } else { loop.execute { self.add(job) } }
  }

  private func add(_ job: UnownedJob) {
    jobs.append(job)
    if isRunning || runIsDue { return }
    runIsDue = true
    loop.execute { self.run() }
  }

  private func run() {
    runIsDue = false
    isRunning = true
    let end = loop.now + Self.turn
    let executor = asUnownedTaskExecutor()
    while let job = jobs.popFirst() {
      job.runSynchronously(on: executor)
      if loop.now >= end { break }
    }
    isRunning = false
    if jobs.isEmpty { return }
    runIsDue = true
    loop.schedule(at: loop.now + Self.breath) { self.run() }
  }
}
