public import RoostPlatform

/// What a ``Transaction`` runs on: a cluster, an embedded store, a simulated one.
public protocol TransactionBackend: AnyObject, Sendable {
  /// A consistent view to read from. Linearizable: it holds every write acknowledged before the call, unless
  /// ``TransactionOptions/firstView`` lets it say of itself that it is not confirmed.
  func openView(_ options: TransactionOptions) async throws(StoreError) -> any ReadView
  /// Commits atomically if nothing the request read has changed since its read timestamp; returns the commit timestamp.
  func commit(_ request: CommitRequest, _ options: TransactionOptions) async throws(StoreError) -> Timestamp
  /// What the writes of open transactions draw from; nil is without limit.
  var writeMemory: MemoryAccount? { get }
}

extension TransactionBackend {
  public var writeMemory: MemoryAccount? { nil }
}

public struct TransactionOptions: Sendable {
  public enum ReadLevel: Sendable {
    /// Sees everything acknowledged before it began.
    case linearizable
    /// Sees whatever this node has applied, without asking anyone; can't write.
    case stale
  }

  /// What a linearizable transaction may begin with. Unless it is ``confirmed`` its commit validates what was read, and whoever
  /// decides by it without committing a write asks ``Transaction/confirm()``.
  public enum FirstView: Sendable, Hashable {
    /// What the leader says is the newest there is: costs a round.
    case confirmed
    /// What this node has applied, as long as that holds everything up to a timestamp; ``confirmed`` otherwise.
    case applied(since: Timestamp)
    /// What somebody on this node saw within the last second; ``applied(since:)`` any time, where nobody saw anything.
    case atHand

    /// What a view that was not asked for has to hold; nil if it has to be asked for.
    var appliedSince: Timestamp? {
      switch self {
      case .confirmed: nil
      case .applied(let since): since
      case .atHand: .zero
      }
    }
  }

  public var readLevel: ReadLevel
  public var firstView = FirstView.confirmed
  /// How long to wait for a leader before giving up.
  public var timeLimit: Duration
  /// What ends the wait for a view or a commit before that; nil is nothing.
  public var interruption: (any RequestInterruption)?

  public init(
    readLevel: ReadLevel = .linearizable, timeLimit: Duration = .seconds(10),
    interruption: (any RequestInterruption)? = nil
  ) {
    self.readLevel = readLevel
    self.timeLimit = timeLimit
    self.interruption = interruption
  }
}

/// A buffered transaction on its way to the leader.
public struct CommitRequest: Sendable, Equatable {
  public struct Write: Sendable, Equatable {
    public var key: Key
    /// nil deletes.
    public var value: [UInt8]?
    /// Whether the transaction relies on what the key held before: then a change since the read timestamp is a conflict.
    public var isRead: Bool

    public init(key: Key, value: [UInt8]?, isRead: Bool = false) {
      self.key = key
      self.value = value
      self.isRead = isRead
    }
  }

  /// What was read was read as of here.
  public var readTimestamp: Timestamp
  /// Those that are read and not written; see ``Write/isRead`` for the others.
  public var readKeys: [Key]
  public var readRanges: [KeyRange]
  /// In key order, each key once.
  public var writes: [Write]
  /// Whether what it puts only records a removal, as of a table: see ``Transaction/putForRemoval(_:_:)``.
  public var recordsRemoval: Bool

  /// Whether it makes room, in the end: then it is taken on a full disk, too.
  var onlyRemoves: Bool { recordsRemoval || writes.allSatisfy { $0.value == nil } }

  /// Whether it relies on nothing that it has read.
  var isBlind: Bool { readKeys.isEmpty && readRanges.isEmpty && !writes.contains { $0.isRead } }

  /// Keys and values, in bytes.
  public var byteCount: Int {
    var bytes = 64
    for write in writes { bytes += write.key.bytes.count + (write.value?.count ?? 0) }
    for key in readKeys { bytes += key.bytes.count }
    for range in readRanges { bytes += range.lower.bytes.count + range.upper.bytes.count }
    return bytes
  }

  /// What is too large about it, whoever made it; nil if nothing is.
  var excess: StoreError? {
    for write in writes {
      if write.key.bytes.count > Transaction.maximumKeyBytes {
        return .tooLarge(what: "a key", size: write.key.bytes.count, limit: Transaction.maximumKeyBytes)
      }
      if let size = write.value?.count, size > Transaction.maximumValueBytes {
        return .tooLarge(what: "a value", size: size, limit: Transaction.maximumValueBytes)
      }
    }
    let size = byteCount
    // What was read counts too, for it travels to the leader.
    let limit = Transaction.maximumBytes + Transaction.maximumReadBytes
    return size > limit ? .tooLarge(what: "a transaction", size: size, limit: limit) : nil
  }

  public init(
    readTimestamp: Timestamp, readKeys: [Key] = [], readRanges: [KeyRange] = [], writes: [Write],
    recordsRemoval: Bool = false
  ) {
    self.recordsRemoval = recordsRemoval
    self.readTimestamp = readTimestamp
    self.readKeys = readKeys
    self.readRanges = readRanges
    self.writes = writes
  }
}
