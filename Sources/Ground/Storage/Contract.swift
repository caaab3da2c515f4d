// CONTRACT, to be split into files by the owner of Storage.
import RoostPlatform
import RoostRaft

/// What one group wants in the log, in order. `entries` replace everything from their first index on.
public struct LogWrite: Sendable {
  public var group: GroupID
  public var hardState: HardState?
  public var entries: [Entry]
  /// The log up to here is replaced by a snapshot (installed, or compacted): recovery starts after it.
  public var snapshot: SnapshotMetadata?
  /// Forget the group altogether.
  public var removesGroup: Bool

  public init(
    group: GroupID, hardState: HardState? = nil, entries: [Entry] = [], snapshot: SnapshotMetadata? = nil,
    removesGroup: Bool = false
  ) {
    self.group = group
    self.hardState = hardState
    self.entries = entries
    self.snapshot = snapshot
    self.removesGroup = removesGroup
  }
}

/// What recovery found of one group.
public struct RecoveredGroup: Sendable {
  public var group: GroupID
  public var hardState: HardState
  /// The compaction point; entries follow it without a gap.
  public var snapshot: SnapshotMetadata
  public var firstIndex: LogIndex
  public var lastIndex: LogIndex
}

/// An ordered byte-string map: the state engine. No write-ahead log of its own; after a crash it holds what the last
/// `flush` (explicit or by its own choice) made durable, always a whole prefix of the write batches.
public protocol Engine: AnyObject, Sendable {
  func get(_ key: [UInt8]) throws(EngineError) -> [UInt8]?
  func write(_ batch: EngineBatch) throws(EngineError)
  /// A frozen, consistent view.
  func snapshot() -> any EngineSnapshot
  /// Makes everything written so far durable. Blocks.
  func flush() throws(EngineError)
  func close()
}

public protocol EngineSnapshot: AnyObject, Sendable {
  func get(_ key: [UInt8]) throws(EngineError) -> [UInt8]?
  /// A cursor over [lower, upper), positioned before the first pair (or after the last for reverse).
  func cursor(lower: [UInt8], upper: [UInt8]) throws(EngineError) -> any EngineCursor
}

/// Walks a frozen view; `seek` lands on the first key at or after the argument, `next` steps. Used by one thread at a time.
public protocol EngineCursor: AnyObject {
  func seek(_ key: [UInt8])
  /// Lands on the last key at or before `key`.
  func seekForPrevious(_ key: [UInt8])
  func next()
  func previous()
  var isValid: Bool { get }
  func checkStatus() throws(EngineError)
  var key: [UInt8] { get }
  var value: [UInt8] { get }
}

public struct EngineBatch: Sendable {
  public enum Operation: Sendable {
    case put(key: [UInt8], value: [UInt8])
    case delete(key: [UInt8])
    case deleteRange(lower: [UInt8], upper: [UInt8])
  }
  public var operations: [Operation] = []
  public init() {}
  public mutating func put(_ key: [UInt8], _ value: [UInt8]) { operations.append(.put(key: key, value: value)) }
  public mutating func delete(_ key: [UInt8]) { operations.append(.delete(key: key)) }
  public mutating func deleteRange(_ lower: [UInt8], _ upper: [UInt8]) {
    operations.append(.deleteRange(lower: lower, upper: upper))
  }
}

public struct EngineError: Error, Sendable, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}

/*
public final class LogStore  — the synchronous segment log over `Disk`:
  init(disk:, directory:, options:) throws(LogError)          // recovers, cuts a torn tail, refuses interior corruption
  var recoveredGroups: [RecoveredGroup]
  func entries(of: GroupID, from: LogIndex, through: LogIndex, maxBytes: Int) throws(LogError) -> [Entry]   // thread-safe against the log thread
  func write(_ batch: [LogWrite]) throws(LogError); func sync() throws(LogError)
  func release(_ group: GroupID, through: LogIndex)             // durable applied index: segments wholly below may be dropped

public final class LogWriter — the shell: batches from all loops → one write, one sync → one callback per loop:
  init(store: LogStore, worker: any BlockingWorker, onFailure: @Sendable (LogError) -> Void)
  func append(_ writes: [LogWrite], on loop: any Loop, completion: @escaping @Sendable () -> Void)    // in order
  func readEntries(of:from:through:maxBytes:on loop: completion:)
*/
