/// An ordered byte-string map: the state engine.
///
/// It has no write-ahead log of its own, since the Raft log is the truth. After a crash it holds what the last flush
/// (explicit or by its own choice) made durable, always a whole prefix of the write batches. Whoever writes puts the
/// position it has applied into the same batch; what that key says after opening is where replay starts.
///
/// ``RocksEngine`` is the production engine, ``MemoryEngine`` keeps the same contract for simulation and tests.
/// Every method may be called from any thread; batches take effect in the order in which `write` returns.
public protocol Engine: AnyObject, Sendable {
  func get(_ key: [UInt8]) throws(EngineError) -> [UInt8]?
  /// Applies the whole batch, or nothing of it.
  func write(_ batch: EngineBatch) throws(EngineError)
  /// A frozen, consistent view.
  func snapshot() -> any EngineSnapshot
  /// Makes everything written so far durable. Blocks: run it on a worker.
  func flush() throws(EngineError)
  /// Says that no read below `timestamp` will be served any more, so that versions which only those would see may be
  /// dropped. The engine does that in its own time; a lower timestamp than an earlier one changes nothing. Cheap.
  func forget(before timestamp: UInt64)
  /// Drops now what ``forget(before:)`` allows and what was deleted, as far as that is possible while no more than `room`
  /// bytes are taken for it; what has to be done in steps goes on with the next call. May block for seconds: run it on
  /// a worker.
  func reclaim(within room: Int) throws(EngineError)
  /// Grows with every change: where a view that is opened now stands.
  var position: UInt64 { get }
  /// Where the oldest view stands that somebody still holds; nil if there is none.
  var oldestViewPosition: UInt64? { get }
  /// Ends the use of the engine. What was not flushed is lost. The directory is free for another engine as soon as
  /// every snapshot and cursor is gone too.
  func close()
}

/// A frozen, consistent view of an engine. Holding one for long keeps overwritten values alive.
public protocol EngineSnapshot: AnyObject, Sendable {
  /// What ``Engine/position`` was when it was opened.
  var position: UInt64 { get }
  func get(_ key: [UInt8]) throws(EngineError) -> [UInt8]?
  /// A cursor over `lower` (included) to `upper` (excluded), not yet positioned.
  func cursor(lower: [UInt8], upper: [UInt8]) throws(EngineError) -> any EngineCursor
  /// A cursor over all replicated data for point reads: one that was given back, or a new one.
  func takePointCursor() throws(EngineError) -> any EngineCursor
  /// Keeps such a cursor for whoever reads this view next: to open one costs about as much as a read.
  func giveBack(_ cursor: any EngineCursor)
}

extension EngineSnapshot {
  public func takePointCursor() throws(EngineError) -> any EngineCursor {
    try cursor(lower: [KeySpace.replicated], upper: [KeySpace.replicated + 1])
  }

  public func giveBack(_ cursor: any EngineCursor) {}
}

/// Walks a frozen view in key order, within the bounds it was made with. Used by one thread at a time.
///
/// A new cursor stands nowhere: `isValid` is false until a seek or a step. From there `next` lands on the first pair
/// and `previous` on the last. A cursor that ran off either end stays invalid until it is positioned again.
public protocol EngineCursor: AnyObject {
  /// Lands on the first key at or after `key`.
  func seek(_ key: [UInt8])
  /// Lands on the first key at or after `key` that begins with its first `count` bytes, of which the last is not FF. What lies
  /// beyond is not looked at: there may be very much that is too new for the view, one pair after the other. From then on
  /// the cursor ends with these keys.
  func seek(_ key: [UInt8], withinPrefix count: Int)
  /// Lands on the last key at or before `key`.
  func seekForPrevious(_ key: [UInt8])
  func next()
  func previous()
  var isValid: Bool { get }
  /// Throws when the cursor is invalid because reading failed, and not because it ran off its end.
  func checkStatus() throws(EngineError)
  /// The key it stands on. Only while `isValid`.
  var key: [UInt8] { get }
  /// The value it stands on. Only while `isValid`.
  var value: [UInt8] { get }
  /// Lends the key without a copy. Only while `isValid`.
  func withKey(_ body: (UnsafeRawBufferPointer) -> Void)
  /// Lends the value without a copy. Only while `isValid`.
  func withValue(_ body: (UnsafeRawBufferPointer) -> Void)
}
