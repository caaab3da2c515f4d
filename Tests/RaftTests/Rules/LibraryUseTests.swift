import RoostBase
import RoostRaft
import Testing

/// The core alone, with nothing but what its own module exports: the smallest shell there is.
@Suite struct LibraryUseTests {
  /// One member with a log in an array and a register as its state machine.
  private struct Register {
    var core: RaftCore
    var hardState = HardState()
    var log: [Entry] = []
    var value: [UInt8] = []
    var answers: [ReadState] = []

    init(restoring state: RestoredState) throws {
      core = try RaftCore(
        configuration: RaftConfiguration(id: NodeID(1), randomSeed: 42), restoring: state, now: .origin)
      hardState = state.hardState
      log = state.entries
    }

    mutating func work() throws {
      while core.hasEffects {
        let effects = core.takeEffects()
        if let write = effects.persist {
          if let state = write.hardState { hardState = state }
          if let first = write.entries.first { log.removeAll { $0.index >= first.index } }
          log += write.entries
          for response in write.responses { try core.step(response, now: .origin) }
        }
        for entry in effects.committed {
          if !entry.payload.isEmpty { value = entry.payload }
          core.applied(through: entry.index)
        }
        answers += effects.reads
      }
    }
  }

  @Test func registerSurvivesARestart() throws {
    let founding = Configuration(voters: [NodeID(1)])
    var register = try Register(restoring: RestoredState(configuration: founding))
    register.core.tick(now: register.core.nextDeadline)
    try register.work()
    #expect(register.core.isLeader)
    #expect(register.core.leader == NodeID(1))
    try register.core.propose([[1], [2], [3]], now: .origin)
    try register.core.readIndex(context: 7, now: .origin)
    try register.work()
    #expect(register.value == [3])
    #expect(register.answers.map(\.context) == [7])

    register = try Register(
      restoring: RestoredState(hardState: register.hardState, entries: register.log, configuration: founding))
    try register.work()
    #expect(register.value == [3])
  }
}
