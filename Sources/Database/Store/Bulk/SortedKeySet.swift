import RoostBase
import RoostPlatform

/// The keys of a bulk commit in order, each with whether it was read, in as many pieces as the commit has slices.
///
/// Only the keys themselves are kept, one after the other: what judges later commits by them may keep a run for a while.
struct SortedKeySet: Sendable {
  struct Piece: Sendable {
    fileprivate var bytes: [UInt8] = []
    /// For each key where it ends in `bytes`, and whether it was read in the lowest bit.
    fileprivate var ends: [UInt32] = []

    fileprivate func key(at place: Int) -> Range<Int> {
      (place == 0 ? 0 : Int(ends[place - 1] >> 1))..<Int(ends[place] >> 1)
    }

    fileprivate func isRead(at place: Int) -> Bool { ends[place] & 1 == 1 }

    /// What it takes in memory.
    fileprivate var byteCount: Int { bytes.count + ends.count * 4 + 64 }

    /// From its first to its last key, that included.
    var bounds: KeyRange {
      KeyRange(Key(Array(bytes[key(at: 0)])), Key(Array(bytes[key(at: ends.count - 1)])).successor)
    }

    /// Calls `visit` for each key until it returns false.
    func forEachKey(_ visit: (ArraySlice<UInt8>) -> Bool) {
      for place in ends.indices where !visit(bytes[key(at: place)]) { return }
    }
  }

  /// Never empty ones.
  private var pieces: [Piece] = []
  private(set) var count = 0
  /// What it takes in memory.
  private(set) var byteCount = 0
  /// Whether any key was read.
  private(set) var hasReads = false

  var isEmpty: Bool { count == 0 }
  var first: Key? { pieces.first.map { Key(Array($0.bytes[$0.key(at: 0)])) } }
  var last: Key? { pieces.last.map { Key(Array($0.bytes[$0.key(at: $0.ends.count - 1)])) } }

  /// Appends the keys of a slice.
  ///
  /// - Throws: if they are not in order behind those that there are, or what is written is larger than it may be.
  mutating func append(sliceIn payload: [UInt8]) throws(DecodingFailure) {
    var piece = Piece()
    var previous = last?.bytes[...]
    try BulkSlice.forEachKey(in: payload) { (key, value, isRead) throws(DecodingFailure) in
      guard key.count <= Transaction.maximumKeyBytes, (value?.count ?? 0) <= Transaction.maximumValueBytes else {
        throw DecodingFailure("a key or value that is too large")
      }
      if let previous, !previous.precedes(payload[key]) { throw DecodingFailure("keys out of order") }
      previous = payload[key]
      piece.bytes.append(contentsOf: payload[key])
      piece.ends.append(UInt32(piece.bytes.count) << 1 | (isRead ? 1 : 0))
      if isRead { hasReads = true }
    }
    guard !piece.ends.isEmpty else { return }
    count += piece.ends.count
    byteCount += piece.byteCount
    pieces.append(piece)
  }

  /// Whether a key was read; nil if it is not in the run.
  func isRead(_ key: ArraySlice<UInt8>) -> Bool? {
    guard let place = place(of: key), place.isFound else { return nil }
    return pieces[place.piece].isRead(at: place.offset)
  }

  func contains(_ key: Key) -> Bool { place(of: key.bytes[...])?.isFound ?? false }

  /// Whether a key of the run lies in a range.
  func hasKey(in range: KeyRange) -> Bool {
    guard let place = place(of: range.lower.bytes[...]) else { return false }
    var (piece, offset) = (place.piece, place.offset)
    if offset == pieces[piece].ends.count { (piece, offset) = (piece + 1, 0) }
    guard piece < pieces.count else { return false }
    return pieces[piece].bytes[pieces[piece].key(at: offset)].precedes(range.upper.bytes[...])
  }

  /// Takes the last piece off.
  mutating func popLastPiece() -> Piece? {
    guard let piece = pieces.popLast() else { return nil }
    count -= piece.ends.count
    byteCount -= piece.byteCount
    return piece
  }

  /// Whether a commit has read one of the keys, or a range that one lies in.
  func intersectsReads(of request: CommitRequest) -> Bool {
    request.readKeys.contains(where: contains) || request.readRanges.contains(where: hasKey)
      || request.writes.contains { $0.isRead && contains($0.key) }
  }

  /// Where a key is or belongs; nil only if the run is empty.
  private func place(of key: ArraySlice<UInt8>) -> (piece: Int, offset: Int, isFound: Bool)? {
    guard !pieces.isEmpty else { return nil }
    // A key before all others belongs to the first piece.
    let place = max(0, pieces.partitioningIndex { key.precedes($0.bytes[$0.key(at: 0)]) } - 1)
    let piece = pieces[place]
    let offset = piece.ends.indices.partitioningIndex { !piece.bytes[piece.key(at: $0)].precedes(key) }
    let isFound = offset < piece.ends.count && !key.precedes(piece.bytes[piece.key(at: offset)])
    return (place, offset, isFound)
  }
}

extension ArraySlice where Element == UInt8 {
  /// Order as unsigned byte strings; a proper prefix comes first.
  func precedes(_ other: ArraySlice<UInt8>) -> Bool {
    withUnsafeBytes { left in
      other.withUnsafeBytes { right in
        let count = Swift.min(left.count, right.count)
        for index in 0..<count where left[index] != right[index] { return left[index] < right[index] }
        return left.count < right.count
      }
    }
  }
}

extension [KeyRange] {
  /// Whether one of these ranges, which are in order and don't touch, contains a key.
  func cover(_ key: ArraySlice<UInt8>) -> Bool {
    let place = partitioningIndex { key.precedes($0.lower.bytes[...]) }
    return place > 0 && key.precedes(self[place - 1].upper.bytes[...])
  }

  /// Whether one of these ranges, which are in order and don't touch, has a key in common with another one.
  func overlap(_ range: KeyRange) -> Bool {
    let place = partitioningIndex { range.lower < $0.upper }
    return place < count && self[place].lower < range.upper
  }
}

extension [Key] {
  /// Whether these keys, which are in order, contain a key.
  func find(_ key: ArraySlice<UInt8>) -> Bool {
    let place = partitioningIndex { !$0.bytes[...].precedes(key) }
    return place < count && !key.precedes(self[place].bytes[...])
  }

  /// Whether one of these keys, which are in order, lies in a range.
  func hasKey(in range: KeyRange) -> Bool {
    let place = partitioningIndex { !($0 < range.lower) }
    return place < count && self[place] < range.upper
  }
}
