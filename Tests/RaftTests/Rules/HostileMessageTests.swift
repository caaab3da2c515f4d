import RoostBase
import RoostRaft
import Testing

/// Whatever comes over the network, a member neither traps nor loses what is committed.
@Suite struct HostileMessageTests {
  private func expectRefused(
    _ message: Message, _ error: StepError, by core: inout RaftCore,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let before = (core.term, core.terms, core.commitIndex, core.role)
    #expect(throws: error, sourceLocation: sourceLocation) { try core.step(message, now: .origin) }
    #expect(before == (core.term, core.terms, core.commitIndex, core.role), sourceLocation: sourceLocation)
  }

  @Test func messagesThatNoHonestMemberSendsAreRefused() throws {
    var core = try RaftCore.member(terms: [1, 1], term: 1, commit: 2)
    let next = Term(2)
    expectRefused(
      Message(.heartbeat, from: two, to: three, term: next), .notAddressedToThisMember(three), by: &core)
    expectRefused(Message(.heartbeat, from: .none, to: one, term: next), .malformed(.sender), by: &core)
    expectRefused(Message(.heartbeat, from: one, to: one, term: next), .malformed(.sender), by: &core)
    expectRefused(Message(.storageAppended, from: two, to: one, term: next), .localKindFromPeer, by: &core)
    expectRefused(Message(.append, from: two, to: one), .malformed(.term), by: &core)
    expectRefused(Message(.vote, from: two, to: one, term: Term(.max)), .malformed(.term), by: &core)
    expectRefused(
      Message(.append, from: two, to: one, term: next, index: LogIndex(.max)), .malformed(.index), by: &core)
    expectRefused(Message(.snapshot, from: two, to: one, term: next), .malformed(.snapshot), by: &core)
    expectRefused(
      Message(.voteResponse, from: NodeID(9), to: one, term: next), .unknownSender(NodeID(9)), by: &core)
    let gap = [Entry(index: LogIndex(4), term: next)]
    expectRefused(
      Message(.append, from: two, to: one, term: next, logTerm: Term(1), index: LogIndex(2), entries: gap),
      .malformed(.entries), by: &core)
    let future = [Entry(index: LogIndex(3), term: Term(3))]
    expectRefused(
      Message(.append, from: two, to: one, term: next, logTerm: Term(1), index: LogIndex(2), entries: future),
      .malformed(.entries), by: &core)
    let contradictory = SnapshotMetadata(
      index: LogIndex(9), term: Term(1), configuration: Configuration(voters: [one], learners: [one]))
    expectRefused(
      Message(.snapshot, from: two, to: one, term: next, snapshot: contradictory), .malformed(.snapshot), by: &core)
  }

