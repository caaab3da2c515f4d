/// A key of the key space: a byte string, ordered as unsigned bytes.
public struct Key: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var bytes: [UInt8]

  @inlinable public init(_ bytes: [UInt8]) { self.bytes = bytes }
  @inlinable public init(_ text: String) { self.bytes = Array(text.utf8) }

  public static func < (left: Key, right: Key) -> Bool { left.bytes.precedes(right.bytes) }

  /// The smallest key greater than this one.
  public var successor: Key { Key(bytes + [0]) }

  /// The smallest key greater than every key that has this one as a prefix; nil when there is none (all bytes 0xFF).
  public var prefixSuccessor: Key? {
    var bytes = bytes
    while let last = bytes.last {
      if last < 0xFF {
        bytes[bytes.count - 1] = last + 1
        return Key(bytes)
      }
      bytes.removeLast()
    }
    return nil
  }

  public var description: String {
    bytes.map { byte in
      (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "\\")
        ? String(UnicodeScalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }
}

/// The keys from `lower` (included) to `upper` (excluded).
public struct KeyRange: Hashable, Sendable {
  public var lower: Key
  public var upper: Key

  public init(_ lower: Key, _ upper: Key) {
    self.lower = lower
    self.upper = upper
  }

  /// Every key that starts with `prefix`. The prefix must not consist of 0xFF bytes only.
  public init(prefix: Key) {
    guard let upper = prefix.prefixSuccessor else { preconditionFailure("a prefix of 0xFF bytes has no upper bound") }
    self.init(prefix, upper)
  }

  public var isEmpty: Bool { !(lower < upper) }
  public func contains(_ key: Key) -> Bool { !(key < lower) && key < upper }
}

public struct KeyValue: Hashable, Sendable {
  public var key: Key
  public var value: [UInt8]

  public init(key: Key, value: [UInt8]) {
    self.key = key
    self.value = value
  }
}

extension Array where Element == UInt8 {
  /// Order as unsigned byte strings; a proper prefix comes first.
  public func precedes(_ other: [UInt8]) -> Bool {
    withUnsafeBytes { left in
      other.withUnsafeBytes { right in
        let count = Swift.min(left.count, right.count)
        if count > 0 {
          for index in 0..<count where left[index] != right[index] { return left[index] < right[index] }
        }
        return left.count < right.count
      }
    }
  }
}
