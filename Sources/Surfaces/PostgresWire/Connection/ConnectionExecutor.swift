import NIOCore
import RoostBase
import RoostPlatform

/// Runs the sessions of one loop, and lets the loop look at its sockets in between.
///
/// A loop runs everything that is due before it polls again, so a statement that merely yields would be resumed in
/// the same round, and while it computes nobody else's bytes would move: not other clients', not the cluster's own.
/// So the jobs of all sessions stand in one queue here; when they have used up a turn, the rest waits until the loop
/// has polled: behind a ``PollGate``, or for want of one (no descriptors left, a loop that isn't SwiftNIO's) for a
/// moment.
final class ConnectionExecutor: TaskExecutor, @unchecked Sendable {  // the queue is touched on `loop` only
  /// Long enough to spread the cost of a poll, short enough for other clients.
  private static let turn = Duration.milliseconds(1)
  /// Without a gate: later than the loop's next look at its clock, or it would run on without a poll.
  private static let breath = Duration.microseconds(100)

  private enum Piece {
    case session(SessionJob)
    /// Of a task that prefers this very executor.
    case own(UnownedJob)
  }

  let loop: any Loop
  private var jobs = CircularBuffer<Piece>(initialCapacity: 16)
  private var runIsDue = false
  private var isRunning = false
  private var gate: PollGate?

  init(_ loop: any Loop) { self.loop = loop }

  func enqueue(_ job: consuming ExecutorJob) {
    enqueue(.own(UnownedJob(job)))
  }

  /// Runs a job of a session in its turn.
  func enqueue(_ job: SessionJob) { enqueue(.session(job)) }

  private func enqueue(_ piece: Piece) {
    if loop.isCurrent { add(piece) } else { loop.execute { self.add(piece) } }
  }

  private func add(_ piece: Piece) {
    jobs.append(piece)
    if isRunning || runIsDue { return }
    runIsDue = true
    loop.execute { self.run() }
  }

  private func run() {
    runIsDue = false
    isRunning = true
    let end = loop.now + Self.turn
    while let piece = jobs.popFirst() {
      switch piece {
      case .session(let job): job.run()
      case .own(let job): job.runSynchronously(on: asUnownedTaskExecutor())
      }
      if loop.now >= end { break }
    }
    isRunning = false
    if jobs.isEmpty { return }
    runIsDue = true
    let run: @Sendable () -> Void = { self.run() }
    if let gate, gate.afterPoll(run) { return }
    loop.schedule(at: loop.now + Self.breath, run)
  }

  /// Takes a gate of the same loop, or closes the one it has. On the loop.
  func setGate(_ gate: PollGate?) {
    let old = self.gate
    self.gate = gate
    old?.close()
  }
}
