import Foundation
import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage
import Testing

@testable import RoostCluster
@testable import RoostStore

/// Data directories of stopped nodes: looking at one changes nothing, and nothing in it is given up unasked.
@Suite("A stopped node's directory") struct OfflineNodeTests {
  private static let clusterID = "c1"

  /// A directory for one test, gone with it.
  private final class Directory {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("roost-offline-\(UUID().uuidString)").path

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// What every file holds but the lock, which names who has it.
    func files() throws -> [String: Data] {
      var found: [String: Data] = [:]
      for name in try FileManager.default.subpathsOfDirectory(atPath: path) where name != PosixDisk.lockName {
        found[name] = FileManager.default.contents(atPath: path + "/" + name) ?? Data()
      }
      return found
    }
  }

  private func record(_ node: NodeID) -> NodeRecord {
    NodeRecord(
      id: node, name: "node\(node)", pid: 1, peerAddress: "127.0.0.1:\(node.rawValue)", sqlAddress: "", locality: [:],
      startedAt: 0, incarnation: 1)
  }

  /// Makes the directory of node 1, which founded a cluster of three.
  ///
  /// - Parameters:
  ///   - applied: entries that the state has; of six in the log.
  ///   - marker: where the log begins.
  ///   - records: what the registry has, with the first entry.
  private func make(
    _ directory: Directory, applied: UInt64 = 4, marker: UInt64 = 0, records: [NodeID] = [1, 2, 3]
  ) throws {
    let disk = try PosixDisk(root: directory.path)
    var identity = NodeIdentity(
      clusterName: "roost", clusterID: 0xC1, node: 1, name: "node1", founders: [1], incarnation: 1)
    identity.peers = [.init(node: 2, address: "127.0.0.1:2"), .init(node: 3, address: "127.0.0.1:3")]
    try identity.save(to: disk)

    let voters = Configuration(voters: [1, 2, 3])
    let log = try LogStore(disk: disk, directory: "log")
    let engine = try StateDirectory.open(on: disk, root: directory.path) { _ in }.engine
    defer {
      log.close()
      engine.close()
    }
    for group in [GroupDescriptor.system.id, GroupDescriptor.data.id] {
      let isSystem = group == .system
      let entries = (1...UInt64(6)).map { index in
        let writes: [CommitRequest.Write] =
          isSystem && index == 1
          ? records.map { .init(key: NodeRecord.key(of: $0), value: record($0).encoded()) }
          : [.init(key: Key([isSystem ? 0 : 1, 7]), value: [UInt8(index)])]
        return Entry(
          index: LogIndex(index), term: Term(1), payload: WriteCommand.encode(writes, at: Timestamp(index)))
      }
      let stand = SnapshotMetadata(index: LogIndex(marker), term: Term(marker > 0 ? 1 : 0), configuration: voters)
      try log.write([
        LogWrite(group: group, hardState: HardState(term: Term(1), commit: LogIndex(applied)), snapshot: stand)
      ])
      try log.write([LogWrite(group: group, entries: Array(entries[Int(marker)...]))])
      guard applied > 0 else { continue }
      var state = GroupState()
      state.applied = LogIndex(applied)
      state.appliedTerm = Term(1)
      state.timestamp = Timestamp(applied)
      state.configuration = voters
      var batch = EngineBatch()
      for entry in entries.prefix(Int(applied)) {
        let command = try WriteCommand(decoding: entry.payload)
        for write in command.writes { batch.putVersion(write.key.bytes, at: command.timestamp.rawValue, write.value) }
      }
      batch.put(LocalKeys.groupState(group), state.encoded())
      try engine.write(batch)
    }
    try log.sync()
    try engine.flush()
  }

  /// Leaves a part of a batch at the end of the log that never became durable: a start erases it.
  private func tear(_ directory: Directory) throws {
    let disk = try PosixDisk(root: directory.path)
    let log = try LogStore(disk: disk, directory: "log")
    let entry = Entry(index: LogIndex(7), term: Term(1), payload: WriteCommand.encode([], at: Timestamp(7)))
    try log.write([LogWrite(group: GroupDescriptor.data.id, entries: [entry])])
    log.close()
    let name = try #require(try disk.list("log").first { $0.hasSuffix(".log") })
    let file = try disk.open("log/" + name, create: false)
    defer { file.close() }
    let content = try file.read(at: 0, count: try file.size)
    let last = try #require(content.lastIndex { $0 != 0 })
    try [content[last] ^ 1].withUnsafeBytes { try file.write($0, at: last) }
  }

  private func markDamaged(_ directory: Directory) throws {
    try StateDirectory.markDamaged("it was seen", on: PosixDisk(root: directory.path))
  }

