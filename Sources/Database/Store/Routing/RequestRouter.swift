import RoostPlatform
import RoostRaft

/// Requests that wait on this node: for a leader to be known, or for another node's answer.
///
/// A request is parked while no leader is known, forwarded to the leader otherwise. A read, and a commit that
/// certainly did not happen, goes back and forth until its deadline; a commit whose answer is lost ends as an unknown
/// outcome at once.
struct Router {
  enum Body {
    case commit(CommitRequest, Replica.CommitCompletion)
    case bulk(BulkRequest, Replica.CommitCompletion)
    case readIndex(Replica.IndexCompletion)
  }

  struct Routed {
    var group: GroupID
    var body: Body
    var deadline: Instant
    /// Of a request that was forwarded: what was known here to be committed in the group then.
    var committedWhenAsked = LogIndex.zero
    /// By which its caller may give it up.
    var hold: RequestHold?
    /// Of a request that was forwarded: under which id, and whether all of it was sent.
    var id: UInt64?
    var isFullySent = true

    func fail(_ error: StoreError) {
      switch body {
      case .commit(_, let completion), .bulk(_, let completion): completion(.failure(.store(error)))
      case .readIndex(let completion): completion(.failure(.store(error)))
      }
    }
  }

  let limit: Int
  private(set) var parked: [Routed] = []
  private(set) var forwarded: [UInt64: (request: Routed, to: NodeID)] = [:]
  /// Keys and values of all commits that wait.
  private(set) var bytes = 0
  var nextID: UInt64
  var timer: (any LoopTimer)?

  /// - Parameter firstID: differs from start to start of a node: an answer to what it asked before must not pass for
  /// one to
  ///   what it asks now.
  init(limit: Int, firstID: UInt64) {
    self.limit = limit
    nextID = firstID
  }

  /// Bytes of waiting commits beyond which further ones are refused.
  static let maximumBytes = 256 << 20

  var isEmpty: Bool { parked.isEmpty && forwarded.isEmpty }
  var isFull: Bool { parked.count + forwarded.count >= limit || bytes >= Router.maximumBytes }

  mutating func park(_ request: Routed) {
    parked.append(request)
    bytes += request.byteCount
  }

  mutating func takeParked() -> [Routed] {
    let waiting = parked
    parked.removeAll(keepingCapacity: true)
    for request in waiting { bytes -= request.byteCount }
    return waiting
  }

  mutating func takeParked(until now: Instant) -> [Routed] {
    let expired = parked.filter { $0.deadline <= now }
    guard !expired.isEmpty else { return [] }
    parked.removeAll { $0.deadline <= now }
    for request in expired { bytes -= request.byteCount }
    return expired
  }

  /// Drops a request that nobody waits for any more. An answer to it is not known here then.
  mutating func forget(_ hold: RequestHold) {
    if let place = parked.firstIndex(where: { $0.hold === hold }) { bytes -= parked.remove(at: place).byteCount }
    _ = takeForwarded { request, _ in request.hold === hold }
  }

  /// Returns the id under which the answer will come.
  mutating func noteForwarded(_ request: Routed, to node: NodeID) -> UInt64 {
    let id = nextID
    nextID += 1
    var request = request
    request.id = id
    forwarded[id] = (request, node)
    bytes += request.byteCount
    return id
  }

  mutating func takeForwarded(_ id: UInt64) -> Routed? {
    guard let (request, _) = forwarded.removeValue(forKey: id) else { return nil }
    bytes -= request.byteCount
    return request
  }

  /// The last part of a request is on its way.
  mutating func noteSent(_ id: UInt64) {
    forwarded[id]?.request.isFullySent = true
    forwarded[id]?.request.hold?.mayHappen = true
  }

  /// Forwarded requests that meet a condition, in the order in which they were sent.
  mutating func takeForwarded(where condition: (Routed, NodeID) -> Bool) -> [Routed] {
    ids(where: condition).compactMap { takeForwarded($0) }
  }

  /// Their ids.
  func ids(where condition: (Routed, NodeID) -> Bool) -> [UInt64] {
    forwarded.keys.filter { forwarded[$0].map { condition($0.request, $0.to) } ?? false }.sorted()
  }
}

extension Router.Routed {
  /// What it keeps in memory, nearly.
  var byteCount: Int {
    switch body {
    case .commit(let request, _): request.byteCount
    case .bulk(let request, _): request.byteCount
    case .readIndex: 64
    }
  }

  var isRead: Bool {
    if case .readIndex = body { true } else { false }
  }

  /// Of a request that was forwarded and not answered.
  var mayBeCommitted: Bool { !isRead && isFullySent }
}

extension LocalFailure {
  var storeError: StoreError {
    switch self {
    case .store(let error): error
    case .notLeader: .leaderChanged
    }
  }
}
