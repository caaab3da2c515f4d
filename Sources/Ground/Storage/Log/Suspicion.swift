import RoostPlatform
import RoostRaft

/// What recovery must doubt after a hole, a place where batches that had been durable can't be read.
///
/// A hole may have taken records of any group. The next whole batch says of which (``RecentGroups``): its first record
/// of such a group tells the hard state, and where the group's log ended. If that is where the log as read so far ends,
/// index and term, then nothing is missing (Log Matching, Raft paper, section 5.3). Otherwise entries are missing, and
/// others that were read may have been replaced by those: only what had been known to be committed before is sound.
struct Suspicion {
  /// Whether a hole was met and nothing vouches yet for the groups that are not in `cleared`.
  private(set) var isActive = false
  /// Whether the batch being read speaks first of every group that the hole was about.
  var isCovered = false
  private var cleared: Set<GroupID> = []
  /// For each group that lost entries, its log before the hole as far as it is sound.
  var sound: [GroupID: GroupLog] = [:]

  mutating func begin() {
    isActive = true
    isCovered = false
    cleared = []
  }

  mutating func end() {
    isActive = false
    cleared = []
  }

  func suspects(_ group: GroupID) -> Bool { isActive && !cleared.contains(group) }

  mutating func clear(_ group: GroupID) { if isActive { cleared.insert(group) } }
}

extension GroupTable {
  /// The copies that a segment begins with were read: they list every group there was.
  mutating func endSuspicionAtBeginning() {
    guard suspicion.isActive else { return }
    for group in groups where suspicion.suspects(group) { remove(group) }
    suspicion.end()
  }

  /// An entry of a group under suspicion, of which nothing was told before.
  mutating func resolveSuspicion(of group: GroupID, by index: LogIndex) {
    if suspicion.isCovered { suspicion.clear(group) } else { loseEntries(of: group, before: index) }
  }

  /// A record of the hard state of a group under suspicion.
  mutating func clearSuspicion(of group: GroupID, by record: HardStateRecord) {
    let log = self[group] ?? GroupLog()
    suspicion.clear(group)
    if log.lastIndex == record.lastIndex, (log.term(of: log.lastIndex) ?? .zero) == record.lastTerm { return }
    // A log that ends before its own compaction point is another one: the group was removed and made again.
    if record.lastIndex < log.snapshot.index { remove(group) }
    loseEntries(of: group, before: record.lastIndex.next)
  }

  /// Puts aside what is sound of a group; from `next` on its log goes on.
  mutating func loseEntries(of group: GroupID, before next: LogIndex) {
    suspicion.clear(group)
    if suspicion.sound[group] == nil {
      var sound = self[group] ?? GroupLog()
      sound.keepCommitted()
      suspicion.sound[group] = sound
    }
    update(group) { $0.loseEntries(before: next) }
  }

  /// A segment's beginning tells a compaction point before the one known: the group was removed and made again in a
  /// hole. What is known of it is of another log.
  mutating func startAnew(_ group: GroupID, at marker: SnapshotMetadata) {
    guard let known = self[group], known.snapshot.index > marker.index else { return }
    suspicion.sound[group] = GroupLog()
    update(group) { log in
      log = GroupLog()
      log.hardState = known.hardState
      log.repairThrough = known.repairThrough
      log.loseEntries(before: known.resumesAt)
    }
  }

  /// Puts the sound part in the place of a damaged log, so that it can be read.
  mutating func restoreSound(of group: GroupID) {
    guard let sound = suspicion.sound.removeValue(forKey: group) else { return }
    let current = self[group] ?? GroupLog()
    update(group) { log in
      log = sound
      log.hardState = current.hardState
      log.repairThrough = current.repairThrough
      if current.snapshot.index > log.snapshot.index { log.compact(to: current.snapshot) }
    }
  }

  /// What is missing of a group; nil if all is there that is needed.
  func damage(of group: GroupID) -> GroupDamage? {
    guard let log = self[group], !log.isContiguous else { return nil }
    var soundThrough = log.snapshot.index
    if let sound = suspicion.sound[group], sound.isContiguous, sound.lastIndex > soundThrough,
      sound.lastIndex < log.resumesAt
    {
      soundThrough = sound.lastIndex
    }
    return GroupDamage(soundThrough: soundThrough, resumesAt: log.resumesAt)
  }
}
