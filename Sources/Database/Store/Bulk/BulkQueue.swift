import RoostBase
import RoostPlatform

/// The bulk commits that a leader has taken: one under way, the others waiting for their turn. ``BulkRequest`` tells the
/// story.
struct BulkQueue {
  /// A bulk commit on its leader.
  struct Commit {
    let number: UInt64
    let request: BulkRequest
    let deadline: Instant
    let hold: RequestHold?
    let completion: Replica.CommitCompletion
    fileprivate(set) var keys = SortedKeySet()
    fileprivate(set) var stage = Stage.reading(next: 0)
  }

  enum Stage {
    /// The keys of the slices before `next` are known.
    case reading(next: Int)
    /// It is being compared with what was written since it read. From here on what it has read is reserved.
    case judging(ConflictWindow.RecentWrites)
    /// The slices before `next` are proposed; of those, so many bytes are not yet committed.
    case proposing(next: Int, bytesInFlight: Int)
    /// Everything is proposed. What it has read is not reserved any more, for it has its timestamp.
    case finishing
  }

  /// What is to be done for the commit under way.
  enum Step {
    /// Nothing before something else happens.
    case wait
    /// Another step, in another turn.
    case again
    /// Its keys are known: begin the judgement with what was written lately.
    case judge
    case propose(slices: Range<Int>)
    case finish
    case refuse(StoreError)
    /// No node sends such slices.
    case malformed(String)
  }

  private(set) var current: Commit?
  private var waiting: [Commit] = []
  private var nextNumber: UInt64 = 1
  /// Commits that would change what is reserved: they are judged anew when the bulk commit is over.
  var blockedByReservation: [Replica.ConflictWaiter] = []
  /// A turn is scheduled; kept by the replica.
  var isScheduled = false

  var isEmpty: Bool { current == nil && blockedByReservation.isEmpty }
  var waitingCount: Int { waiting.count }

  /// How many slices are read, or late writes compared, in one turn: well below a millisecond.
  private static let slicesPerTurn = 4
  private static let comparisonsPerTurn = 1_000

  mutating func append(
    _ request: BulkRequest, deadline: Instant, hold: RequestHold?, completion: @escaping Replica.CommitCompletion
  ) {
    let commit = Commit(
      number: nextNumber, request: request, deadline: deadline, hold: hold, completion: completion)
    nextNumber += 1
    if current == nil { current = commit } else { waiting.append(commit) }
  }

  /// Whether a commit would change what the one under way has read and not yet been ordered for.
  func isReserved(against request: CommitRequest) -> Bool {
    guard let current else { return false }
    switch current.stage {
    case .reading, .finishing: return false
    case .judging, .proposing: return request.writes.contains { current.hasRead($0.key.bytes[...]) }
    }
  }

  /// The next step of the commit under way.
  mutating func step(_ now: Instant, bytesInFlight limit: Int) -> Step {
    guard var commit = current.take() else { return .wait }
    defer { current = commit }
    if case .finishing = commit.stage { return .wait }
    guard commit.deadline > now else { return .refuse(.timedOut) }
    switch commit.stage {
    case .finishing: return .wait
    case .reading(let next):
      let end = min(next + BulkQueue.slicesPerTurn, commit.request.slices.count)
      do throws(DecodingFailure) {
        for place in next..<end {
          let slice = commit.request.slices[place]
          guard BulkSlice.isFirst(slice) == (place == 0) else { throw DecodingFailure("slices out of place") }
          try commit.keys.append(sliceIn: slice)
        }
      } catch { return .malformed(error.description) }
      commit.stage = .reading(next: end)
      guard end == commit.request.slices.count else { return .again }
      return commit.keys.isEmpty ? .malformed("no writes") : .judge
    case .judging(var writes):
      // Not held twice while it changes.
      commit.stage = .reading(next: commit.request.slices.count)
      let verdict = writes.judge(
        BulkQueue.comparisonsPerTurn, by: { commit.hasRead($0) }, { commit.hasRead(in: $0) })
      switch verdict {
      case .conflict: return .refuse(.conflict)
      case .goesOn: commit.stage = .judging(writes)
      case .clear: commit.stage = .proposing(next: 0, bytesInFlight: 0)
      }
      return .again
    case .proposing(let next, var bytes):
      var end = next
      while end < commit.request.slices.count, bytes < limit {
        bytes += commit.request.slices[end].count
        end += 1
      }
      commit.stage = .proposing(next: end, bytesInFlight: bytes)
      if end > next { return .propose(slices: next..<end) }
      guard end == commit.request.slices.count else { return .wait }
      commit.stage = .finishing
      return .finish
    }
  }

  mutating func beginJudgement(by writes: ConflictWindow.RecentWrites) { current?.stage = .judging(writes) }

  /// A slice of the commit under way is committed.
  mutating func sliceCommitted(of number: UInt64, bytes: Int) {
    guard current?.number == number, case .proposing(let next, let inFlight) = current?.stage else { return }
    current?.stage = .proposing(next: next, bytesInFlight: inFlight - bytes)
  }

  /// Ends the commit under way; the next one, if there is one, takes its place.
  mutating func takeCurrent() -> Commit? {
    let done = current.take()
    if !waiting.isEmpty { current = waiting.removeFirst() }
    return done
  }

  /// Takes out those that wait for their turn and meet a condition.
  mutating func takeWaiting(where condition: (Commit) -> Bool) -> [Commit] {
    let found = waiting.filter(condition)
    if !found.isEmpty { waiting.removeAll(where: condition) }
    return found
  }

  mutating func takeBlockedByReservation(
    where condition: (Replica.ConflictWaiter) -> Bool = { _ in true }
  )
    -> [Replica.ConflictWaiter]
  {
    let found = blockedByReservation.filter(condition)
    if !found.isEmpty { blockedByReservation.removeAll(where: condition) }
    return found
  }
}

extension BulkQueue.Commit {
  /// Whether slices are proposed, of which the replicas have to be told if the commit does not happen.
  var hasProposed: Bool {
    switch stage {
    case .reading, .judging: false
    case .proposing(let next, _): next > 0
    case .finishing: true
    }
  }

  var isReading: Bool {
    if case .reading = stage { true } else { false }
  }

  var isFinishing: Bool {
    if case .finishing = stage { true } else { false }
  }

  func hasRead(_ key: ArraySlice<UInt8>) -> Bool {
    keys.hasReads && keys.isRead(key) == true || request.readKeys.find(key) || request.readRanges.cover(key)
  }

  /// Whether anything in a range may have been read.
  func hasRead(in range: KeyRange) -> Bool {
    keys.hasReads && keys.hasKey(in: range) || request.readKeys.hasKey(in: range) || request.readRanges.overlap(range)
  }
}
