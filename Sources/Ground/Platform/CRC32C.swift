/// CRC-32C (Castagnoli, polynomial 0x1EDC6F41, reflected), as in iSCSI (RFC 3720, appendix B.4): sixteen bytes per
/// step with sixteen tables. Only four of a step's sixteen look-ups wait for the step before.
// @unchecked: the tables are never written after `init` and never freed.
public struct CRC32C: @unchecked Sendable {
  public static let shared = CRC32C()

  /// Table `n` carries a byte past `n` further bytes.
  private let tables: UnsafePointer<UInt32>

  private init() {
    let tables = UnsafeMutablePointer<UInt32>.allocate(capacity: 16 * 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0x82F6_3B78 : value >> 1 }
      tables[byte] = value
    }
    for index in 256..<16 * 256 {
      let previous = tables[index - 256]
      tables[index] = (previous >> 8) ^ tables[Int(previous & 0xFF)]
    }
    self.tables = UnsafePointer(tables)
  }

  public static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 { shared.extend(0, with: bytes) }

  /// The checksum of what `checksum` covers followed by `bytes`; begin with zero.
  public func extend(_ checksum: UInt32, with bytes: UnsafeRawBufferPointer) -> UInt32 {
    guard var next = bytes.baseAddress else { return checksum }
    let tables = tables
    var crc = ~checksum
    var count = bytes.count
    while count >= 16 {
      let first = UInt64(littleEndian: next.loadUnaligned(as: UInt64.self))
      let second = UInt64(littleEndian: next.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      let independent =
        Self.four(tables + 8 * 256, UInt32(truncatingIfNeeded: first >> 32))
        ^ Self.four(tables + 4 * 256, UInt32(truncatingIfNeeded: second))
        ^ Self.four(tables, UInt32(truncatingIfNeeded: second >> 32))
      crc = Self.four(tables + 12 * 256, UInt32(truncatingIfNeeded: first) ^ crc) ^ independent
      next += 16
      count -= 16
    }
    while count >= 4 {
      crc = Self.four(tables, UInt32(littleEndian: next.loadUnaligned(as: UInt32.self)) ^ crc)
      next += 4
      count -= 4
    }
    while count > 0 {
      crc = (crc >> 8) ^ tables[Int(UInt8(truncatingIfNeeded: crc) ^ next.load(as: UInt8.self))]
      next += 1
      count -= 1
    }
    return ~crc
  }

  /// Four bytes, the first of which lies furthest from the step's end.
  @inline(__always)
  private static func four(_ tables: UnsafePointer<UInt32>, _ word: UInt32) -> UInt32 {
    tables[3 * 256 + Int(word & 0xFF)] ^ tables[2 * 256 + Int((word >> 8) & 0xFF)]
      ^ tables[256 + Int((word >> 16) & 0xFF)] ^ tables[Int(word >> 24)]
  }
}
