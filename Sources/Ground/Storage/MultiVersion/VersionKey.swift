import RoostBase

/// The engine keys of versions: `02`, escaped key, `00 01`, inverted timestamp. ``KeySpace`` has examples.
///
/// What comes before the timestamp is the key's *stem*: all versions of a key have it in common, it sorts before them,
/// and no other key begins with it.
public enum VersionKey {
  static let timestampBytes = 8
  private static let escape: UInt8 = 0x00
  private static let escapedZero: UInt8 = 0xFF
  private static let terminator: UInt8 = 0x01

  /// The engine key of `key`'s version at `timestamp`.
  public static func encode(_ key: [UInt8], at timestamp: UInt64) -> [UInt8] {
    var encoded = stem(of: key)
    appendTimestamp(timestamp, to: &encoded)
    return encoded
  }

  /// The bytes of the engine key of any version of `key`.
  static func byteCount(of key: [UInt8]) -> Int {
    var count = shortest + key.count
    for byte in key where byte == escape { count += 1 }
    return count
  }

  /// The part that all versions of `key` begin with. The stems of two keys bound all versions of the keys between.
  public static func stem(of key: [UInt8]) -> [UInt8] {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(key.count + shortest)
    appendStem(of: key, to: &encoded)
    return encoded
  }

  static func appendStem(of key: [UInt8], to bytes: inout [UInt8]) {
    bytes.append(KeySpace.replicated)
    if key.contains(escape) {
      for byte in key {
        bytes.append(byte)
        if byte == escape { bytes.append(escapedZero) }
      }
    } else {
      bytes.append(contentsOf: key)
    }
    bytes.append(escape)
    bytes.append(terminator)
  }

  /// The key and timestamp of an engine key; nil if it is not one of a version.
  public static func decode(_ encoded: [UInt8]) -> (key: [UInt8], timestamp: UInt64)? {
    encoded.withUnsafeBytes { bytes in
      guard let timestamp = timestamp(of: bytes) else { return nil }
      guard let key = key(ofStem: UnsafeRawBufferPointer(rebasing: bytes.dropLast(timestampBytes))) else { return nil }
      return (key, timestamp)
    }
  }

  static func appendTimestamp(_ timestamp: UInt64, to stem: inout [UInt8]) { stem.append(bigEndian: ~timestamp) }

  /// The bytes of the shortest possible version key: an empty key's.
  static var shortest: Int { 3 + timestampBytes }

  static func timestamp(of encoded: UnsafeRawBufferPointer) -> UInt64? {
    guard encoded.count >= shortest else { return nil }
    return ~UInt64(bigEndian: encoded.loadUnaligned(fromByteOffset: encoded.count - timestampBytes, as: UInt64.self))
  }

  /// Undoes the escaping of a stem; nil if it isn't a well-formed one.
  static func key(ofStem stem: UnsafeRawBufferPointer) -> [UInt8]? {
    guard stem.count >= 3, stem[0] == KeySpace.replicated, stem[stem.count - 2] == escape,
      stem[stem.count - 1] == terminator
    else { return nil }
    let escaped = UnsafeRawBufferPointer(rebasing: stem[1..<stem.count - 2])
    guard escaped.contains(escape) else { return Array(escaped) }
    var key: [UInt8] = []
    key.reserveCapacity(escaped.count)
    var position = 0
    while position < escaped.count {
      let byte = escaped[position]
      key.append(byte)
      position += 1
      if byte == escape {
        guard position < escaped.count, escaped[position] == escapedZero else { return nil }
        position += 1
      }
    }
    return key
  }

  /// Turns the stem of a key into the smallest engine key after all of the key's versions.
  static func makeSuccessor(ofStem stem: inout [UInt8]) { stem[stem.count - 1] = terminator + 1 }
}
