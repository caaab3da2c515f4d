/// A rolling fingerprint of everything a simulation did: equal for two runs only if they did the same in the same
/// order.
public struct TraceHash: Hashable, Sendable, CustomStringConvertible {
  /// FNV-1a over words with a final avalanche per word, since plain FNV spreads a word's upper bits poorly.
  public private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  public init() {}

  public mutating func mix(_ word: UInt64) {
    value = (value ^ word) &* 0x0000_0100_0000_01B3
    value ^= value >> 29
  }

  public mutating func mix(_ bytes: [UInt8]) {
    mix(UInt64(bytes.count))
    bytes.withUnsafeBytes { raw in
      var offset = 0
      while offset + 8 <= raw.count {
        mix(UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
        offset += 8
      }
      var rest: UInt64 = 0
      while offset < raw.count {
        rest = rest << 8 | UInt64(raw[offset])
        offset += 1
      }
      mix(rest)
    }
  }

  public static func of(_ bytes: [UInt8]) -> UInt64 {
    var hash = TraceHash()
    hash.mix(bytes)
    return hash.value
  }

  public var description: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
