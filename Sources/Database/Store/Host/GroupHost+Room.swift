import RoostBase
import RoostMembership
import RoostPlatform
import RoostRaft
import RoostStorage

/// How a host makes room on a full disk by itself, and keeps some for that.
///
/// 1. While there is plenty of room, a file holds a part of it (``Ballast``). When somebody fills the disk, it is given
///    back, so that the log can begin a segment, memtables can be written out and tables be merged.
/// 2. While the disk is full the host writes out the state engine and shortens the log behind that, lets go of old
///    versions that no open view needs, and merges tables, as long as that may free something.
///    It goes on for a minute after there is enough room for writes, for what was removed meanwhile takes room, too.
///    While the disk is nearly full it does so once when enough was written to be worth it, for a merge writes everything
///    anew.
/// 3. When there is plenty of room again the file is made anew.
extension GroupHost {
  /// Looks how much room is left, if something was written since the last look, and now and then in any case: others
  /// may use the disk, too. The answer may take long on a disk that hangs, so it is not waited for.
  func measureSpace(_ now: Instant) {
    guard !diskWatch.isMeasuring, diskWatch.isDue(logStore.lastDurableBatch) else { return }
    diskWatch.isMeasuring = true
    let disk = disk
    let loop = loop
    let ballast = Ballast(disk: disk, size: configuration.ballastBytes)
    stateWorker.submit { [self] in
      let space = try? disk.space()
      let held = try? ballast.bytes()
      loop.execute { [self] in
        diskWatch.isMeasuring = false
        guard !isStopped, let space else { return }
        diskWatch.measured(space)
        tendBallast(held: held ?? 0)
      }
    }
  }

  // MARK: The ballast

  private func tendBallast(held: Int) {
    guard configuration.ballastBytes > 0, !diskWatch.isChangingBallast, let space = diskWatch.space else { return }
    if held > 0, space.isSpent(free: diskWatch.free) || isRefusedRoom { return giveBallastBack() }
    let missing = configuration.ballastBytes - held
    guard missing > 0, space.canSpare(missing, of: diskWatch.free), !isRefusedRoom else { return }
    changeBallast { ballast throws(DiskError) in try ballast.fill() }
  }

  /// Something found no room: gives back what was kept for that.
  func giveBallastBack() {
    guard configuration.ballastBytes > 0, !diskWatch.isChangingBallast else { return }
    changeBallast { ballast throws(DiskError) in try ballast.release() }
  }

  private func changeBallast(_ change: @escaping @Sendable (Ballast) throws(DiskError) -> Void) {
    diskWatch.isChangingBallast = true
    let ballast = Ballast(disk: disk, size: configuration.ballastBytes)
    let loop = loop
    stateWorker.submit { [self] in
      // Without room there is none; it is tried again after the next look at the disk.
      try? change(ballast)
      loop.execute { [self] in
        diskWatch.isChangingBallast = false
        if !isStopped { logWriter.retry() }
      }
    }
  }

  // MARK: Making room

  /// How long room is made after there was too little of it.
  private static let aftermath = Duration.seconds(60)
  /// What a flush takes beside what was logged since the last one, at the least.
  private static let leastRoomForFlush = 4 << 10
  /// At least between two rounds then.
  private static let aftermathPause = Duration.seconds(5)

  /// Makes room if the disk is full, or if the log is longer than it may be, as after a start with a lower limit.
  func makeRoom(_ now: Instant) {
    let isLogTooLong = logStore.keptBytes > configuration.maximumLogBytes + configuration.maximumLogBytes / 2
    if isOutOfRoom { diskWatch.wantsRoomUntil = now + GroupHost.aftermath }
    let isMergeDue = now < diskWatch.wantsRoomUntil || diskWatch.isMergeWorthwhile(now, unflushed: bytesSinceFlush)
    guard isMergeDue || isLogTooLong, !diskWatch.isMakingRoom, now >= diskWatch.nextRoomRound else { return }
    if bytesSinceFlush > 0 { diskWatch.idleRounds = 0 }
    // A state engine that finds no room while it is written out takes nothing more, and reads would wait for that.
    guard diskWatch.free >= bytesSinceFlush + GroupHost.leastRoomForFlush, flushForRoom() else { return }
    diskWatch.isMakingRoom = true
    diskWatch.isMergeDue = isMergeDue
  }

