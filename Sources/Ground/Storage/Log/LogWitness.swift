import RoostBase
import RoostPlatform

/// The last batch of a log that is known to be durable, as it is kept beside the log: no record of the log itself can
/// tell that the batch after it was there.
struct LogWitness: Equatable {
  static let fileName = "witness"
  static let payloadBytes = 12

  /// The number of the batch.
  var batch: UInt64
  /// The checksum of its first record.
  var checksum: UInt32

  init(batch: UInt64, checksum: UInt32) {
    self.batch = batch
    self.checksum = checksum
  }

  init?(_ payload: [UInt8]) {
    var reader = ByteReader(payload)
    guard let batch = try? reader.readFixed(), let checksum = try? reader.readLittleEndian(UInt32.self), reader.isAtEnd
    else { return nil }
    self.init(batch: batch, checksum: checksum)
  }

  func withPayload(_ body: (UnsafeRawBufferPointer) throws(DiskError) -> Void) throws(DiskError) {
    var numbers = (batch.littleEndian, checksum.littleEndian)
    var failure: DiskError?
    withUnsafeBytes(of: &numbers) { bytes in
      do throws(DiskError) {
        try body(UnsafeRawBufferPointer(rebasing: bytes[..<LogWitness.payloadBytes]))
      } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