  @Test func lookingChangesNothing() throws {
    let directory = Directory()
    try make(directory)
    try tear(directory)
    let before = try directory.files()
    do {
      let node = try OfflineNode(directory: directory.path)
      #expect(node.others.map(\.name) == ["node2", "node3"])
      #expect(node.standings.map(\.lastIndex) == [LogIndex(6), LogIndex(6)])
      #expect(!node.isAlone && node.stateDamage == nil)
    }
    #expect(try directory.files() == before)
  }

  /// The last copy of entries that fit no state any more, and of a state that may be repaired by hand.
  @Test func aDamagedStateWhoseLogBeginsLaterIsRefusedAndKept() throws {
    let directory = Directory()
    try make(directory, applied: 4, marker: 4)
    try markDamaged(directory)
    let before = try directory.files()
    let error = #expect(throws: NodeError.self) { try OfflineNode(directory: directory.path) }
    #expect("\(error.map { "\($0)" } ?? "")".contains("it was seen"))
    #expect(try directory.files() == before)
  }

  /// Where nothing is read before the log is cut short, only reading all of it shows the damage.
  @Test func damageFarFromTheRecordsIsFound() throws {
    for marker in [UInt64(0), 4] {
      let directory = Directory()
      try make(directory, marker: marker)
      do {
        let disk = try PosixDisk(root: directory.path)
        let engine = try StateDirectory.open(on: disk, root: directory.path) { _ in }.engine
        defer { engine.close() }
        var generator = SeededGenerator(seed: 3)
        var batch = EngineBatch()
        for number in 0..<UInt8(200) {
          let value = (0..<1000).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
          batch.putVersion([1, 0x80, number], at: 4, value)
        }
        try engine.write(batch)
        try engine.flush()
      }
      let tables = try directory.files().filter { $0.key.hasSuffix(".sst") }
      let table = try #require(tables.max { $0.value.count < $1.value.count })
      var content = table.value
      content[content.count / 2] ^= 1
      try content.write(to: URL(fileURLWithPath: directory.path + "/" + table.key))
      let before = try directory.files()
      if marker == 0 {
        let node = try OfflineNode(directory: directory.path)
        #expect(node.stateDamage?.contains("Corruption") == true, "\(String(describing: node.stateDamage))")
      } else {
        #expect(throws: NodeError.self) { try OfflineNode(directory: directory.path) }
      }
      #expect(try directory.files() == before)
    }
  }

  @Test func aDamagedStateIsMadeAnewFromAWholeLog() throws {
    let directory = Directory()
    try make(directory)
    try markDamaged(directory)
    let before = try directory.files()
    do {
      let node = try OfflineNode(directory: directory.path)
      #expect(node.stateDamage == "it was seen")
      #expect(node.others.map(\.number) == [2, 3] && !node.isAlone)
      #expect(try directory.files() == before)
      try node.goOnAlone(milliseconds: 1)
    }
    #expect(FileManager.default.fileExists(atPath: directory.path + "/state.damaged-1"))
    let node = try OfflineNode(directory: directory.path)
    #expect(node.isAlone && node.stateDamage == nil)
    #expect(node.survey.registry.active.map(\.name) == ["node1"])
    #expect(node.standings.allSatisfy { $0.appliedIndex >= LogIndex(7) && $0.configuration.voters == [1] })
  }

  /// A state that does not open when it is to be changed, though it did when it was looked at.
  @Test func aStateThatFailsLaterIsNotPutAside() throws {
    let directory = Directory()
    try make(directory)
    let node = try OfflineNode(directory: directory.path)
    try Data().write(to: URL(fileURLWithPath: directory.path + "/state/CURRENT"))
    let before = try directory.files()
    #expect(throws: NodeError.self) { try node.goOnAlone(milliseconds: 1) }
    let after = try directory.files()
    #expect(after["identity.json"] == before["identity.json"])
    #expect(after.filter { $0.key.hasPrefix("log/") } == before.filter { $0.key.hasPrefix("log/") })
    #expect(!node.isUnfinished && after["state.damaged-1/CURRENT"] == nil)
  }

  /// The founder with an empty state looks like a cluster of one; it knows better.
  @Test func whoWasKnownBeforeTheRecordsCountsToo() throws {
    let directory = Directory()
    try make(directory, applied: 0, records: [1, 2])
    do {
      let node = try OfflineNode(directory: directory.path)
      #expect(node.others.map(\.name) == ["node2", "number 3"])
      #expect(node.others.map(\.peerAddress?.port) == [2, 3])
      #expect(!node.isAlone)
      try node.goOnAlone(milliseconds: 1)
    }
    let node = try OfflineNode(directory: directory.path)
    #expect(node.isAlone)
    #expect(node.survey.registry.retired.map(\.id) == [2, 3])
    #expect(node.survey.registry.retired.allSatisfy { $0.departure == .quorumLost })
    #expect(node.survey.nextNumber == 4, "no number is given twice")
  }
}
