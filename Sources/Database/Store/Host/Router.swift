import RoostPlatform
import RoostRaft

/// Requests that wait on this node: for a leader to be known, or for another node's answer.
///
/// A request is parked while no leader is known, forwarded to the leader otherwise. A read, and a commit that
/// certainly did not
/// happen, goes back and forth until its deadline; a commit whose answer is lost ends as an unknown outcome at once.
struct Router {
  enum Body {
    case commit(CommitRequest, Replica.CommitCompletion)
    case readIndex(Replica.IndexCompletion)
  }

  struct Routed {
    var group: GroupID
    var body: Body
    var deadline: Instant

    func fail(_ error: StoreError) {
      switch body {
      case .commit(_, let completion): completion(.failure(.store(error)))
      case .readIndex(let completion): completion(.failure(.store(error)))
      }
    }
  }

  let limit: Int
  var parked: [Routed] = []
  var forwarded: [UInt64: (request: Routed, to: NodeID)] = [:]
  var nextID: UInt64
  var timer: (any LoopTimer)?

  /// - Parameter firstID: differs from start to start of a node: an answer to what it asked before must not pass for
  /// one to
  ///   what it asks now.
  init(limit: Int, firstID: UInt64) {
    self.limit = limit
    nextID = firstID
  }

  var count: Int { parked.count + forwarded.count }
}

extension Router.Routed {
  var isRead: Bool {
    if case .readIndex = body { true } else { false }
  }
}

extension LocalFailure {
  var storeError: StoreError {
    switch self {
    case .store(let error): error
    case .notLeader: .unavailable("the leader changed")
    }
  }
}
