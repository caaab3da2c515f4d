/// Changes that take effect together, in order.
///
/// They lie one after the other in one piece of memory, copied from what they were made of: a batch may wait for a while,
/// and thousands of small arrays that are given back when they are long out of every cache cost more than the change itself.
public struct EngineBatch: Sendable {
  public enum Operation: Hashable, Sendable {
    case put(key: [UInt8], value: [UInt8])
    case delete(key: [UInt8])
    /// Deletes `lower` (included) to `upper` (excluded); nothing if they are not in order.
    case deleteRange(lower: [UInt8], upper: [UInt8])
  }

  enum Kind: UInt8 {
    case put
    case delete
    case deleteRange
  }

  /// For each operation its kind (1 byte), how long its first and second part are (4 bytes each), and the parts.
  var bytes: [UInt8] = []
  private static let headerBytes = 9

  public init() {}

  public var isEmpty: Bool { bytes.isEmpty }
  /// What the operations take in memory.
  public var byteCount: Int { bytes.count }

  public mutating func reserveCapacity(_ byteCount: Int) { bytes.reserveCapacity(byteCount) }

  /// Forgets all operations, and keeps the memory for the next ones.
  public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  public mutating func put(_ key: [UInt8], _ value: [UInt8]) { append(.put, key, value) }
  public mutating func delete(_ key: [UInt8]) { append(.delete, key, []) }
  public mutating func deleteRange(_ lower: [UInt8], _ upper: [UInt8]) { append(.deleteRange, lower, upper) }

  /// Appends all operations of another batch.
  public mutating func append(_ other: EngineBatch) { bytes.append(contentsOf: other.bytes) }

  public mutating func append(_ operation: Operation) {
    switch operation {
    case .put(let key, let value): put(key, value)
    case .delete(let key): delete(key)
    case .deleteRange(let lower, let upper): deleteRange(lower, upper)
    }
  }

  private mutating func append(_ kind: Kind, _ first: [UInt8], _ second: [UInt8]) {
    begin(kind, first.count, second.count)
    bytes.append(contentsOf: first)
    bytes.append(contentsOf: second)
  }

  /// Begins an operation, whose two parts have to be appended to ``bytes`` next.
  @inline(__always)
  mutating func begin(_ kind: Kind, _ first: Int, _ second: Int) {
    bytes.append(kind.rawValue)
    withUnsafeBytes(of: (UInt32(first), UInt32(second))) { bytes.append(contentsOf: $0) }
  }

  /// Calls `body` with every operation's kind and its two parts, of which a deletion has only the first.
  @inline(__always)
  func forEach(_ body: (Kind, UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) {
    bytes.withUnsafeBytes { bytes in
      var offset = 0
      while offset < bytes.count {
        guard let kind = Kind(rawValue: bytes[offset]) else { preconditionFailure("a batch holds what was put there") }
        let first = offset + EngineBatch.headerBytes
        let second = first + Int(bytes.loadUnaligned(fromByteOffset: offset + 1, as: UInt32.self))
        let end = second + Int(bytes.loadUnaligned(fromByteOffset: offset + 5, as: UInt32.self))
        body(
          kind, UnsafeRawBufferPointer(rebasing: bytes[first..<second]),
          UnsafeRawBufferPointer(rebasing: bytes[second..<end]))
        offset = end
      }
    }
  }

  public var operations: [Operation] {
    var found: [Operation] = []
    forEach { kind, first, second in
      switch kind {
      case .put: found.append(.put(key: Array(first), value: Array(second)))
      case .delete: found.append(.delete(key: Array(first)))
      case .deleteRange: found.append(.deleteRange(lower: Array(first), upper: Array(second)))
      }
    }
    return found
  }
}
