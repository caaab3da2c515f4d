public import RoostPlatform
public import RoostRaft
import Synchronization

/// How much of a log is kept for followers that lag. Whoever is further behind gets a snapshot.
///
/// A segment is dropped as a whole, and only when no group needs anything in it: a group that wrote little long ago would
/// keep everything that the others have written since. So beside a share for each group there is one for all of them
/// together, and entries in segments beyond it go whoever they belong to.
public struct LogLimit: Hashable, Sendable {
  /// Entries of a group.
  public var entries: Int
  /// Bytes of the entries of a group.
  public var bytes: Int
  /// Bytes of the segment files of all groups.
  public var totalBytes: Int

  public init(entries: Int, bytes: Int, totalBytes: Int) {
    self.entries = entries
    self.bytes = bytes
    self.totalBytes = totalBytes
  }

  /// A node's limit of bytes; a group may take half of them.
  public init(entries: Int, totalBytes: Int) {
    self.init(entries: entries, bytes: totalBytes / 2, totalBytes: totalBytes)
  }
}

extension LogStore {
  /// For each of these groups the index up to which its entries have to go so that what remains keeps within `limit`,
  /// as soon as nobody else needs them. From any thread.
  public func compactionPoints(of groups: [GroupID], _ limit: LogLimit) -> [LogIndex] {
    table.withLock { table in
      let first = table.firstSegment(keeping: limit.totalBytes)
      return groups.map { group in table[group]?.compactionPoint(limit, firstKeptSegment: first) ?? .zero }
    }
  }

  /// Whether entries of a group lie in segments that have to go if all groups together are to keep within `limit`. From
  /// any thread.
  public func keepsTooMuch(_ group: GroupID, _ limit: LogLimit) -> Bool {
    table.withLock { table in
      guard let oldest = table[group]?.oldestSegment else { return false }
      return oldest < table.firstSegment(keeping: limit.totalBytes)
    }
  }

  /// Bytes of the segment files that hold records. From any thread.
  public var keptBytes: Int { table.withLock { $0.segmentBytes.values.reduce(0, +) } }
}
