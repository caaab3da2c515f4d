import RoostBase
import RoostPlatform
import RoostStorage

/// A received snapshot on disk, from its first chunk until it is installed: a header, then records of pairs, each with
/// its length and CRC, then a record without pairs that marks the end.
///
/// Layout of a record: payload length (4), CRC-32C of the payload (4), payload. Used by one thread at a time.
final class SnapshotFile: @unchecked Sendable {
  static let directory = "snapshots"

  private let file: any DiskFile
  private var offset = 0

  private init(_ file: any DiskFile) { self.file = file }

  static func create(_ name: String, on disk: any Disk, header: SnapshotHeader) throws(DiskError) -> SnapshotFile {
    try disk.createDirectory(directory)
    let file = try disk.open("\(directory)/\(name)", create: true)
    try file.truncate(to: 0)
    let snapshot = SnapshotFile(file)
    try snapshot.append(header.encoded())
    return snapshot
  }

  func append(_ pairs: [(key: [UInt8], value: [UInt8])]) throws(DiskError) {
    guard !pairs.isEmpty else { return }
    var writer = ByteWriter(reserving: SnapshotSender.chunkBytes + 4096)
    writer.write(pairs.count)
    for pair in pairs {
      writer.write(pair.key)
      writer.write(pair.value)
    }
    try append(writer.bytes)
  }

  /// Marks the end and makes the whole file durable.
  func finish(on disk: any Disk) throws(DiskError) {
    try append([UInt8](arrayLiteral: 0))
    try file.sync()
    file.close()
    try disk.syncDirectory(SnapshotFile.directory)
  }

  func discard() { file.close() }

  /// Removes a file that nobody needs any more. If that fails, the next start does it.
  static func remove(_ name: String, from disk: any Disk) { try? disk.remove("\(directory)/\(name)") }

  private func append(_ payload: [UInt8]) throws(DiskError) {
    var record: [UInt8] = []
    record.reserveCapacity(payload.count + 8)
    record.append(littleEndian: UInt32(payload.count))
    record.append(littleEndian: payload.withUnsafeBytes { CRC32C.checksum($0) })
    record.append(contentsOf: payload)
    var failure: DiskError?
    record.withUnsafeBytes { bytes in
      do throws(DiskError) { try file.write(bytes, at: offset) } catch { failure = error }
    }
    if let failure { throw failure }
    offset += record.count
  }

  // MARK: Reading back

  struct Damaged: Error, CustomStringConvertible {
    var description: String
  }

  /// Opens a finished file and reads its header.
  static func open(_ name: String, on disk: any Disk) throws -> (file: SnapshotFile, header: SnapshotHeader) {
    let file = SnapshotFile(try disk.open("\(directory)/\(name)", create: false))
    return (file, try SnapshotHeader(decoding: try file.nextRecord()))
  }

  /// The next pairs; nil at the end.
  func nextPairs() throws -> [(key: [UInt8], value: [UInt8])]? {
    var reader = ByteReader(try nextRecord())
    let pairs = try reader.readPairs()
    return pairs.isEmpty ? nil : pairs
  }

  func close() { file.close() }

  private func nextRecord() throws -> [UInt8] {
    let prefix = try file.read(at: offset, count: 8)
    guard prefix.count == 8 else { throw Damaged(description: "the snapshot file ends early at \(offset)") }
    var reader = ByteReader(prefix)
    let length = try reader.readLittleEndian(UInt32.self)
    let expected = try reader.readLittleEndian(UInt32.self)
    let size = try file.size
    guard Int(length) <= size - offset - 8 else {
      throw Damaged(description: "the snapshot file ends early at \(offset)")
    }
    let payload = try file.read(at: offset + 8, count: Int(length))
    guard payload.count == Int(length), payload.withUnsafeBytes({ CRC32C.checksum($0) }) == expected else {
      throw Damaged(description: "the snapshot file is damaged at \(offset)")
    }
    offset += 8 + payload.count
    return payload
  }
}
