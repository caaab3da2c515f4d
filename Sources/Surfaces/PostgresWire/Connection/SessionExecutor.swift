import RoostRelational
import Synchronization

/// Runs the task of one session: on its connection's loop, and among the statement workers while it computes for long.
///
/// The task itself says where it wants to be, and suspends; it is resumed there after that. Resumed any sooner, it would
/// go on where it is. A job of the task ends by its suspension, so whoever ran the job resumes the task, when the job
/// has ended:
///
///     a job, on the loop    task: leaveLoop() ─ leaves itself in the job's berth ─ suspends
///                                                                                └ the job has ended: resume ─┐
///     a job, on a worker    task: computes … ─ returnToLoop() ─ leaves itself in the job's berth ─ suspends   ◀┘
///                                                                                └ the job has ended: resume ─▶ the loop
///
/// A task may suspend for other reasons, and be enqueued by whoever has what it waits for, or by itself when it only
/// gives way. Then its next job may begin, on another worker, before the thread of the job before is back from it: the
/// two threads are in this class at the same time, one behind the suspended task and the other within it. Therefore each
/// job has a berth of its own, on the stack of its thread. The late thread looks into the berth of its own job, which the
/// task has left empty, and never sees what the task does since. If there were one berth for all jobs, that thread would
/// take the task out of it between leaving and suspending: the task would go on on a worker as though it were on its
/// loop, or both threads would resume it.
///
/// The jobs of the task follow one another, each enqueued by the suspension of the one before or after it, so what the
/// task and the beginnings of its jobs write here is written in order. A thread that comes back from a job reads nothing
/// of it.
// @unchecked: `berth` is written where a job begins and read by the task within that job.
final class SessionExecutor: TaskExecutor, StatementPlacement, @unchecked Sendable {
  /// Where a task on its way to another thread waits for its job to end.
  private typealias Berth = UnsafeContinuation<Void, Never>?

  /// Points at which other threads may come in between.
  enum Step {
    /// The task is in a berth and has not suspended.
    case left
    /// A job has ended, and nobody has looked into its berth.
    case ended
    /// Whoever was in the berth is resumed.
    case movedOn
  }

  private let turns: ConnectionExecutor
  private let workers: StatementWorkers
  /// Written by the session's task while it runs, read by whoever resumes it.
  private let isAway = Atomic(false)
  /// That of the job which runs; of no use between jobs.
  private var berth: UnsafeMutablePointer<Berth>?
  /// Called at each step, so that tests can hold a thread there. Set before the first job.
  var onStep: (@Sendable (Step) -> Void)?

  init(_ turns: ConnectionExecutor, _ workers: StatementWorkers) {
    self.turns = turns
    self.workers = workers
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let piece = SessionJob(job: UnownedJob(job), executor: self)
    if isAway.load(ordering: .acquiring), workers.run(piece) { return }
    turns.enqueue(piece)
  }

  /// Runs a job on the loop, wherever the task wanted to be.
  fileprivate func runOnLoop(_ job: SessionJob) { turns.enqueue(job) }

  var isOnLoop: Bool { !isAway.load(ordering: .relaxed) }

  func leaveLoop() async {
    if isOnLoop { await move(away: true) }
  }

  func returnToLoop() async {
    if !isOnLoop { await move(away: false) }
  }

  private func move(away: Bool) async {
    isAway.store(away, ordering: .releasing)
    await withUnsafeContinuation {
      berth?.pointee = $0
      onStep?(.left)
    }
  }

  /// Runs a job of the task, on the thread where the task wanted to be, and resumes the task where it wants to be then.
  fileprivate func run(_ job: UnownedJob) {
    var left: Berth = nil
    withUnsafeMutablePointer(to: &left) {
      berth = $0
      job.runSynchronously(on: asUnownedTaskExecutor())
    }
    // The next job may be running by now.
    onStep?(.ended)
    left?.resume()
    onStep?(.movedOn)
  }
}

/// A job of a session's task.
struct SessionJob {
  var job: UnownedJob
  var executor: SessionExecutor

  func run() { executor.run(job) }

  /// No worker could be had.
  func runOnLoop() { executor.runOnLoop(self) }
}
