import RoostBase
import Testing

@testable import RoostRaft

/// Two ways to do the same: effects in one struct or piece by piece, responses one by one or all at once.
@Suite struct EffectsTests {
  /// A leader of three that has proposed and was asked to read, and has handed over neither.
  private func busyLeader() throws -> PromptGroup {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    _ = try group[1].propose([[1], [2]], now: group.now)
    try group[1].readIndex(context: 7, now: group.now)
    return group
  }

  @Test func piecesAreWhatTheStructHolds() throws {
    var group = try busyLeader()
    // Half of it happens: an entry to apply, a read to answer, and new entries to send and to write.
    let first = group[1].takeEffects()
    _ = group[1].stepOwn(try #require(first.persist).responses, now: group.now)
    for message in first.messages where message.to == NodeID(2) && message.kind == .heartbeat {
      try group[1].step(
        Message(
          .heartbeatResponse, from: NodeID(2), to: NodeID(1), term: group[1].term, context: message.context),
        now: group.now)
    }
    try group[1].step(
      Message(
        .appendResponse, from: NodeID(2), to: NodeID(1), term: group[1].term, index: group[1].lastIndex),
      now: group.now)
    _ = try group[1].propose([[3], [4]], now: group.now)
    var whole = group[1]
    var pieces = group[1]
    let effects = whole.takeEffects()
    pieces.beginEffects()
    #expect(pieces.takeSoftState() == effects.softState)
    #expect(pieces.takeMessages() == effects.messages)
    let taken = pieces.takeStorageAppend()
    let write = try #require(taken)
    let expected = try #require(effects.persist)
    #expect(write.entries == expected.entries && write.entries.count == 2)
    #expect(write.responses == expected.responses && write.responses.count == 2)
    #expect(write.hardState == expected.hardState && write.mustSync == expected.mustSync)
    #expect(!effects.messages.isEmpty && effects.committed.count == 2 && effects.reads.count == 1)
    #expect(pieces.takeCommitted() == effects.committed)
    #expect(pieces.takeReadsAndLoads()?.reads == effects.reads)
    pieces.endEffects()
    #expect(!pieces.hasEffects && pieces.hasEffects == whole.hasEffects && pieces.nextDeadline == whole.nextDeadline)
  }

  @Test func ownResponsesAtOnceAreTheSameSteps() throws {
    let group = try busyLeader()
    var single = group[1]
    let effects = single.takeEffects()
    let responses = try #require(effects.persist).responses
    #expect(responses.count == 2 && responses.allSatisfy { $0.to == NodeID(1) })
    var together = single
    for response in responses { try single.step(response, now: group.now) }
    #expect(together.stepOwn(responses, now: group.now) == 0)
    // A follower's acknowledgement commits now, which takes that the leader has counted its own.
    let acknowledgement = Message(
      .appendResponse, from: NodeID(2), to: NodeID(1), term: single.term, index: single.lastIndex)
    try single.step(acknowledgement, now: group.now)
    try together.step(acknowledgement, now: group.now)
    #expect(single.commitIndex == single.lastIndex && together.commitIndex == single.commitIndex)
    #expect(together.takeEffects().committed == single.takeEffects().committed)
  }

  @Test func whatIsNotForThisMemberIsLeftAndWhatIsWrongIsCounted() throws {
    var group = try busyLeader()
    _ = group[1].takeEffects()
    let term = group[1].term
    let refused = group[1].stepOwn(
      [
        Message(.appendResponse, from: NodeID(1), to: NodeID(2), term: term, index: LogIndex(1)),
        Message(.appendResponse, from: NodeID(1), to: NodeID(1), term: .zero, index: LogIndex(1)),
        Message(.appendResponse, from: NodeID(1), to: NodeID(1), term: term, index: LogIndex(1)),
      ], now: group.now)
    #expect(refused == 1)
  }

  @Test func boxedValuesAreComparedByWhatTheyAre() {
    let snapshot = SnapshotMetadata(
      index: LogIndex(3), term: Term(2), configuration: Configuration(voters: [NodeID(1)]))
    var one = Message(.snapshot, from: NodeID(1), to: NodeID(2), snapshot: snapshot)
    let other = Message(.snapshot, from: NodeID(1), to: NodeID(2), snapshot: snapshot)
    #expect(one == other && one.hashValue == other.hashValue && one.snapshot == snapshot)
    let copy = one
    one.snapshot?.index = LogIndex(4)
    #expect(one.snapshot?.index == LogIndex(4) && copy.snapshot?.index == LogIndex(3) && one != other)
    one.snapshot = nil
    #expect(one.snapshot == nil && copy == other)
  }
}
