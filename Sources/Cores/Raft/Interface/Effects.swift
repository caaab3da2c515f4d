public import RoostBase

/// What a member wants done, in the order its fields stand in.
///
/// The shell takes all effects at once (``RaftCore/takeEffects()``) after a batch of inputs:
/// - `messages` go out at once, beside the write of `persist`, not after it;
/// - `persist` is written in the order it was taken; only when all of it is durable are its responses delivered;
/// - `committed` is applied in order, then ``RaftCore/applied(through:)`` says so;
/// - the rest answers or asks something.
public struct Effects: Sendable {
  /// Role and leader, when they have changed.
  public var softState: SoftState?
  /// To be sent now, whatever is durable or not.
  public var messages: [Message]
  /// To be written and synced.
  public var persist: StorageAppend?
  /// To be applied in order.
  public var committed: [Entry]
  /// Reads that are linearizable as soon as everything up to their index is applied.
  public var reads: [ReadState]
  /// Contexts of reads that this member can't confirm any more, because it lost leadership.
  public var abandonedReads: [UInt64]
  /// Entries to be read back from the log for followers that are far behind.
  public var loads: [LoadRequest]

  public init(
    softState: SoftState? = nil, messages: [Message] = [], persist: StorageAppend? = nil, committed: [Entry] = [],
    reads: [ReadState] = [], abandonedReads: [UInt64] = [], loads: [LoadRequest] = []
  ) {
    self.softState = softState
    self.messages = messages
    self.persist = persist
    self.committed = committed
    self.reads = reads
    self.abandonedReads = abandonedReads
    self.loads = loads
  }
}

/// What a member is in its term.
public enum Role: UInt8, Hashable, Sendable {
  /// Follows a leader, or waits for one. A learner is a follower too (``RaftCore/isLearner``).
  case follower
  /// Asks whether an election could be won, without disturbing anyone.
  case preCandidate
  case candidate
  case leader
}

/// The part of a member's state that needs no disk.
public struct SoftState: Hashable, Sendable {
  public var role: Role
  /// ``NodeID/none`` if unknown.
  public var leader: NodeID

  public init(role: Role, leader: NodeID) {
    self.role = role
    self.leader = leader
  }
}

/// One write of the log.
///
/// Everything in it becomes durable together. `entries` replace whatever the log holds from the index of the
/// first one on. `snapshot` replaces the whole log (its entries are never set together with it). Writes are
/// never reordered.
public struct StorageAppend: Sendable {
  public var hardState: HardState?
  public var entries: [Entry]
  @Boxed public var snapshot: SnapshotMetadata?
  /// What to deliver once this write and all before it are durable: those addressed to this member with
  /// ``RaftCore/step(_:now:)``, the others over the network.
  public var responses: [Message]
  /// False if only the commit index has moved: the write may then wait for the next sync, and the responses need
  /// not wait for any sync that is not already under way.
  public var mustSync: Bool

  public init(
    hardState: HardState? = nil, entries: [Entry] = [], snapshot: SnapshotMetadata? = nil, responses: [Message] = [],
    mustSync: Bool = false
  ) {
    self.hardState = hardState
    self.entries = entries
    self.snapshot = snapshot
    self.responses = responses
    self.mustSync = mustSync
  }
}

/// A confirmed read: it sees all that was committed when it was asked for, once `index` is applied.
public struct ReadState: Hashable, Sendable {
  public var context: UInt64
  public var index: LogIndex

  public init(context: UInt64, index: LogIndex) {
    self.context = context
    self.index = index
  }
}

/// Asks for entries that memory holds no longer, beginning with `from`: at least one, and not much more than
/// `maxBytes`. The answer is ``RaftCore/entriesLoaded(for:entries:now:)``, empty if they can't be had.
public struct LoadRequest: Hashable, Sendable {
  public var follower: NodeID
  public var from: LogIndex
  public var maxBytes: Int

  public init(follower: NodeID, from: LogIndex, maxBytes: Int) {
    self.follower = follower
    self.from = from
    self.maxBytes = maxBytes
  }
}
