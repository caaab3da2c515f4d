public import RoostBase
public import RoostPlatform
public import RoostRaft
import Synchronization

/// The shell of the log: takes what all loops have queued, writes it once, syncs once, and answers each loop once.
///
/// Writing and syncing are two pieces of work for the worker, so that a crash can fall between them in simulation. What
/// arrives meanwhile forms the next batch; there is no timer. Appends keep their order, and so do their completions.
///
/// **A full disk** loses nothing, and neither does a want of descriptors: the batch waits, `onFailure` hears of it, and the next append or ``retry()`` tries
/// again. **Any other failure** is final: `onFailure` hears of it once, no completion runs any more, and the process
/// has to end, since nobody knows what the disk kept.
///
/// Sendable: `state` is guarded by its mutex; the store's writing side is touched by the worker's pieces alone.
public final class LogWriter: Sendable {
  public typealias Completion = @Sendable () -> Void

  public let store: LogStore
  private let worker: any BlockingWorker
  private let reader: any BlockingWorker
  private let clock: @Sendable () -> Instant
  private let onFailure: @Sendable (LogError) -> Void
  private let state = Mutex(State())

  private struct Pending: Sendable {
    var writes: [LogWrite]
    var loop: any Loop
    var completion: Completion
    /// When it was handed over.
    var since: Instant
  }

  private struct State: Sendable {
    /// Not yet written, in order.
    var waiting: [Pending] = []
    /// Written, not yet synced.
    var written: [Pending] = []
    /// When the oldest append of the batch that is being written or synced was handed over; nil while none is.
    var batchSince: Instant?
    /// A piece of work is with the worker, which will look at `waiting`.
    var isBusy = false
    var isMaintenanceQueued = false
    /// The last attempt found the disk full, or no descriptor; `waiting` begins with what it could not write.
    var isStalled = false
    var hasFailed = false
    var status = LogWriterStatus()
  }

  /// Bytes of payload after which a batch takes no further append, so that no sync takes long.
  private static let batchBytes = 8 << 20

  /// - Parameters:
  ///   - worker: runs writes and syncs; the log thread.
  ///   - reader: runs reads; another thread, so that a read doesn't delay a sync. The log thread if nil.
  ///   - clock: the node's monotonic clock.
  ///   - onFailure: hears of failures, on the worker.
  public init(
    store: LogStore, worker: any BlockingWorker, reader: (any BlockingWorker)? = nil,
    clock: @escaping @Sendable () -> Instant, onFailure: @escaping @Sendable (LogError) -> Void
  ) {
    self.store = store
    self.worker = worker
    self.reader = reader ?? worker
    self.clock = clock
    self.onFailure = onFailure
  }

  /// Queues writes; `completion` runs on `loop` when they are durable, after the completions of earlier appends that
  /// named the same loop. It never runs if the log fails before.
  public func append(_ writes: [LogWrite], on loop: any Loop, completion: @escaping Completion) {
    let since = clock()
    let starts = state.withLock { state in
      if state.hasFailed { return false }
      state.waiting.append(Pending(writes: writes, loop: loop, completion: completion, since: since))
      defer { state.isBusy = true }
      return !state.isBusy
    }
    if starts { submitWrite() }
  }

  /// Tries again to write what a full disk refused.
  public func retry() {
    let starts = state.withLock { state in
      guard state.isStalled, !state.isBusy, !state.hasFailed else { return false }
      state.isBusy = true
      return true
    }
    if starts { submitWrite() }
  }

  /// Reads entries on the reading thread; see ``LogStore/entries(of:from:through:maxBytes:)``. `completion` runs on
  /// `loop`.
  public func readEntries(
    of group: GroupID, from: LogIndex, through: LogIndex, maxBytes: Int, on loop: any Loop,
    completion: @escaping @Sendable (Result<[Entry], LogError>) -> Void
  ) {
    let store = store
    reader.submit {
      let result: Result<[Entry], LogError>
      do throws(LogError) {
        result = .success(try store.entries(of: group, from: from, through: through, maxBytes: maxBytes))
      } catch {
        result = .failure(error)
      }
      loop.execute { completion(result) }
    }
  }

  /// Says that the state engine is durable up to `index` of `group`. Segments that this frees are dropped on the
  /// worker.
  public func release(_ group: GroupID, through index: LogIndex) {
    store.release(group, through: index)
    let submits = state.withLock { state in
      defer { state.isMaintenanceQueued = true }
      return !state.isMaintenanceQueued && !state.hasFailed
    }
    if submits { worker.submit { [self] in maintain() } }
  }

