import RoostBase

/// The writes of an open transaction: a sorted map from key to value (nil deletes), kept in chunks so that an insertion
/// anywhere moves little.
struct WriteBuffer: Sendable {
  private typealias Chunk = [CommitRequest.Write]

  /// Never empty chunks; keys ascend within and across chunks.
  private var chunks: [Chunk] = []
  private(set) var count = 0
  /// Keys and values, in bytes.
  private(set) var byteCount = 0

  private static let chunkLimit = 512

  var isEmpty: Bool { count == 0 }

  /// All writes in key order.
  var all: [CommitRequest.Write] { chunks.flatMap { $0 } }

  subscript(key: Key) -> CommitRequest.Write? {
    guard let place = position(of: key), place.found else { return nil }
    return chunks[place.chunk][place.offset]
  }

  /// - Parameter isRead: whether what the store holds under the key was read before.
  mutating func set(_ key: Key, to value: [UInt8]?, isRead: Bool = false) {
    byteCount += key.bytes.count + (value?.count ?? 0)
    var write = CommitRequest.Write(key: key, value: value, isRead: isRead)
    guard let place = position(of: key) else {
      chunks.append([write])
      count += 1
      return
    }
    if place.found {
      let old = chunks[place.chunk][place.offset]
      byteCount -= old.key.bytes.count + (old.value?.count ?? 0)
      write.isRead = old.isRead || isRead
      chunks[place.chunk][place.offset] = write
      return
    }
    chunks[place.chunk].insert(write, at: place.offset)
    count += 1
    let size = chunks[place.chunk].count
    if size > WriteBuffer.chunkLimit {
      // Ascending insertion, the common case, leaves full chunks behind.
      let keep = place.offset == size - 1 ? size - 1 : size / 2
      let tail = Array(chunks[place.chunk][keep...])
      chunks[place.chunk].removeLast(size - keep)
      chunks.insert(tail, at: place.chunk + 1)
    }
  }

  /// The first write at or after `key` (strictly after, if asked).
  func first(from key: Key, excluding: Bool = false) -> CommitRequest.Write? {
    guard var place = position(of: key) else { return nil }
    if place.found, excluding { place.offset += 1 }
    if place.offset == chunks[place.chunk].count {
      guard place.chunk + 1 < chunks.count else { return nil }
      return chunks[place.chunk + 1][0]
    }
    return chunks[place.chunk][place.offset]
  }

  /// The last write strictly before `key`.
  func last(before key: Key) -> CommitRequest.Write? {
    guard let place = position(of: key) else { return nil }
    if place.offset > 0 { return chunks[place.chunk][place.offset - 1] }
    guard place.chunk > 0 else { return nil }
    return chunks[place.chunk - 1].last
  }

  /// Where `key` is or belongs; nil only when the buffer is empty.
  private func position(of key: Key) -> (chunk: Int, offset: Int, found: Bool)? {
    guard !chunks.isEmpty else { return nil }
    // A key before all others belongs to the first chunk.
    let place = max(0, chunks.partitioningIndex { key < $0[0].key } - 1)
    let chunk = chunks[place]
    let offset = chunk.partitioningIndex { !($0.key < key) }
    return (place, offset, offset < chunk.count && chunk[offset].key == key)
  }
}
