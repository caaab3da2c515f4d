/// CRC-32C (Castagnoli, polynomial 0x1EDC6F41, reflected), as in iSCSI (RFC 3720, appendix B.4): eight bytes per step
/// with eight tables.
// @unchecked: the tables are never written after `init` and never freed.
struct CRC32C: @unchecked Sendable {
  static let shared = CRC32C()

  private let tables: UnsafePointer<UInt32>

  private init() {
    let tables = UnsafeMutablePointer<UInt32>.allocate(capacity: 8 * 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0x82F6_3B78 : value >> 1 }
      tables[byte] = value
    }
    for table in 1..<8 {
      for byte in 0..<256 {
        let previous = tables[(table - 1) * 256 + byte]
        tables[table * 256 + byte] = (previous >> 8) ^ tables[Int(previous & 0xFF)]
      }
    }
    self.tables = UnsafePointer(tables)
  }

  /// The checksum of what `checksum` covers followed by `bytes`; begin with zero.
  func extend(_ checksum: UInt32, with bytes: UnsafeRawBufferPointer) -> UInt32 {
    guard let base = bytes.baseAddress else { return checksum }
    var crc = ~checksum
    var offset = 0
    let count = bytes.count
    while count - offset >= 8 {
      let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ UInt64(crc)
      crc =
        entry(7, word) ^ entry(6, word >> 8) ^ entry(5, word >> 16) ^ entry(4, word >> 24)
        ^ entry(3, word >> 32) ^ entry(2, word >> 40) ^ entry(1, word >> 48) ^ entry(0, word >> 56)
      offset += 8
    }
    while offset < count {
      let byte = base.load(fromByteOffset: offset, as: UInt8.self)
      crc = (crc >> 8) ^ entry(0, UInt64(UInt8(truncatingIfNeeded: crc) ^ byte))
      offset += 1
    }
    return ~crc
  }

  @inline(__always)
  private func entry(_ table: Int, _ word: UInt64) -> UInt32 {
    tables[table &* 256 &+ Int(UInt8(truncatingIfNeeded: word))]
  }
}
