import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage

/// Puts bulk commits together again for whoever reads a group's log where no replica runs.
struct BulkCollector {
  /// What a group's state has to say of the slices that were taken.
  private(set) var bulk: GroupState.Bulk?
  private var slices: [[UInt8]] = []

  /// Begins with what the state of a group keeps.
  init(_ state: GroupState, of group: GroupID, engine: any Engine) throws {
    bulk = state.bulk
    try state.forEachSlice(of: group, in: engine) { slices.append($0) }
  }

  /// What an entry tells.
  enum Effect {
    case nothing
    /// A commit, be it a bulk commit that it ends.
    case commit(WriteCommand)
    /// A slice of a bulk commit, and which one.
    case slice(Int)
  }

  /// Takes the next entry of the log.
  mutating func take(_ entry: Entry) throws(DecodingFailure) -> Effect {
    if let bulk, bulk.term != entry.term { abandon() }
    guard entry.kind == .command, !entry.payload.isEmpty else { return .nothing }
    switch try GroupCommand(decoding: entry.payload) {
    case .writes(let command): return .commit(command)
    case .slice(let isFirst):
      if isFirst {
        slices = []
        bulk = GroupState.Bulk(term: entry.term, slices: 0)
      }
      guard bulk != nil else { throw DecodingFailure("a slice of a bulk commit that never began") }
      slices.append(entry.payload)
      bulk?.slices = slices.count
      return .slice(slices.count - 1)
    case .finish(let timestamp, let count):
      guard bulk != nil, slices.count == count else {
        throw DecodingFailure("the end of a bulk commit of \(count) slices, of which others are here")
      }
      return .commit(try finish(at: timestamp))
    case .abandon:
      abandon()
      return .nothing
    }
  }

  /// The bulk commit that the state knows to be committed, if the entry that says so is lost.
  mutating func takeCommitted() throws(DecodingFailure) -> WriteCommand? {
    guard let timestamp = bulk?.committedAt else { return nil }
    return try finish(at: timestamp)
  }

  private mutating func finish(at timestamp: Timestamp) throws(DecodingFailure) -> WriteCommand {
    var writes: [CommitRequest.Write] = []
    for slice in slices {
      try BulkSlice.forEach(in: slice) { write throws(DecodingFailure) in
        writes.append(CommitRequest.Write(key: write.key, value: write.value))
      }
    }
    abandon()
    return WriteCommand(timestamp: timestamp, writes: writes)
  }

  private mutating func abandon() {
    slices = []
    bulk = nil
  }
}
