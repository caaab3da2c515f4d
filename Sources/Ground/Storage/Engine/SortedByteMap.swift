import RoostBase

/// A sorted map of byte strings whose copies are free and independent: sorted chunks, shared until one side writes.
///
/// Copying the map copies a reference. The first write after that copies the list of chunks and the one chunk it
/// changes. Lookups cost two binary searches.
///
/// Sendable although chunks are objects: a chunk is changed only while one map alone refers to it.
struct SortedByteMap: @unchecked Sendable {
  /// A run of pairs in key order; never empty while it is in a map.
  fileprivate final class Chunk {
    var keys: [[UInt8]]
    var values: [[UInt8]]

    init(keys: [[UInt8]], values: [[UInt8]]) {
      self.keys = keys
      self.values = values
    }

    func copy() -> Chunk { Chunk(keys: keys, values: values) }
  }

  /// A place between or on pairs: `item` is below the chunk's count, except at the end of the map.
  struct Position: Comparable {
    var chunk: Int
    var item: Int

    static func < (left: Position, right: Position) -> Bool {
      left.chunk == right.chunk ? left.item < right.item : left.chunk < right.chunk
    }
  }

  private static let chunkLimit = 96

  private var chunks: [Chunk] = []
  private(set) var count = 0

  var end: Position { Position(chunk: chunks.count, item: 0) }

  /// The first pair whose key is at or after `key`.
  func lowerBound(_ key: [UInt8]) -> Position {
    // The last chunk that begins at or before the key is the only one that can hold it.
    let next = chunks.partitioningIndex { ByteOrder.compare($0.keys[0], key) > 0 }
    guard next > 0 else { return Position(chunk: 0, item: 0) }
    let item = SortedByteMap.lowerBound(key, in: chunks[next - 1].keys)
    return item < chunks[next - 1].keys.count
      ? Position(chunk: next - 1, item: item) : Position(chunk: next, item: 0)
  }

  func key(at position: Position) -> [UInt8] { chunks[position.chunk].keys[position.item] }
  func value(at position: Position) -> [UInt8] { chunks[position.chunk].values[position.item] }

  func position(after position: Position) -> Position {
    position.item + 1 < chunks[position.chunk].keys.count
      ? Position(chunk: position.chunk, item: position.item + 1) : Position(chunk: position.chunk + 1, item: 0)
  }

  /// The place before `position`, which must not be the first.
  func position(before position: Position) -> Position {
    position.item > 0
      ? Position(chunk: position.chunk, item: position.item - 1)
      : Position(chunk: position.chunk - 1, item: chunks[position.chunk - 1].keys.count - 1)
  }

  subscript(key: [UInt8]) -> [UInt8]? {
    let position = lowerBound(key)
    guard position < end, self.key(at: position) == key else { return nil }
    return value(at: position)
  }

  mutating func put(_ key: [UInt8], _ value: [UInt8]) {
    var position = lowerBound(key)
    if position < end, self.key(at: position) == key {
      makeUnique(position.chunk)
      chunks[position.chunk].values[position.item] = value
      return
    }
    count += 1
    guard !chunks.isEmpty else {
      chunks.append(Chunk(keys: [key], values: [value]))
      return
    }
    // A place at the head of a chunk is also the tail of the one before.
    if position.item == 0, position.chunk > 0 {
      position = Position(chunk: position.chunk - 1, item: chunks[position.chunk - 1].keys.count)
    }
    makeUnique(position.chunk)
    chunks[position.chunk].keys.insert(key, at: position.item)
    chunks[position.chunk].values.insert(value, at: position.item)
    if chunks[position.chunk].keys.count > SortedByteMap.chunkLimit { split(position.chunk) }
  }

  mutating func delete(_ key: [UInt8]) {
    let position = lowerBound(key)
    guard position < end, self.key(at: position) == key else { return }
    count -= 1
    if chunks[position.chunk].keys.count == 1 {
      chunks.remove(at: position.chunk)
      return
    }
    makeUnique(position.chunk)
    chunks[position.chunk].keys.remove(at: position.item)
    chunks[position.chunk].values.remove(at: position.item)
  }

  mutating func deleteRange(_ lower: [UInt8], _ upper: [UInt8]) {
    let from = lowerBound(lower)
    let to = lowerBound(upper)
    guard from < to else { return }
    if from.chunk == to.chunk {
      removeItems(of: from.chunk, from.item..<to.item)
      return
    }
    if to.chunk < chunks.count, to.item > 0 { removeItems(of: to.chunk, 0..<to.item) }
    var firstWhole = from.chunk
    if from.item > 0 {
      removeItems(of: from.chunk, from.item..<chunks[from.chunk].keys.count)
      firstWhole += 1
    }
    for chunk in firstWhole..<to.chunk { count -= chunks[chunk].keys.count }
    chunks.removeSubrange(firstWhole..<to.chunk)
  }

  /// Removes a part of a chunk that leaves at least one pair.
  private mutating func removeItems(of chunk: Int, _ items: Range<Int>) {
    makeUnique(chunk)
    chunks[chunk].keys.removeSubrange(items)
    chunks[chunk].values.removeSubrange(items)
    count -= items.count
    precondition(!chunks[chunk].keys.isEmpty, "an empty chunk has no first key to search by")
  }

  private mutating func makeUnique(_ chunk: Int) {
    if !isKnownUniquelyReferenced(&chunks[chunk]) { chunks[chunk] = chunks[chunk].copy() }
  }

  /// Splits a full chunk, most unevenly at the end of the map, where ascending inserts would leave half-empty chunks.
  private mutating func split(_ index: Int) {
    let chunk = chunks[index]
    let middle = index == chunks.count - 1 ? chunk.keys.count - 8 : chunk.keys.count / 2
    let upper = Chunk(keys: Array(chunk.keys[middle...]), values: Array(chunk.values[middle...]))
    chunk.keys.removeSubrange(middle...)
    chunk.values.removeSubrange(middle...)
    chunks.insert(upper, at: index + 1)
  }

  private static func lowerBound(_ key: [UInt8], in keys: [[UInt8]]) -> Int {
    keys.partitioningIndex { ByteOrder.compare($0, key) >= 0 }
  }
}
