import RoostMembership
import RoostPlatform
import RoostRaft
import RoostStorage

/// A member that learns that what it knows to be committed is not what the others have committed.
///
/// Consensus excludes it as long as disks keep what they said they keep. When a majority has lost the end of its logs
/// and nobody noticed, an intact member is the one that is contradicted. Which side is right can't be told here, so the
/// member takes no part in that partition any more: it answers no read, no write and no message. It says so in the log,
/// in its heartbeats and with that in everybody's status, and in a file, for after a restart it would serve again until it
/// is contradicted anew. The process goes on, and with it all other partitions.
///
/// What shows it:
/// - a leader's entry, or the one before it, has another term than the committed one here (``StepError/diverged(at:)``);
/// - a leader answers a read with an index below what was known to be committed here when it was asked.
extension GroupHost {
  func diverged(_ replica: Replica, at index: LogIndex, says node: NodeID) {
    guard !replica.isDiverged, !isStopped else { return }
    let own = delegate?.name(of: configuration.node) ?? "\(configuration.node)"
    let other = delegate?.name(of: node) ?? "\(node)"
    let report =
      "partition \(replica.group): entry \(index) is committed here, and its leader \(other) has another one; some nodes "
      + "have lost what they had made durable. This node serves the partition no more. Keep a copy of its directory; to go "
      + "on with what the others have, run `roost replace \(own)` on another node, and start it with an empty directory"
    suspend(replica, report)
    divergences.append(Divergence(group: replica.group, report: report))
    let records = divergences
    let disk = disk
    // Without room or with a broken disk it is found anew after the next start.
    stateWorker.submit { try? Divergence.save(records, on: disk) }
    delegate?.diverged(replica.group, report)
  }

  /// After a start: partitions that had been contradicted before it.
  func suspendDiverged() {
    divergences = Divergence.load(from: disk)
    for divergence in divergences {
      guard let replica = replica(of: divergence.group) else { continue }
      storageReport.append(divergence.report)
      suspend(replica, divergence.report)
    }
  }

  private func suspend(_ replica: Replica, _ report: String) {
    replica.isDiverged = true
    replica.cachedView = nil
    replica.failEverything(divergenceError(of: replica.group))
    setCondition(liveness.condition.union(.diverged))
  }

  func divergenceError(of group: GroupID) -> StoreError {
    .diverged(group: group.rawValue, node: delegate?.name(of: configuration.node) ?? "\(configuration.node)")
  }

  /// A leader answered a read. Everything that is committed is below what it answers, also what was committed before it
  /// led (Raft dissertation, section 6.4).
  func checkReadIndex(_ index: LogIndex, for request: Router.Routed, by node: NodeID) -> Bool {
    guard index < request.committedWhenAsked, let replica = replica(of: request.group) else { return true }
    diverged(replica, at: request.committedWhenAsked, says: node)
    return false
  }
}

/// A partition that takes no part any more, as it is kept beside the log: a line with its number and the report.
struct Divergence: Equatable {
  static let fileName = "diverged"

  var group: GroupID
  var report: String

  static func load(from disk: any Disk) -> [Divergence] {
    guard disk.exists(fileName), let file = try? disk.open(fileName, create: false) else { return [] }
    defer { file.close() }
    guard let size = try? file.size, let bytes = try? file.read(at: 0, count: size) else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2, let group = UInt64(parts[0]) else { return nil }
      return Divergence(group: GroupID(group), report: String(parts[1]))
    }
  }

  /// Whole or not at all, after a crash too.
  static func save(_ divergences: [Divergence], on disk: any Disk) throws(DiskError) {
    let text = divergences.map { "\($0.group.rawValue) \($0.report)\n" }.joined()
    let file = try disk.open(fileName + ".new", create: true)
    defer { file.close() }
    try file.truncate(to: 0)
    try Array(text.utf8).withUnsafeBufferPointer { text throws(DiskError) in
      try file.write(UnsafeRawBufferPointer(text), at: 0)
    }
    try file.sync()
    try disk.rename(fileName + ".new", to: fileName)
    try disk.syncDirectory("")
  }
}
