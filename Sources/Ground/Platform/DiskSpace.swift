/// The size of a disk and what is free of it for this process, in bytes.
public struct DiskSpace: Hashable, Sendable {
  public var capacity: Int
  public var free: Int

  public init(capacity: Int, free: Int) {
    self.capacity = capacity
    self.free = free
  }
}

/// Decides whether writes are taken while a disk fills up: not any more once less than the reserve is free, and again
/// when there is half as much more than that, so that it doesn't change its mind at every byte.
///
/// The reserve is what a node needs to get out of trouble by itself: to write out both of the state engine's memtables,
/// to begin another log segment and to merge files before it can delete them. It must not be used up by clients, for a
/// state engine that finds no room at all can't even free some by compaction. Somebody else may still take it: for that
/// case a part of it, the ballast, is a file that is given back when the disk is full.
///
/// | disk | reserve | ballast |
/// |---|---|---|
/// | 400 MiB | 40 MiB: a tenth; memtables, segments and files to merge are small there, too | 26 MiB |
/// | 512 MiB | 51 MiB | 34 MiB |
/// | 1 GiB | 96 MiB: the least that serves its purpose | 64 MiB |
/// | 2 GiB | 102 MiB: 5 % | 68 MiB |
/// | 5 GiB and more | 256 MiB | 96 MiB |
///
///     var guard = SpaceGuard(reserve: SpaceGuard.reserve(of: try disk.space().capacity))
///     if guard.update(free: try disk.space().free) { … guard.refusesWrites … }
public struct SpaceGuard: Hashable, Sendable {
  /// Bytes that clients' writes may not take.
  public let reserve: Int
  /// Whether writes of clients are to be refused, as of the last `update`.
  public private(set) var refusesWrites = false

  public init(reserve: Int) {
    precondition(reserve >= 0, "a reserve is no debt")
    self.reserve = reserve
  }

  /// The reserve that suits a disk of `capacity` bytes.
  public static func reserve(of capacity: Int) -> Int {
    let least = min(96 << 20, capacity / 10)
    return max(least, min(256 << 20, capacity / 20))
  }

  /// How much of the reserve of a disk of `capacity` bytes is kept as a file.
  public static func ballast(of capacity: Int) -> Int { min(96 << 20, reserve(of: capacity) / 3 * 2) }

  /// Whether so little is free that a node may soon find no room for what it must write: time to give the ballast back.
  public func isSpent(free: Int) -> Bool { free < reserve / 4 }

  /// Whether so little is free that a node should make some, whether or not writes are refused.
  public func isTight(free: Int) -> Bool { free < 2 * reserve }

  /// How much must have been written since the last merge of tables to make another one worth its work, while writes are
  /// still taken: half of what may be written before they are not, and not too little, for a merge may write about as much
  /// as the reserve.
  public func garbageWorthMerging(free: Int) -> Int { max(reserve / 8, (free - reserve) / 2) }

  /// Whether so much is free that writes are still taken when `bytes` more are used.
  public func canSpare(_ bytes: Int, of free: Int) -> Bool { !refusesWrites && free - bytes > reserve + reserve / 2 }

  /// Takes note of what is free now. Returns whether `refusesWrites` changed.
  public mutating func update(free: Int) -> Bool {
    // A half more, or one byte more where there is no reserve to speak of.
    let refuses = refusesWrites ? free <= reserve + reserve / 2 : free < reserve
    defer { refusesWrites = refuses }
    return refuses != refusesWrites
  }
}
