public import RoostPlatform
public import RoostRaft

/// What can go wrong with the segment log, and what to do about it.
public enum LogError: Error, Sendable, CustomStringConvertible {
  /// There is no room for the write. Nothing of it is in the log; the same write may be tried again once there is.
  case diskFull(DiskError)
  /// The process has used up its descriptors, so no file could be opened. Nothing was lost; the same write may be tried
  /// again when some are free.
  case outOfDescriptors(DiskError)
  /// The disk failed. What was written last may or may not be durable, so the process must not go on with this log.
  case disk(DiskError)
  /// A part of the log that was durable can't be read back. If opening the log says so the node must not start from
  /// it: what it voted for may be lost. If a read says so, other reads and writes are not concerned.
  case corrupt(file: String, offset: Int, reason: String)
  /// The log ends with batch `last`, and the witness beside it says that batch `witnessed` had been durable: what was in
  /// between is lost, votes and acknowledged writes with it.
  case tailLost(last: UInt64, witnessed: UInt64, witness: String)
  /// There is no log, and there must have been one.
  case missing
  /// A write that doesn't follow from what the log holds of the group: a defect of the caller.
  case outOfOrder(group: GroupID, expected: LogIndex, found: LogIndex)
  /// The entry was replaced by a snapshot; the first one that may still be there is `first`.
  case compacted(group: GroupID, first: LogIndex)
  /// The log failed before and does nothing more.
  case failed

  /// Whether the process has to end: the log's state is unknown or unusable.
  public var isFatal: Bool {
    switch self {
    case .diskFull, .outOfDescriptors, .compacted: false
    case .disk, .corrupt, .tailLost, .missing, .outOfOrder, .failed: true
    }
  }

  /// Whether something durable can't be read back: what else the log holds is as good as before.
  public var isCorruption: Bool { if case .corrupt = self { true } else { false } }

  public var description: String {
    switch self {
    case .diskFull(let error): "the log has no room: \(error); free space on the log's disk"
    case .outOfDescriptors(let error):
      "the log has to wait, for the process has used up its descriptors (\(error)); nothing is wrong with the disk: "
        + "allow more open files (ulimit -n), or fewer connections"
    case .disk(let error):
      "the log's disk failed: \(error); the node must be restarted, and its disk looked at if that fails again"
    case .corrupt(let file, let offset, let reason):
      "\(file) is corrupt at offset \(offset): \(reason); "
        + "a node that can't start because of it has to be replaced: run `roost replace NAME` at another node, "
        + "and start an empty one"
    case .tailLost(let last, let witnessed, let witness):
      "the log ends with batch \(last), but batch \(witnessed) had been durable (\(witness)): the last "
        + "\(witnessed - last) batches are lost, and with them votes and acknowledged writes that may be nowhere else. If "
        + "other nodes have the data, run `roost replace NAME` at one of them, and start an empty node. If this is the only "
        + "node, put its directory back from a copy, or remove \(witness) to go on without what is lost"
    case .missing:
      "the log is gone, but the state has partitions and with them promises that were in the log: put it back, or "
        + "replace the node: run `roost replace NAME` on another one, and start an empty one"
    case .outOfOrder(let group, let expected, let found):
      "group \(group) wrote entry \(found) where \(expected) was the last one possible"
    case .compacted(let group, let first): "group \(group) has no entries before \(first) any more"
    case .failed: "the log failed before; the node must be restarted"
    }
  }
}