  /// Forgets what waits, and whom to tell: for a process that is dead while its memory is not, as in simulation.
  public func abandon() {
    state.withLock { state in
      state.hasFailed = true
      state.waiting = []
      state.written = []
    }
  }

  /// Counters, and whether the log can write.
  public var status: LogWriterStatus { state.withLock { $0.status } }

  /// How the log is doing, for whoever leads on the strength of it. Costs one lock; asked at every tick.
  public var health: LogHealth {
    state.withLock { state in
      LogHealth(
        pendingSince: state.batchSince ?? state.waiting.first?.since, isDiskFull: state.status.isDiskFull,
        hasFailed: state.hasFailed)
    }
  }

  /// When the last sync ended well; nil before the first one. Leading needs a recent one.
  public var lastSyncCompleted: Instant? { state.withLock { $0.status.lastSyncCompleted } }

  // MARK: - On the worker

  private func submitWrite() { worker.submit { [self] in write() } }

  /// First piece: one write of everything that waits.
  private func write() {
    let taken = state.withLock { state in
      let taken = LogWriter.takeBatch(&state.waiting)
      state.batchSince = taken.first?.since
      return taken
    }
    var writes = taken.first?.writes ?? []
    for pending in taken.dropFirst() { writes.append(contentsOf: pending.writes) }
    let bytes: Int
    do throws(LogError) {
      bytes = try store.write(writes)
    } catch {
      return giveUp(taken, error)
    }
    state.withLock { state in
      state.written = taken
      state.isStalled = false
      state.status.isDiskFull = false
      state.status.batches += 1
      state.status.bytes += bytes
      for place in writes.indices { state.status.entries += writes[place].entries.count }
    }
    worker.submit { [self] in sync() }
  }

  /// Takes appends from the front until a batch is full; at least one.
  private static func takeBatch(_ waiting: inout [Pending]) -> [Pending] {
    var bytes = 0
    var count = 0
    while count < waiting.count, bytes < batchBytes {
      for write in waiting[count].writes.indices {
        for entry in waiting[count].writes[write].entries.indices {
          bytes += waiting[count].writes[write].entries[entry].payload.count + LogRecord.headerBytes
        }
      }
      count += 1
    }
    if count == waiting.count {
      let taken = waiting
      waiting = []
      return taken
    }
    let taken = Array(waiting[..<count])
    waiting.removeSubrange(..<count)
    return taken
  }

  private func giveUp(_ taken: [Pending], _ error: LogError) {
    let isNews = state.withLock { state in
      if state.hasFailed { return false }
      state.isBusy = false
      state.batchSince = nil
      if error.isFatal {
        state.hasFailed = true
        state.status.hasFailed = true
        state.waiting = []
        state.written = []
      } else {
        state.isStalled = true
        if case .diskFull = error { state.status.isDiskFull = true }
        state.waiting.insert(contentsOf: taken, at: 0)
      }
      return true
    }
    if isNews { onFailure(error) }
  }

  /// Second piece: one sync, one callback for each loop, and on to what has arrived meanwhile.
  private func sync() {
    let started = clock()
    do throws(LogError) {
      try store.sync()
    } catch {
      return giveUp([], error)
    }
    let ended = clock()
    let (written, isMore) = state.withLock { state in
      state.status.recordSync(started: started, ended: ended)
      let written = state.written
      state.written = []
      state.batchSince = nil
      state.isBusy = !state.waiting.isEmpty
      return (written, state.isBusy)
    }
    LogWriter.answer(written)
    if isMore { submitWrite() }
    if store.needsMaintenance { maintain() }
  }

  /// Runs the completions in order, with one hand-over to each loop.
  private static func answer(_ written: [Pending]) {
    var loops: [(loop: any Loop, completions: [Completion])] = []
    for pending in written {
      if let index = loops.firstIndex(where: { $0.loop === pending.loop }) {
        loops[index].completions.append(pending.completion)
      } else {
        loops.append((pending.loop, [pending.completion]))
      }
    }
    for (loop, completions) in loops {
      loop.execute { for completion in completions { completion() } }
    }
  }

  /// Drops segments that nothing needs, and prepares a piece of the next one.
  private func maintain() {
    state.withLock { $0.isMaintenanceQueued = false }
    do throws(LogError) {
      try store.reclaim()
      try store.prepare()
    } catch {
      // A full disk matters once a write needs the room; that write will say so.
      if error.isFatal { giveUp([], error) }
    }
  }
}
