import RoostBase
import RoostRaft
import RoostSimulation

/// What one replica's log holds, as far as anyone may know from outside: of every entry its term and a fingerprint of
/// the whole log up to it.
struct LogModel {
  struct Record {
    var term: Term
    /// Of this entry and all before it.
    var chain: UInt64
    var isConfigurationChange: Bool
  }

  /// Everything up to here is in a snapshot, or older than anyone asks for.
  private(set) var base = LogIndex.zero
  /// The fingerprint of the log up to `base`.
  private(set) var baseChain: UInt64 = 0
  private var records: [Record] = []

  var last: LogIndex { base + UInt64(records.count) }

  subscript(index: LogIndex) -> Record? {
    guard index > base, index <= last else { return nil }
    return records[Int(index.rawValue - base.rawValue) - 1]
  }

  /// The fingerprint of the log up to `index`; nil if that is not known here.
  func chain(through index: LogIndex) -> UInt64? { index == base ? baseChain : self[index]?.chain }

  mutating func truncate(after index: LogIndex) {
    guard index < last else { return }
    records.removeLast(Int(last.rawValue - max(index, base).rawValue))
  }

  mutating func append(_ record: Record) { records.append(record) }

  /// A snapshot takes the place of everything.
  mutating func reset(to index: LogIndex, chain: UInt64) {
    base = index
    baseChain = chain
    records = []
  }

  /// Forgets what lies before `index`.
  mutating func forget(before index: LogIndex) {
    guard index > base, let record = self[index] else { return }
    records.removeFirst(Int(index.rawValue - base.rawValue))
    base = index
    baseChain = record.chain
  }

  static func chain(_ previous: UInt64, _ entry: Entry) -> UInt64 {
    var hash = TraceHash()
    hash.mix(previous)
    hash.mix(entry.term.rawValue << 1 | (entry.kind == .command ? 0 : 1))
    hash.mix(entry.payload)
    return hash.value
  }
}
