import RoostRaft
import RoostStore

/// What is known of one replica.
final class ReplicaRecord {
  var log = LogModel()
  /// The part of the log that survives a crash.
  var durable = LogModel()
  var durableState = HardState()
  /// Handed to the log, not yet durable.
  var pending: [Pending] = []
  var commit = LogIndex.zero
  var applied = LogIndex.zero
  var timestamp = Timestamp.zero
  /// The configuration when it last settled.
  var configuration = Configuration()
  /// Its disk was damaged: it may find less than it had.
  var isDamaged = false

  /// Handed to the log.
  struct Pending {
    var hardState: HardState?
    var first: LogIndex?
    var records: [LogModel.Record] = []
    var snapshot: SnapshotMetadata?
  }
}
