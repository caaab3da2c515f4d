import RoostBase
import RoostRaft
import Testing

/// What a member remembers, and what it makes of it (Raft paper, figure 2).
@Suite struct RestartTests {
  @Test func memberGoesOnWhereItStopped() throws {
    let core = try RaftCore(
      configuration: RaftConfiguration(id: one, randomSeed: 1),
      restoring: RestoredState(
        hardState: HardState(term: Term(4), vote: two, commit: LogIndex(12)),
        snapshot: SnapshotMetadata(index: LogIndex(10), term: Term(2)), entries: Entry.log([2, 3, 4], from: 11),
        applied: LogIndex(11), configuration: Configuration(voters: [one, two, three])), now: .origin)
    #expect(core.term == Term(4) && core.vote == two)
    #expect(core.firstIndex == LogIndex(11) && core.lastIndex == LogIndex(13))
    #expect(core.commitIndex == LogIndex(12) && core.appliedIndex == LogIndex(11))
    #expect(core.term(at: LogIndex(10)) == Term(2))
    #expect(core.role == .follower)
  }

  @Test func committedEntriesAboveTheAppliedOnesComeAgain() throws {
    var core = try RaftCore.member(terms: [1, 1, 2], commit: 2)
    let effects = core.takeEffects()
    #expect(effects.committed == Entry.log([1, 1]))
    #expect(effects.persist == nil)
  }

  @Test func whatIsAppliedWasCommitted() throws {
    // The commit index is only a hint on disk: it may be older than what the state machine has flushed.
    let core = try RaftCore(
      configuration: RaftConfiguration(id: one, randomSeed: 1),
      restoring: RestoredState(
        hardState: HardState(term: Term(1), commit: LogIndex(1)), entries: Entry.log([1, 1, 1]), applied: LogIndex(3),
        configuration: Configuration(voters: [one])), now: .origin)
    #expect(core.commitIndex == LogIndex(3))
  }

  @Test func voteOutlivesARestart() throws {
    var core = try RaftCore(
      configuration: RaftConfiguration(id: three, randomSeed: 1),
      restoring: RestoredState(
        hardState: HardState(term: Term(5), vote: one), configuration: Configuration(voters: [one, two, three])),
      now: .origin)
    let answers = try core.answers(to: Message(.vote, from: two, to: three, term: Term(5)))
    #expect(answers.map(\.reject) == [true])
  }

  @Test(arguments: [
    (
      RestoreError.gapInLog(at: LogIndex(3)),
      RestoredState(
        hardState: HardState(term: Term(9)),
        entries: [
          Entry(index: LogIndex(1), term: Term(1)), Entry(index: LogIndex(3), term: Term(1)),
        ])
    ),
    (
      .gapInLog(at: LogIndex(1)),
      RestoredState(
        hardState: HardState(term: Term(9)), snapshot: SnapshotMetadata(index: LogIndex(4), term: Term(1)),
        entries: Entry.log([1]), applied: LogIndex(4))
    ),
    (.termOutOfOrder(at: LogIndex(2)), RestoredState(hardState: HardState(term: Term(9)), entries: Entry.log([2, 1]))),
    (.termOutOfOrder(at: LogIndex(1)), RestoredState(hardState: HardState(term: Term(1)), entries: Entry.log([2]))),
    (
      .logEndsBefore(LogIndex(2)),
      RestoredState(
        hardState: HardState(term: Term(9), commit: LogIndex(2)), entries: Entry.log([1]))
    ),
    (.logEndsBefore(LogIndex(7)), RestoredState(applied: LogIndex(7))),
    (.appliedBeforeSnapshot, RestoredState(snapshot: SnapshotMetadata(index: LogIndex(4), term: Term(1)))),
    (
      .invalidConfiguration(.inconsistent(one)),
      RestoredState(
        configuration: Configuration(voters: [one], learners: [one]))
    ),
  ])
  func damagedStateIsRefused(error: RestoreError, state: RestoredState) {
    #expect(throws: error) {
      try RaftCore(configuration: RaftConfiguration(id: one, randomSeed: 1), restoring: state, now: .origin)
    }
  }
}
