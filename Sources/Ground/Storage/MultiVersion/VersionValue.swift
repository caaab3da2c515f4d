/// The engine values of versions: `00` for a tombstone, `01` and the value otherwise.
public enum VersionValue {
  fileprivate static let tombstone: UInt8 = 0
  fileprivate static let present: UInt8 = 1

  /// The engine value of a version; `nil` records a deletion.
  public static func encode(_ value: [UInt8]?) -> [UInt8] {
    guard let value else { return [tombstone] }
    return [UInt8](unsafeUninitializedCapacity: value.count + 1) { buffer, count in
      buffer[0] = present
      _ = UnsafeMutableBufferPointer(rebasing: buffer[1...]).update(fromContentsOf: value)
      count = value.count + 1
    }
  }

  /// What an engine value holds.
  public enum Decoded: Hashable, Sendable {
    case tombstone
    case value([UInt8])
  }

  /// Nil if the bytes are no version's value.
  static func decode(_ encoded: UnsafeRawBufferPointer) -> Decoded? {
    switch encoded.first {
    case tombstone where encoded.count == 1: .tombstone
    case present: .value(Array(UnsafeRawBufferPointer(rebasing: encoded[1...])))
    default: nil
    }
  }
}

extension EngineBatch {
  /// Records a version of `key`; `nil` records its deletion.
  public mutating func putVersion(_ key: [UInt8], at timestamp: UInt64, _ value: [UInt8]?) {
    begin(.put, VersionKey.byteCount(of: key), 1 + (value?.count ?? 0))
    VersionKey.appendStem(of: key, to: &bytes)
    VersionKey.appendTimestamp(timestamp, to: &bytes)
    bytes.append(value == nil ? VersionValue.tombstone : VersionValue.present)
    if let value { bytes.append(contentsOf: value) }
  }

  /// Removes every version of the keys from `lower` (included) to `upper` (excluded).
  public mutating func deleteVersions(from lower: [UInt8], to upper: [UInt8]) {
    deleteRange(VersionKey.stem(of: lower), VersionKey.stem(of: upper))
  }
}
