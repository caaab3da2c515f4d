import Foundation
import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage
import Testing

@testable import RoostStore

/// A lost quorum: one member's log and state become a group of their own.
@Suite struct OfflineGroupsTests {
  private let group = GroupDescriptor.data.id

  private func put(_ index: UInt64, _ value: UInt8) -> Entry {
    Entry(
      index: LogIndex(index), term: Term(5),
      payload: WriteCommand.encode([.init(key: Key([1, 7]), value: [value])], at: Timestamp(index)))
  }

  private func change(_ index: UInt64, _ steps: [ConfigurationChange.Step]) -> Entry {
    Entry(
      index: LogIndex(index), term: Term(5), kind: .configurationChange, payload: ConfigurationChange(steps).encoded())
  }

  private func withDisk(_ body: (PosixDisk) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("roost-offline-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(try PosixDisk(root: path))
  }

  /// A member of three that has applied two entries, knows that three are committed, and has six: among them a change of
  /// members that is under way.
  private func prepare(_ disk: PosixDisk, _ engine: MemoryEngine) throws {
    let log = try LogStore(disk: disk, directory: "log")
    defer { log.close() }
    let entries = [
      put(1, 1), put(2, 2), change(3, [.init(.addLearner, NodeID(4))]), put(4, 4),
      change(5, [.init(.addVoter, NodeID(4)), .init(.remove, NodeID(2))]), put(6, 6),
    ]
    try log.write([
      LogWrite(
        group: group, hardState: HardState(term: Term(5), vote: NodeID(2), commit: LogIndex(3)), entries: entries)
    ])
    try log.sync()
    var state = GroupState()
    state.applied = LogIndex(2)
    state.appliedTerm = Term(5)
    state.timestamp = Timestamp(2)
    state.configuration = Configuration(voters: [NodeID(1), NodeID(2), NodeID(3)])
    var batch = EngineBatch()
    batch.putVersion([1, 7], at: 2, [2])
    batch.put(LocalKeys.groupState(group), state.encoded())
    try engine.write(batch)
    try engine.flush()
  }

  private func open(_ disk: any Disk, _ engine: any Engine) throws -> (log: LogStore, groups: OfflineGroups) {
    let log = try LogStore(disk: disk, directory: "log", mayCreate: false)
    return (
      log,
      try OfflineGroups(engine: engine, logStore: log, disk: disk, node: NodeID(1), descriptors: [.data])
    )
  }

  @Test func itIsSeenHowFarAGroupIs() throws {
    try withDisk { disk in
      let engine = MemoryEngine()
      try prepare(disk, engine)
      let (log, groups) = try open(disk, engine)
      defer { log.close() }
      let standing = try groups.standing(of: group, founders: [NodeID(9)])
      #expect(standing.lastIndex == LogIndex(6) && standing.lastTerm == Term(5) && standing.term == Term(5))
      #expect(standing.commitIndex == LogIndex(3) && standing.appliedIndex == LogIndex(2))
      #expect(standing.configuration.voters == [NodeID(1), NodeID(2), NodeID(3)])
      #expect(standing.namedLater == [NodeID(2), NodeID(4)])
      #expect(try groups.contents(of: group).later.map(\.value) == [[4], [6]])
      let empty = try groups.standing(of: GroupID(7), founders: [NodeID(9)])
      #expect(empty.lastIndex == .zero && empty.configuration.voters == [NodeID(9)])
    }
  }

  @Test func oneMemberGoesOnWithEverythingItHas() throws {
    try withDisk { disk in
      let engine = MemoryEngine()
      try prepare(disk, engine)
      for _ in 0..<2 {
        // Again after it is done.
        let (log, groups) = try open(disk, engine)
        defer { log.close() }
        try groups.makeSoleVoter(
          of: groups.standing(of: group, founders: []), writing: [.init(key: Key([1, 8]), value: [8])], milliseconds: 1,
          context: [1])
      }
      let (log, groups) = try open(disk, engine)
      defer { log.close() }
      let standing = try groups.standing(of: group, founders: [])
      #expect(standing.configuration == Configuration(voters: [NodeID(1)]) && standing.namedLater == [])
      #expect(standing.lastIndex == LogIndex(10) && standing.appliedIndex == LogIndex(10))
      #expect(standing.term == Term(7), "above all that was, each time")
      let view = try groups.contents(of: group).view
      #expect(try view.get(Key([1, 7])) == [6], "also what is not known to be committed")
      #expect(try view.get(Key([1, 8])) == [8])

      let kept = try #require(log.group(group))
      #expect(kept.snapshot.index == LogIndex(10), "newcomers get the state, and no entry of former members")
      #expect(kept.snapshot.configuration == Configuration(voters: [NodeID(1)]))
      // A member can be made of it.
      let core = try RaftCore(
        configuration: RaftConfiguration(id: NodeID(1), randomSeed: 1),
        restoring: RestoredState(
          hardState: kept.hardState, snapshot: kept.snapshot, applied: standing.appliedIndex,
          configuration: standing.configuration), now: .origin)
      #expect(core.term == Term(7) && core.vote == .none && core.lastIndex == LogIndex(10) && !core.isRepairing)
    }
  }

  /// The process ends after any number of operations of the disk and the state engine, which loses what it has not flushed.
  @Test func aCrashAnywhereLeavesSomethingThatCanBeDoneAgain() throws {
    func goOn(_ disk: any Disk, _ engine: any Engine) throws {
      let (log, groups) = try open(disk, engine)
      defer { log.close() }
      try groups.makeSoleVoter(
        of: groups.standing(of: group, founders: []), writing: [.init(key: Key([1, 8]), value: [8])], milliseconds: 1,
        context: [1])
    }
    var operations = 0
    var isDone = false
    while !isDone {
      try withDisk { disk in
        let engine = MemoryEngine()
        try prepare(disk, engine)
        let life = LimitedLife(operations)
        do {
          try goOn(MortalDisk(disk, life), MortalEngine(engine, life))
          isDone = true
        } catch {
          #expect(life.isOver, "\(error)")
        }
        engine.crash()
        try goOn(disk, engine)
        let (log, groups) = try open(disk, engine)
        defer { log.close() }
        let standing = try groups.standing(of: group, founders: [])
        #expect(standing.configuration == Configuration(voters: [NodeID(1)]) && standing.namedLater == [])
        #expect([LogIndex(8), LogIndex(10)].contains(standing.lastIndex), "after \(operations): \(standing)")
        #expect(standing.appliedIndex == standing.lastIndex && standing.lostThrough == .zero)
        let view = try groups.contents(of: group).view
        #expect(try view.get(Key([1, 7])) == [6] && view.get(Key([1, 8])) == [8])
        #expect(log.group(group)?.snapshot.index == standing.lastIndex)
      }
      operations += 1
    }
    #expect(operations > 5, "crashes fell in between")
  }

  @Test func aGroupThatNeverHadAnEntryForgetsItsFoundersToo() throws {
    try withDisk { disk in
      let engine = MemoryEngine()
      try prepare(disk, engine)
      let (log, groups) = try open(disk, engine)
      defer { log.close() }
      let founders: Set<NodeID> = [NodeID(1), NodeID(2), NodeID(3)]
      let standing = try groups.standing(of: GroupID(7), founders: founders)
      try groups.makeSoleVoter(of: standing, writing: [], milliseconds: 1, context: [])
      #expect(
        try groups.standing(of: GroupID(7), founders: founders).configuration == Configuration(voters: [NodeID(1)]))
    }
  }
}
