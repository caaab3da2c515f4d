import RoostBase
import RoostPlatform

/// A request of this node's sessions or clients on its way to where it is decided.
struct RoutedRequest {
  enum Body {
    case commit(CommitRequest, Replica.CommitCompletion)
    case bulk(BulkRequest, Replica.CommitCompletion)
    case readIndex(Replica.IndexCompletion)
  }

  let group: GroupID
  let body: Body
  let deadline: Instant
  /// By which its caller may give it up.
  var hold: RequestHold?
  /// How often it was asked in vain, of a read.
  var timesUnanswered = 0

  func fail(_ error: StoreError) {
    switch body {
    case .commit(_, let completion), .bulk(_, let completion): completion(.failure(.store(error)))
    case .readIndex(let completion): completion(.failure(.store(error)))
    }
  }

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
}

extension LocalFailure {
  var storeError: StoreError {
    switch self {
    case .store(let error): error
    case .notLeader: .leaderChanged
    }
  }
}