  /// The state engine is written out and the log shortened: now the state itself.
  func flushedForRoom() {
    guard diskWatch.isMergeDue else { return endRoomRound() }
    forgetUnreadVersions()
    let mark = RoomMark(position: engine.position, threshold: sweptBefore)
    // A merge in steps goes a level deeper with each round.
    guard mark != diskWatch.lastMark || diskWatch.idleRounds < RoomMark.roundsPerChange else { return endRoomRound() }
    diskWatch.lastMark = mark
    diskWatch.beginsMerge(loop.now)
    let engine = engine
    let loop = loop
    let room = diskWatch.free
    stateWorker.submit { [self] in
      let result = Result { () throws(EngineError) in try engine.reclaim(within: room) }
      loop.execute { [self] in
        guard !isStopped else { return }
        if case .failure(let error) = result, error.kind == .corruption {
          return engineFailed(error, "tables of the state engine can't be merged")
        }
        endRoomRound()
      }
    }
  }

  private func endRoomRound() {
    diskWatch.isMakingRoom = false
    let pause = DiskWatch.pause(after: diskWatch.idleRounds)
    diskWatch.nextRoomRound = loop.now + (isOutOfRoom ? pause : max(pause, GroupHost.aftermathPause))
    diskWatch.idleRounds += 1
  }
}

/// What a round of making room had before it; there is no use in another one with the same.
struct RoomMark: Equatable {
  /// As many as a state engine has levels.
  static let roundsPerChange = 7

  var position: UInt64
  var threshold: Timestamp
}

/// What a host knows of its disk.
struct DiskWatch {
  var isStalled = false
  var isMeasuring = false
  var isChangingBallast = false
  /// The last durable batch when the room was last measured.
  private var measuredBatch: UInt64 = 0
  private var looksSkipped = 0
  private(set) var space: SpaceGuard?
  /// As last measured.
  private(set) var free = 0
  /// Since when something has found no room without a pause.
  private(set) var refusedSince: Instant?

  // Rounds of making room.
  var isMakingRoom = false
  var nextRoomRound = Instant.origin
  var wantsRoomUntil = Instant.origin
  /// Rounds since something was last written.
  var idleRounds = 0
  var lastMark: RoomMark?
  /// Whether the round is to merge tables, too.
  var isMergeDue = false
  /// Bytes logged since tables were last merged, as far as the state engine was written out since: no more than these can
  /// be garbage in what it was given.
  var bytesSinceMerge = 0
  private var lastMerge = Instant.origin

  /// Whether so little room is left that clients may take no more of it.
  var isLow: Bool { space?.refusesWrites ?? false }

  /// Whether so little is left, and so much was written since tables were last merged, that some of it should be made.
  ///
  /// - Parameter unflushed: bytes logged since the state engine was last written out.
  func isMergeWorthwhile(_ now: Instant, unflushed: Int) -> Bool {
    guard let space, space.isTight(free: free) else { return false }
    let written = bytesSinceMerge + unflushed
    // What is removed takes few bytes of the log, and may free many.
    return written >= space.garbageWorthMerging(free: free)
      || written > 0 && lastMerge + DiskWatch.longestGarbage <= now
  }

  mutating func beginsMerge(_ now: Instant) {
    bytesSinceMerge = 0
    lastMerge = now
  }

  /// How long something that may be garbage stays while room is short.
  private static let longestGarbage = Duration.seconds(300)

  private static let mostLooksSkipped = 7

  /// Whether it is time to measure, given the last batch of the log.
  mutating func isDue(_ batch: UInt64) -> Bool {
    looksSkipped += 1
    guard isLow || measuredBatch != batch || looksSkipped > DiskWatch.mostLooksSkipped else { return false }
    measuredBatch = batch
    looksSkipped = 0
    return true
  }

  mutating func measured(_ found: DiskSpace) {
    var space = self.space ?? SpaceGuard(reserve: SpaceGuard.reserve(of: found.capacity))
    let changed = space.update(free: found.free)
    if changed {
      idleRounds = 0
      nextRoomRound = .origin
    }
    self.space = space
    free = found.free
  }

  mutating func noteRoom(isRefused: Bool, _ now: Instant) {
    refusedSince = isRefused ? refusedSince ?? now : nil
  }

  /// One second at first, half a minute when nothing happens.
  static func pause(after idleRounds: Int) -> Duration { .seconds(min(30, 1 << min(idleRounds, 5))) }
}
