import RoostBase
import RoostPlatform
import RoostRaft
import Testing

@testable import RoostStorage

@Suite struct LogRecordTests {
  @Test func checksumsAreThoseOfTheStandard() {
    func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { CRC32C.checksum($0) } }
    #expect(checksum(Array("123456789".utf8)) == 0xE306_9283)
    #expect(checksum([]) == 0)
    // RFC 3720, appendix B.4.
    #expect(checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(checksum(Array(0..<32)) == 0x46DD_794E)
  }

  @Test func recordsKeepTheirFieldsAndEveryBitCounts() {
    var buffer = BatchBuffer()
    let payload = Array("some payload".utf8)
    buffer.begin(batch: 77, unsynced: 3, records: 2, bytes: 2 * LogRecord.paddedBytes(payload: 12))
    for index in [5, 6] as [UInt64] {
      payload.withUnsafeBytes {
        _ = buffer.append(.entry, group: GroupID(9), index: index, term: 4, entryKind: 1, payload: $0)
      }
    }
    let isComplete = buffer.isComplete
    #expect(isComplete)
    var bytes = Array(buffer.bytes)
    #expect(bytes.count == 128)
    func parse(_ offset: Int) -> LogRecord? { bytes.withUnsafeBytes { LogRecord.parse($0, at: offset) } }
    let first = parse(0)
    #expect(first?.batch == 77 && first?.lastSyncedBatch == 74 && first?.remaining == 1)
    #expect(first?.group == GroupID(9) && first?.index == 5 && first?.term == 4)
    #expect(first?.kind == .entry && first?.entryKind == 1 && first?.length == 60)
    #expect(parse(64)?.index == 6 && parse(64)?.remaining == 0)
    for offset in 0..<60 {
      for bit in 0..<8 as Range<UInt8> {
        bytes[offset] ^= 1 << bit
        #expect(parse(0) == nil)
        bytes[offset] ^= 1 << bit
      }
    }
    for offset in [-8, 1, 8, 100, 120, 128, 4096] { #expect(parse(offset) == nil) }
  }

  @Test func configurationsComeBackAndGarbageIsRefused() {
    let configuration = Configuration(
      voters: [NodeID(3), NodeID(1)], outgoingVoters: [NodeID(2)], learners: [], nextLearners: [NodeID(9)],
      autoLeave: true)
    let encoded = configuration.encoded()
    #expect(encoded.withUnsafeBytes { Configuration(encoded: $0) } == configuration)
    for count in 0..<encoded.count {
      #expect(encoded[..<count].withUnsafeBytes { Configuration(encoded: $0) } == nil)
    }
    #expect((encoded + [0]).withUnsafeBytes { Configuration(encoded: $0) } == nil)
    // A count that promises more than there is.
    let hostile: [UInt8] = [0, 0xFF, 0xFF, 0xFF, 0xFF] + [UInt8](repeating: 0, count: 40)
    #expect(hostile.withUnsafeBytes { Configuration(encoded: $0) } == nil)
  }
}
