/// CRC32C (Castagnoli), as in RFC 3720 appendix B.4: eight bytes per step by table ("slicing by eight").
public enum Checksum {
  /// Eight tables of 256: table `n` advances a byte by `n` further bytes. Never freed, read-only after it is made.
  private struct Tables: @unchecked Sendable {
    let base: UnsafePointer<UInt32>

    init() {
      let polynomial: UInt32 = 0x82F6_3B78
      let tables = UnsafeMutablePointer<UInt32>.allocate(capacity: 8 * 256)
      for byte in 0..<256 {
        var value = UInt32(byte)
        for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ polynomial }
        tables[byte] = value
      }
      for index in 256..<8 * 256 {
        let previous = tables[index - 256]
        tables[index] = previous >> 8 ^ tables[Int(previous & 0xFF)]
      }
      base = UnsafePointer(tables)
    }
  }

  private static let tables = Tables()

  public static func crc32c(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    let table = tables.base
    var crc: UInt32 = .max
    var offset = 0
    let whole = bytes.count & ~7
    while offset < whole {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ UInt64(crc)
      let low =
        table[7 * 256 + Int(word & 0xFF)] ^ table[6 * 256 + Int(word >> 8 & 0xFF)]
        ^ table[5 * 256 + Int(word >> 16 & 0xFF)] ^ table[4 * 256 + Int(word >> 24 & 0xFF)]
      let high =
        table[3 * 256 + Int(word >> 32 & 0xFF)] ^ table[2 * 256 + Int(word >> 40 & 0xFF)]
        ^ table[256 + Int(word >> 48 & 0xFF)] ^ table[Int(word >> 56)]
      crc = low ^ high
      offset += 8
    }
    while offset < bytes.count {
      crc = crc >> 8 ^ table[Int((crc ^ UInt32(bytes[offset])) & 0xFF)]
      offset += 1
    }
    return ~crc
  }
}
