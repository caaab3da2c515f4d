import RoostRelational
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

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
/// A task may suspend for other reasons, and be enqueued by whoever has what it waits for. Then its next job may begin,
/// on another worker, before the thread of the job before is back from it: the two threads are in this class at the same
/// time, one behind the suspended task and the other within it. And a task that gives way enqueues a job which does
/// nothing but resume it: another worker may run that one before the task has suspended, and then the task does not
/// suspend at all, and goes on in the job that it was in.
///
/// Therefore each job has a berth of its own, on the stack of its thread, and the task finds it by the thread that it runs
/// on. A late thread looks into the berth of its own job, which the task has left empty, and never sees what the task does
/// since. If there were one berth for all jobs, that thread would take the task out of it between leaving and suspending:
/// the task would go on on a worker as though it were on its loop, or both threads would resume it. If the task looked
/// for the berth of the job that began last, it might find that of a job which is over.
// @unchecked: `onStep` is set before the first job.
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
      JobThread.berth?.assumingMemoryBound(to: Berth.self).pointee = $0
      onStep?(.left)
    }
  }

  /// Runs a job of the task, on the thread where the task wanted to be, and resumes the task where it wants to be then.
  fileprivate func run(_ job: UnownedJob) {
    var left: Berth = nil
    withUnsafeMutablePointer(to: &left) {
      let outer = JobThread.berth
      JobThread.berth = UnsafeMutableRawPointer($0)
      defer { JobThread.berth = outer }
      job.runSynchronously(on: asUnownedTaskExecutor())
    }
    // The next job may be running by now.
    onStep?(.ended)
    left?.resume()
    onStep?(.movedOn)
  }
}

/// What belongs to the thread that runs a job.
private enum JobThread {
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let status = pthread_key_create(&key, nil)
    precondition(status == 0, "the process has used up its keys of thread-specific data")
    return key
  }()

  /// That of the job which the thread runs; nil between jobs.
  static var berth: UnsafeMutableRawPointer? {
    get { pthread_getspecific(key) }
    set { pthread_setspecific(key, newValue) }
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
