import RoostBase
public import RoostPlatform
public import RoostRaft
import Synchronization

extension LogStore {
  private static let openReaderLimit = 8

  /// The entries of a group from `from` through `through`, or through its last one: at least one if there is any, and
  /// no more after the one that makes `maxBytes` of payloads full. Every record's checksum is verified. Blocks; from
  /// any thread, also while the log thread writes. Without a free descriptor it fails, and may be tried again.
  public func entries(
    of group: GroupID, from: LogIndex, through: LogIndex, maxBytes: Int
  ) throws(LogError) -> [Entry] {
    var found: [Entry] = []
    var next = from
    var bytes = 0
    while bytes < maxBytes || found.isEmpty {
      let positions = try locate(group, from: next, through: through, maxBytes: max(maxBytes - bytes, 1))
      guard let first = positions.first, let last = positions.last else { break }
      let start = Int(first.offset)
      let content = try read(first.segment, at: start, count: Int(last.offset) + Int(last.length) - start)
      for position in positions {
        guard let entry = LogStore.entry(in: content, at: Int(position.offset) - start, of: group, index: next) else {
          // Its segment may just have been dropped; then its place is no longer what it was.
          guard try locate(group, from: next, through: next, maxBytes: 1).first == position else { return found }
          throw .corrupt(
            file: files.path(position.segment), offset: Int(position.offset),
            reason: "the record of entry \(next) of group \(group) can't be read")
        }
        bytes += entry.payload.count
        found.append(entry)
        next = next.next
      }
    }
    return found
  }

  /// The term of an entry, or of the compaction point; nil if the log has no such entry.
  public func term(of index: LogIndex, in group: GroupID) -> Term? {
    table.withLock { $0[group]?.term(of: index) }
  }

  /// Places of consecutive entries that one read can bring in.
  private func locate(
    _ group: GroupID, from: LogIndex, through: LogIndex, maxBytes: Int
  ) throws(LogError) -> [EntryPosition] {
    try table.withLock { table throws(LogError) in
      guard let log = table[group] else { return [] }
      guard from >= log.firstIndex else { throw .compacted(group: group, first: log.firstIndex) }
      var positions: [EntryPosition] = []
      var bytes = 0
      var index = from.rawValue
      while index <= through.rawValue, bytes < maxBytes, let position = log.position(of: index) {
        if let first = positions.first {
          let span = Int(position.offset) + Int(position.length) - Int(first.offset)
          if position.segment != first.segment || position.offset < first.offset || span > options.readBytes { break }
        }
        positions.append(position)
        bytes += Int(position.length) - LogRecord.headerBytes
        index += 1
      }
      return positions
    }
  }

  private func read(_ segment: UInt32, at offset: Int, count: Int) throws(LogError) -> [UInt8] {
    try readers.withLock { readers throws(LogError) in
      do throws(DiskError) {
        if let file = readers[segment] { return try file.read(at: offset, count: count) }
        if readers.count >= LogStore.openReaderLimit, let oldest = readers.keys.min() {
          readers.removeValue(forKey: oldest)?.close()
        }
        let path = files.path(segment)
        // Dropped meanwhile: whoever asked sees from the answer that there is nothing.
        guard files.disk.exists(path) else { return [] }
        let file = try files.disk.open(path, create: false)
        readers[segment] = file
        return try file.read(at: offset, count: count)
      } catch {
        throw LogError(error)
      }
    }
  }

  private static func entry(in content: [UInt8], at offset: Int, of group: GroupID, index: LogIndex) -> Entry? {
    content.withUnsafeBytes { bytes in
      guard let record = LogRecord.parse(bytes, at: offset), record.kind == .entry, record.group == group,
        record.index == index.rawValue, let kind = Entry.Kind(rawValue: record.entryKind)
      else { return nil }
      let payload = UnsafeRawBufferPointer(
        rebasing: bytes[offset + LogRecord.headerBytes..<offset + record.length])
      return Entry(index: index, term: Term(record.term), kind: kind, payload: Array(payload))
    }
  }
}
