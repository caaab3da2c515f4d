public import RoostPlatform

/// A small record that is written again and again, to a file of its own: what was there last time can be read back, or
/// what was there the time before, whatever happens while it is written.
///
/// Two slots are written in turns, each within one sector's boundaries as far as the payload allows. Nothing is synced:
/// whoever writes here says what is true already, so an older record is weaker and not wrong.
///
/// | offset in the slot | bytes | field |
/// |---|---|---|
/// | 0 | 4 | CRC32C of the rest |
/// | 4 | 4 | length of the payload |
/// | 8 | 8 | how many times it was written |
/// | 16 | | payload |
///
/// Used by one thread at a time, which is what `@unchecked` relies on.
public final class WitnessFile: @unchecked Sendable {
  private static let headerBytes = 16

  private let file: any DiskFile
  private let slotBytes: Int
  private var count: UInt64
  /// What a slot is put together in.
  private let memory: UnsafeMutableRawBufferPointer
  /// The newest record that was there when the file was opened.
  public let found: [UInt8]?

  /// Opens the file, or makes it, with room for records of `payloadBytes`.
  public init(disk: any Disk, path: String, payloadBytes: Int) throws(DiskError) {
    slotBytes = max(512, (WitnessFile.headerBytes + payloadBytes + 511) & ~511)
    file = try disk.open(path, create: true)
    let size = try file.size
    if size < 2 * slotBytes {
      // Blocks of its own, so that a full disk keeps nobody from writing it.
      try file.zeroFill(to: 2 * slotBytes)
      try file.sync()
    }
    let content = try file.read(at: 0, count: 2 * slotBytes)
    let records = [0, 1].compactMap { WitnessFile.record(in: content, at: $0 * (content.count / 2)) }
    let newest = records.max { $0.count < $1.count }
    found = newest?.payload
    count = newest?.count ?? 0
    memory = .allocate(byteCount: slotBytes, alignment: 8)
  }

  deinit {
    memory.deallocate()
    file.close()
  }

  private static func record(in content: [UInt8], at start: Int) -> (count: UInt64, payload: [UInt8])? {
    content.withUnsafeBytes { bytes in
      guard bytes.count - start >= headerBytes else { return nil }
      func load<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type) -> Value {
        Value(littleEndian: bytes.loadUnaligned(fromByteOffset: start + offset, as: type))
      }
      let length = Int(load(4, as: UInt32.self))
      guard length <= bytes.count - start - headerBytes else { return nil }
      let end = start + headerBytes + length
      let checked = UnsafeRawBufferPointer(rebasing: bytes[start + 4..<end])
      guard CRC32C.checksum(checked) == load(0, as: UInt32.self), load(8, as: UInt64.self) > 0 else { return nil }
      return (load(8, as: UInt64.self), Array(bytes[start + headerBytes..<end]))
    }
  }

  /// Writes a record over the one before the last.
  public func write(_ payload: UnsafeRawBufferPointer) throws(DiskError) {
    precondition(WitnessFile.headerBytes + payload.count <= slotBytes, "a witness keeps to its slot")
    count += 1
    memory.storeBytes(of: UInt32(payload.count).littleEndian, toByteOffset: 4, as: UInt32.self)
    memory.storeBytes(of: count.littleEndian, toByteOffset: 8, as: UInt64.self)
    let end = WitnessFile.headerBytes + payload.count
    UnsafeMutableRawBufferPointer(rebasing: memory[WitnessFile.headerBytes..<end]).copyMemory(from: payload)
    let checksum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: memory[4..<end]))
    memory.storeBytes(of: checksum.littleEndian, toByteOffset: 0, as: UInt32.self)
    try file.write(UnsafeRawBufferPointer(rebasing: memory[..<end]), at: Int(count & 1) * slotBytes)
  }

  /// Makes the last record durable.
  public func sync() throws(DiskError) { try file.sync() }
}
