import RoostRelational
import Synchronization

/// Runs the task of one session: on its connection's loop, and among the statement workers while it computes for long.
///
/// The task itself says where it wants to be, and suspends. Whoever ran it resumes it after that, with
/// ``moveOn()``: sooner the task might be resumed before it has suspended, and would go on where it is.
// @unchecked: `parked` is set by the task while it runs and taken by the thread that ran it.
final class SessionExecutor: TaskExecutor, StatementPlacement, @unchecked Sendable {
  private let turns: ConnectionExecutor
  private let workers: StatementWorkers
  /// Written by the session's task while it runs, read by whoever resumes it.
  private let isAway = Atomic(false)
  /// The task, on its way to another thread.
  private var parked: UnsafeContinuation<Void, Never>?

  init(_ turns: ConnectionExecutor, _ workers: StatementWorkers) {
    self.turns = turns
    self.workers = workers
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let piece = SessionJob(job: UnownedJob(job), executor: self)
    if isAway.load(ordering: .acquiring), workers.run(piece) { return }
    turns.enqueue(piece)
  }

  var isOnLoop: Bool { !isAway.load(ordering: .relaxed) }

  func leaveLoop() async {
    if isOnLoop { await move(away: true) }
  }

  func returnToLoop() async {
    if !isOnLoop { await move(away: false) }
  }

  private func move(away: Bool) async {
    isAway.store(away, ordering: .releasing)
    await withUnsafeContinuation { parked = $0 }
  }

  /// Resumes the task where it wants to be; called after each of its jobs.
  func moveOn() {
    guard let task = parked else { return }
    parked = nil
    task.resume()
  }
}

/// A job of a session's task.
struct SessionJob {
  var job: UnownedJob
  var executor: SessionExecutor

  func run() {
    job.runSynchronously(on: executor.asUnownedTaskExecutor())
    executor.moveOn()
  }
}
