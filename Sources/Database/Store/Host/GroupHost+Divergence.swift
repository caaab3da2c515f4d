import RoostBase
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
/// is contradicted anew. The process goes on, and with it all other partitions; what the state has of the contradicted one
/// is let go of in the log as ever, and the rest of its log is kept (``carryEvidence()``).
///
/// What shows it:
/// - a leader's entry, or the one before it, has another term than the committed one here (``StepError/diverged(at:)``);
/// - a leader answers a read with an index below what was known to be committed here when it was asked.
extension GroupHost {
  func diverged(_ replica: Replica, at index: LogIndex, says node: NodeID) {
    guard !replica.isDiverged, !isStopped else { return }
    let own = name(of: configuration.node)
    let other = name(of: node)
    let report =
      "partition \(replica.group): entry \(index) is committed here, and its leader \(other) has another one; some nodes "
      + "have lost what they had made durable. This node serves the partition no more. Keep a copy of its directory; to go "
      + "on with what the others have, run `roost replace \(own)` on another node, and start it with an empty directory"
    suspend(replica)
    divergences.append(Divergence(group: replica.group, report: report))
    let records = divergences
    let disk = disk
    // Without room or with a broken disk it is found anew after the next start.
    stateWorker.submit { try? Divergence.save(records, on: disk) }
    delegate?.diverged(replica.group, report)
  }

  /// At a start, before any partition is opened: those that had been contradicted before it. Partitions of their own are
  /// opened later, when the system group says so.
  func recallDivergences() throws {
    divergences = try Divergence.load(from: disk)
    guard !divergences.isEmpty else { return }
    storageReport += divergences.map(\.report)
    setCondition(liveness.nodes.condition.union(.diverged))
  }

  func suspend(_ replica: Replica) {
    replica.exclude(divergenceError(of: replica.group))
    setCondition(liveness.nodes.condition.union(.diverged))
  }

  /// What such a member has in its log and not in its state stays there for whoever looks into it, and nobody will apply it.
  /// Where it lies it would keep every segment that was written since. So when it is in the way it is written once more, at
  /// the end of the log: in one batch, for entries replace all that the log has from the first of them on.
  func carryEvidence() {
    guard !isOutOfRoom else { return }
    for divergence in divergences {
      guard let replica = replica(of: divergence.group), replica.isDiverged, !replica.isInstalling,
        replica.pendingLogWrites == 0, logStore.keepsTooMuch(replica.group, configuration.logLimit),
        // What the state has goes first.
        let log = logStore.group(replica.group), log.snapshot.index == replica.state.applied
      else { continue }
      replica.logWriteBegan()
      logWriter.readEntries(
        of: replica.group, from: log.firstIndex, through: log.lastIndex, maxBytes: .max, on: loop
      ) { [self] result in
        guard !isStopped else { return }
        carry(result, of: replica, through: log.lastIndex)
      }
    }
  }

  private func carry(_ evidence: Result<[Entry], LogError>, of replica: Replica, through last: LogIndex) {
    switch evidence {
    case .success(let entries) where entries.last?.index == last:
      logWriter.append([LogWrite(group: replica.group, entries: entries)], on: loop) { replica.logWriteEnded() }
    case .failure(let error) where error.isCorruption:
      // It stays where it is, for what can still be read of it; and it is not tried again.
      if reportedDamage.insert(error.description).inserted {
        storageReport.append(error.description)
        delegate?.storageDamaged(error.description)
      }
    case .failure(let error) where error.isFatal: fail(error.description)
    case .success, .failure: replica.logWriteEnded()
    }
  }

  func divergenceError(of group: GroupID) -> StoreError {
    .diverged(group: group.rawValue, node: name(of: configuration.node))
  }
}

/// A partition that takes no part any more, as it is kept beside the log: a line with its number and the report.
struct Divergence: Equatable {
  static let fileName = "diverged"

  var group: GroupID
  var report: String

  static func load(from disk: any Disk) throws(DiskError) -> [Divergence] {
    guard disk.exists(fileName) else { return [] }
    let file = try disk.open(fileName, create: false)
    defer { file.close() }
    let bytes = try file.read(at: 0, count: try file.size)
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2, let group = UInt64(parts[0]) else { return nil }
      return Divergence(group: GroupID(group), report: String(parts[1]))
    }
  }

  /// Whole or not at all, after a crash too.
  static func save(_ divergences: [Divergence], on disk: any Disk) throws(DiskError) {
    let text = divergences.map { "\($0.group.rawValue) \($0.report)\n" }.joined()
    try disk.replaceFile(fileName, with: Array(text.utf8))
  }
}