  @Test func committedEntriesAreNeverReplaced() throws {
    var core = try RaftCore.member(terms: [1, 1, 1], term: 1, commit: 1)
    // It begins at what is committed and replaces what is not: fine.
    try core.step(
      Message(
        .append, from: two, to: one, term: Term(2), logTerm: Term(1), index: LogIndex(1), commit: LogIndex(2),
        entries: Entry.log([2], from: 2)), now: .origin)
    #expect(core.terms == [1, 2])
    #expect(core.commitIndex == LogIndex(2))
    // A heartbeat that commits what is not there.
    #expect(throws: StepError.lostLog(acknowledged: LogIndex(9))) {
      try core.step(Message(.heartbeat, from: two, to: one, term: Term(2), commit: LogIndex(9)), now: .origin)
    }
    #expect(core.commitIndex == LogIndex(2))
  }

  /// A leader whose log differs from what is committed here: some members have lost what they had made durable.
  @Test func aContradictionOfWhatIsCommittedIsTold() throws {
    func append(_ logTerm: UInt64, _ index: UInt64, _ entries: [Entry]) -> Message {
      Message(
        .append, from: two, to: one, term: Term(3), logTerm: Term(logTerm), index: LogIndex(index), commit: LogIndex(1),
        entries: entries)
    }
    let member = try RaftCore.member(terms: [1, 1, 2, 2], term: 2, commit: 3)
    for (message, index) in [
      (append(1, 2, Entry.log([3], from: 3)), 3), (append(1, 1, Entry.log([1, 3], from: 2)), 3), (append(1, 3, []), 3),
      (append(2, 2, []), 2),
    ] {
      var core = member
      #expect(throws: StepError.diverged(at: LogIndex(UInt64(index)))) { try core.step(message, now: .origin) }
      #expect(core.terms == [1, 1, 2, 2] && core.commitIndex == LogIndex(3))
      #expect(core.takeEffects().messages.isEmpty, "nothing is acknowledged")
    }
    // What is not committed may be replaced, and what agrees is no contradiction.
    for message in [
      append(2, 3, Entry.log([3], from: 4)), append(1, 2, Entry.log([2, 3], from: 3)),
      append(1, 1, Entry.log([1], from: 2)),
    ] {
      var core = member
      try core.step(message, now: .origin)
    }
    var core = member
    let snapshot = SnapshotMetadata(
      index: LogIndex(3), term: Term(3), configuration: Configuration(voters: [one, two]))
    #expect(throws: StepError.diverged(at: LogIndex(3))) {
      try core.step(Message(.snapshot, from: two, to: one, term: Term(3), snapshot: snapshot), now: .origin)
    }
  }

  @Test func acknowledgementOfWhatWasNeverSentIsRefused() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    #expect(throws: StepError.malformed(.acknowledgement)) {
      try group[1].step(
        Message(.appendResponse, from: two, to: one, term: Term(1), index: LogIndex(99)), now: group.now)
    }
    #expect(group[1].progress(of: two)?.match == LogIndex(1))
    // Confirming rounds that never began confirms nothing.
    try group[1].readIndex(context: 1, now: group.now)
    try group[1].step(Message(.heartbeatResponse, from: two, to: one, term: Term(1), context: .max), now: group.now)
    #expect(group[1].takeEffects().reads.isEmpty)
  }

  /// Random messages, valid in form or not, at members in every role.
  @Test func noiseNeitherTrapsNorUndoesCommits() throws {
    for seed in 0..<60 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      var group = PromptGroup(voters: 3, learners: 1) {
        $0.preVote = seed % 2 == 0
        $0.checkQuorum = seed % 3 != 0
        $0.maxPendingReads = 100
      }
      group.elect(1)
      try group.propose("x", at: 1)
      var committed: [LogIndex: Entry] = [:]
      for round in 0..<400 {
        let target = UInt64(random.number(1...4))
        try? group[target].step(noise(to: NodeID(target), &random), now: group.now)
        if round % 7 == 0 {
          let effects = group[target].takeEffects()
          for message in effects.persist?.responses ?? [] where message.to == NodeID(target) {
            try group[target].step(message, now: group.now)
          }
          for entry in effects.committed {
            // A liar among the members may commit what no majority has, but not twice at one member.
            let key = LogIndex(entry.index.rawValue * 8 + target)
            #expect(committed[key] == nil || committed[key] == entry)
            committed[key] = entry
            if entry.kind == .configurationChange, let change = ConfigurationChange(decoding: entry.payload) {
              group[target].applyConfigurationChange(change)
            }
          }
          if let last = effects.committed.last { group[target].applied(through: last.index) }
        }
        if round % 11 == 0 {
          group.now = group.now + .milliseconds(random.number(1...300))
          group[target].tick(now: group.now)
        }
        if random.chance(10) { try? group[target].readIndex(context: UInt64(round), now: group.now) }
        if random.chance(10) { _ = try? group[target].propose([[1]], now: group.now) }
        if random.chance(3) { group[target].connectionClosed(to: NodeID(UInt64(random.number(0...5))), now: group.now) }
        if random.chance(3) {
          group[target].reportSnapshot(NodeID(UInt64(random.number(0...5))), succeeded: random.chance(50))
        }
        if random.chance(3) { group[target].compact(through: group[target].appliedIndex) }
      }
    }
  }

  private func noise(to: NodeID, _ random: inout SeededGenerator) -> Message {
    func small(_ random: inout SeededGenerator) -> UInt64 {
      switch random.number(0...20) {
      case 0: .max
      case 1: UInt64(1) << 62
      case 2: (UInt64(1) << 62) - 1
      default: UInt64(random.number(0...8))
      }
    }
    let kind = Message.Kind.allCases[random.number(0...(Message.Kind.allCases.count - 1))]
    // Never from the member itself: the shell rules that out.
    var from = NodeID(UInt64(random.number(0...6)))
    if from == to { from = NodeID(7) }
    var message = Message(
      kind, from: from, to: to, term: Term(small(&random)), logTerm: Term(small(&random)),
      index: LogIndex(small(&random)), commit: LogIndex(small(&random)), commitTerm: Term(small(&random)),
      rejectHint: LogIndex(small(&random)), context: small(&random), reject: random.chance(40))
    if random.chance(60) {
      let honest = random.chance(80)
      for offset in 0..<random.number(0...4) {
        let change = ConfigurationChange([.init(.addVoter, NodeID(small(&random)))])
        let isChange = random.chance(10)
        message.entries.append(
          Entry(
            index: honest && message.index.rawValue < 100
              ? message.index + UInt64(offset) + 1 : LogIndex(small(&random)),
            term: honest ? message.term : Term(small(&random)), kind: isChange ? .configurationChange : .command,
            payload: isChange ? change.encoded() : [UInt8(offset)]))
      }
    }
    if kind == .snapshot || random.chance(5) {
      message.snapshot = SnapshotMetadata(
        index: LogIndex(small(&random)), term: Term(small(&random)),
        configuration: Configuration(
          voters: [NodeID(UInt64(random.number(0...3))), NodeID(UInt64(random.number(0...4)))],
          learners: random.chance(30) ? [NodeID(UInt64(random.number(0...4)))] : []))
    }
    return message
  }
}
