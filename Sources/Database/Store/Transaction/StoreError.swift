/// Why a transaction or a read could not be done, and whether trying again makes sense.
public enum StoreError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Another transaction changed what this one read. Run the transaction again.
  case conflict
  /// No leader could be reached within the time limit. `missing` names the nodes that do not answer.
  case noQuorum(group: UInt64, missing: [String])
  /// The commit was sent, but its answer was lost: it may or may not have happened.
  case unknownOutcome
  /// The time limit passed before anything was proposed.
  case timedOut
  case cancelled
  /// A key, value or transaction over its limit: what, how large, and the limit, in bytes.
  case tooLarge(what: String, size: Int, limit: Int)
  /// So much waits in a queue of the node, or of the partition's leader, that it takes no more. Try again after a while.
  case overloaded(Queue)
  /// Leadership moved while the request was under way, and it certainly did not happen. Try again.
  case leaderChanged
  /// The node takes no requests: it is starting or shutting down. Use another one.
  case notServing
  /// The node holds no copy of the partition, or none yet. Use another one.
  case noReplica(group: UInt64)
  /// No partition holds the key.
  case noPartition(Key)
  /// The request names keys that lie outside of the partition it was sent to.
  case wrongPartition(group: UInt64)
  /// The transaction reads at a stale level, so nothing it decides by is known to be true: it can't write.
  case readOnly
  /// Another node answered with something that was not asked for.
  case unexpectedAnswer(node: String)
  /// The disks of so many nodes are full that nothing can be written; `node` is one of them.
  case diskFull(node: String)
  /// The disk of this node has been full for so long that it can't follow the others: it can't show what they have
  /// committed since.
  case leftBehind(node: String)
  /// What a node holds of a partition contradicts what the others have committed: it serves it no more.
  case diverged(group: UInt64, node: String)
  /// The clients of this node together have used up what memory it may use: so many bytes.
  case outOfMemory(limit: Int)
  /// The transaction has been open for so long that versions it would have to read are not kept any more.
  case tooOld
  /// The key belongs to another layer, or to none; see ``KeySpaceRegistry``.
  case keyNotOpen(Key, owner: String?)
  /// The state engine failed.
  case storage(String)
  /// The transaction was already committed or rolled back.
  case finished

  /// Where requests wait.
  public enum Queue: UInt8, Sendable, CustomStringConvertible {
    /// For a leader, or for its answer.
    case requests = 1
    /// Reads, for a quorum that confirms the leader.
    case reads = 2
    /// Writes, to be replicated.
    case proposals = 3

    public var description: String {
      switch self {
      case .requests: "too many requests are waiting"
      case .reads: "too many reads are waiting"
      case .proposals: "too much is waiting to be replicated"
      }
    }
  }

  public var description: String {
    switch self {
    case .conflict: "the transaction conflicts with a concurrent one; run it again"
    case .noQuorum(let group, let missing):
      "partition \(group) has no leader that reaches a quorum"
        + (missing.isEmpty ? "" : "; missing nodes: \(missing.joined(separator: ", "))")
    case .unknownOutcome: "the connection to the leader broke during commit; the outcome is unknown"
    case .timedOut: "the time limit passed before the request was accepted"
    case .cancelled: "the request was cancelled"
    case .tooLarge(let what, let size, let limit): "\(what) of \(size) bytes is over the limit of \(limit) bytes"
    case .overloaded(let queue): "the node can't serve the request now: \(queue)"
    case .leaderChanged: "this node does not lead the partition, or not any more; nothing was done, try again"
    case .notServing: "the node is starting or shutting down; use another one"
    case .noReplica(let group): "partition \(group) is not on this node"
    case .noPartition(let key): "no partition holds the key \(key)"
    case .wrongPartition(let group): "a key lies outside of partition \(group)"
    case .readOnly: "a transaction that reads at a stale level can't write"
    case .unexpectedAnswer(let node): "node \(node) gave an answer that does not fit the request"
    case .diskFull(let node):
      "the disk of node \(node) is full: free space there; reads go on, writes come back by themselves"
    case .leftBehind(let node): "node \(node) can't follow the others, for its disk is full: use another node"
    case .diverged(let group, let node):
      "what node \(node) holds of partition \(group) contradicts what the others have committed; use another node"
    case .outOfMemory(let limit):
      "out of memory: the clients of this node have used up what it may use, \(limit >> 20) MiB; try again, or in parts"
    case .tooOld: "the transaction has been open longer than old versions are kept; run it again"
    case .keyNotOpen(let key, let owner?): "the key \(key) belongs to \(owner)"
    case .keyNotOpen(let key, nil): "the key \(key) belongs to nobody"
    case .storage(let reason): "the state engine failed: \(reason)"
    case .finished: "the transaction is already finished"
    }
  }
}
