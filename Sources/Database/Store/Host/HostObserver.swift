public import RoostPlatform
public import RoostRaft

/// Watches what the replicas of a host do, while they do it: simulation holds them to what must be true at every
/// moment. In production nobody watches.
///
/// Everything is told on the host's loop, in the order in which it happens.
public protocol HostObserver: AnyObject, Sendable {
  /// A replica stands as its log and its state machine were found.
  func recovered(_ group: GroupID, _ core: RaftCore)
  func roleChanged(in group: GroupID, _ core: RaftCore)
  /// A write is handed to the log.
  func logging(_ write: StorageAppend, in group: GroupID, _ core: RaftCore)
  /// The oldest write that was handed to the log and not yet told of is durable.
  func logged(in group: GroupID)
  /// A replica has done what it had to do for now; its commit index may have moved.
  func settled(_ group: GroupID, _ core: RaftCore)
  /// Entries are part of the state, which now stands at `timestamp`.
  func applied(_ entries: [Entry], at timestamp: Timestamp, in group: GroupID, _ core: RaftCore)
}

extension GroupHost {
  /// Whether what one host sends another means the same when it arrives twice. Consensus survives repetition; a request
  /// that is repeated is a second request, which is why hosts are joined by connections that never repeat anything.
  public static func isRepeatable(_ payload: [UInt8]) -> Bool {
    switch payload.first.flatMap({ PeerPayload.Kind(rawValue: $0) }) {
    case .consensus, .heartbeat, .refusal: true
    default: false
    }
  }
}
