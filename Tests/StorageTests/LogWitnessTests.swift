import RoostPlatform
import RoostRaft
import RoostStorage
import Testing

/// A log that ends before what was durable says so, also where no record of it can tell.
@Suite struct LogWitnessTests {
  private static let witness = "log/witness"

  /// A log of some synced batches on its disk, closed.
  private func written(batches: UInt64 = 40) throws -> FaultyDisk {
    let disk = FaultyDisk()
    let store = try LogStore(disk: disk, directory: "log", options: LogOptions(segmentBytes: 64 << 10))
    for index in 1...batches {
      try store.write([LogWrite(group: GroupID(1), entries: [entry(index, bytes: 200)])])
      try store.sync()
    }
    store.close()
    return disk
  }

  private func open(_ disk: FaultyDisk) throws -> LogStore {
    try LogStore(disk: disk, directory: "log", options: LogOptions(segmentBytes: 64 << 10))
  }

  /// Takes the last bytes that were written, as a disk does that never kept them.
  private func cut(_ count: Int, off disk: FaultyDisk) throws {
    let path = try #require(disk.paths.last)
    let end = try #require(disk.bytes(of: path).lastIndex { $0 != 0 }) + 1
    disk.overwrite(path, at: max(0, end - count), with: [UInt8](repeating: 0, count: min(count, end)))
  }

  @Test(arguments: [1, 100, 5000])
  func aTailThatIsCutOffIsFound(_ bytes: Int) throws {
    let disk = try written()
    try cut(bytes, off: disk)
    let before = disk.paths.map { disk.bytes(of: $0) }
    for _ in 0..<2 {
      #expect {
        try open(disk)
      } throws: { error in
        guard case LogError.tailLost(let last, 40, Self.witness) = error else { return false }
        return last < 40 && "\(error)".contains("remove \(Self.witness)")
      }
    }
    #expect(disk.paths.map { disk.bytes(of: $0) } == before, "nothing is changed in a log that is refused")
    // Who knows what is lost may go on without it.
    try disk.remove(Self.witness)
    let rest = try open(disk)
    #expect(rest.lastDurableBatch < 40)
    try rest.write([LogWrite(group: GroupID(2), entries: [entry(1)])])
    try rest.sync()
    rest.close()
    #expect(try open(disk).group(GroupID(2))?.lastIndex == LogIndex(1))
  }

  @Test func aLogThatIsGoneIsFound() throws {
    let disk = try written()
    for path in disk.paths { try disk.remove(path) }
    #expect(throws: LogError.self) { try open(disk) }
    #expect(disk.paths.isEmpty, "no new one is begun")
  }

  /// Another log in its place, as one that was put back from a copy and went on.
  @Test func anotherLogOfTheSameLengthIsFound() throws {
    let disk = try written()
    let other = FaultyDisk()
    let store = try open(other)
    for index in 1...UInt64(45) {
      try store.write([LogWrite(group: GroupID(1), entries: [entry(index, term: 2, bytes: 200)])])
      try store.sync()
    }
    store.close()
    let path = try #require(disk.paths.last)
    disk.overwrite(path, at: 0, with: other.bytes(of: path))
    #expect {
      try open(disk)
    } throws: { error in "\(error)".contains("not the one that was made durable") }
  }

  @Test func whatWasNotSyncedIsMissedByNobody() throws {
    let disk = try written()
    let store = try open(disk)
    try store.write([LogWrite(group: GroupID(1), entries: [entry(41, bytes: 3000)])])
    try cut(1000, off: disk)
    let again = try open(disk)
    #expect(again.tornBytes > 0 && again.group(GroupID(1))?.lastIndex == LogIndex(40))
  }

  /// Power fails while the witness is written, or a bit of it rots: the one before counts.
  @Test func aWitnessThatCantBeReadIsNoReasonToRefuse() throws {
    for slot in 0..<2 {
      let disk = try written()
      disk.flip(Self.witness, offset: slot * disk.bytes(of: Self.witness).count / 2 + 20, bit: 2)
      #expect(try open(disk).group(GroupID(1))?.lastIndex == LogIndex(40))
      let cutOff = disk.copy()
      try cut(2000, off: cutOff)
      #expect(throws: LogError.self, "the other one is as good, but for one batch") { try open(cutOff) }
    }
  }

  @Test func aWitnessFileGivesBackTheLastRecordOrTheOneBefore() throws {
    let disk = FaultyDisk()
    func record(_ number: UInt8) -> [UInt8] { [UInt8](repeating: number, count: 700) }
    func write(_ number: UInt8, to file: WitnessFile) throws {
      var failure: DiskError?
      record(number).withUnsafeBytes { bytes in
        do throws(DiskError) { try file.write(bytes) } catch { failure = error }
      }
      if let failure { throw failure }
    }
    let file = try WitnessFile(disk: disk, path: "log/witness", payloadBytes: 700)
    #expect(file.found == nil)
    for number in 1...5 as ClosedRange<UInt8> { try write(number, to: file) }
    #expect(try WitnessFile(disk: disk, path: "log/witness", payloadBytes: 700).found == record(5))
    let size = disk.bytes(of: "log/witness").count
    disk.flip("log/witness", offset: size / 2 + 400, bit: 1)
    let second = try WitnessFile(disk: disk, path: "log/witness", payloadBytes: 700)
    #expect(second.found == record(4))
    try write(6, to: second)
    #expect(try WitnessFile(disk: disk, path: "log/witness", payloadBytes: 700).found == record(6))
  }
}
