import RoostPlatform
import Testing

@Suite("CRC-32C") struct CRC32CTests {
  /// RFC 3720, appendix B.4.
  static let published: [(bytes: [UInt8], checksum: UInt32)] = [
    ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
    ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
    ([UInt8](0..<32), 0x46DD_794E),
    ([UInt8]((0..<32).reversed()), 0x113F_DB5C),
    (Array("123456789".utf8), 0xE306_9283),
  ]

  @Test func agreesWithPublishedValues() {
    for (bytes, checksum) in Self.published {
      #expect(bytes.withUnsafeBytes { CRC32C.shared.extend(0, with: $0) } == checksum)
    }
  }

  @Test func extendsOverParts() {
    let bytes = (0..<97).map { UInt8($0 &* 31 % 251) }
    let whole = bytes.withUnsafeBytes { CRC32C.shared.extend(0, with: $0) }
    for cut in 0...bytes.count {
      let head = Array(bytes[..<cut]).withUnsafeBytes { CRC32C.shared.extend(0, with: $0) }
      #expect(Array(bytes[cut...]).withUnsafeBytes { CRC32C.shared.extend(head, with: $0) } == whole)
    }
  }
}
