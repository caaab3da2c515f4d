import RoostBase
import RoostRaft
import Testing

/// Raft dissertation, chapter 4.
@Suite struct MembershipTests {
  private func change(_ steps: ConfigurationChange.Step...) -> ConfigurationChange { ConfigurationChange(steps) }

  @Test func changeIsInForceWhenApplied() throws {
    var group = PromptGroup(voters: 1)
    group.elect(1)
    group.add(two)
    try group[1].proposeConfigurationChange(change(.init(.addVoter, two)), now: group.now)
    #expect(group[1].configuration.voters == [one])
    group.settle()
    #expect(group[1].configuration.voters == [one, two])
    group.pass(milliseconds: 200)
    #expect(group[2].configuration.voters == [one, two])
  }

  @Test func onlyOneChangeAtATime() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    group.cut = [two, three]
    let index = try group[1].proposeConfigurationChange(change(.init(.addVoter, NodeID(4))), now: group.now)
    #expect(throws: ProposalError.configurationChangePending(through: index)) {
      try group[1].proposeConfigurationChange(change(.init(.addVoter, NodeID(5))), now: group.now)
    }
  }

  @Test func changesThatCannotBeMadeAreRefused() throws {
    var group = PromptGroup(voters: 1)
    group.elect(1)
    #expect(throws: ProposalError.configurationChange(.removesAllVoters)) {
      try group[1].proposeConfigurationChange(change(.init(.remove, one)), now: group.now)
    }
    #expect(throws: ProposalError.configurationChange(.notJoint)) {
      try group[1].proposeConfigurationChange(.leaveJoint, now: group.now)
    }
    #expect(group[1].lastIndex == LogIndex(1))
  }

  @Test func severalVotersChangeThroughAJointConfigurationThatIsLeftByItself() throws {
    var group = PromptGroup(voters: 3)
    for id in [4, 5] as [UInt64] { group.add(NodeID(id)) }
    group.elect(1)
    try group[1].proposeConfigurationChange(
      change(
        .init(.addVoter, NodeID(4)), .init(.addVoter, NodeID(5)), .init(.remove, two), .init(.remove, three)),
      now: group.now)
    group.pass(milliseconds: 300)
    for id in [1, 4, 5] as [UInt64] {
      #expect(group[id].configuration == Configuration(voters: [one, NodeID(4), NodeID(5)]))
    }
    let kinds = group.applied(1).map(\.kind)
    #expect(kinds.filter { $0 == .configurationChange }.count == 2)
  }

  @Test func jointConfigurationNeedsBothMajorities() throws {
    var group = PromptGroup(voters: 3)
    for id in [4, 5] as [UInt64] { group.add(NodeID(id)) }
    group.elect(1)
    try group[1].proposeConfigurationChange(
      ConfigurationChange(
        [.init(.addVoter, NodeID(4)), .init(.addVoter, NodeID(5)), .init(.remove, two), .init(.remove, three)],
        transition: .jointExplicit), now: group.now)
    group.pass(milliseconds: 300)
    #expect(group[1].configuration.isJoint)
    // The new voters agree, of the old ones only the leader.
    group.cut = [two, three]
    var index = try group.propose("x", at: 1)
    #expect(group[1].commitIndex < index)
    // One of each half is enough.
    group.cut = [three, NodeID(5)]
    group.pass(milliseconds: 120)
    #expect(group[1].commitIndex == index)
    // The old voters agree, of the new ones only the leader.
    group.cut = [NodeID(4), NodeID(5)]
    index = try group.propose("y", at: 1)
    #expect(group[1].commitIndex < index)
    group.cut = []
    group.pass(milliseconds: 120)
    try group[1].proposeConfigurationChange(.leaveJoint, now: group.now)
    group.settle()
    #expect(group[1].configuration == Configuration(voters: [one, NodeID(4), NodeID(5)]))
  }

  @Test func learnerReceivesEverythingAndCountsForNothing() throws {
    var group = PromptGroup(voters: 1, learners: 1)
    group.cut = [two]
    group.elect(1)
    let index = try group.propose("x", at: 1)
    #expect(group[1].commitIndex == index)
    group.cut = []
    group.pass(milliseconds: 120)
    #expect(group[2].appliedIndex == index)
    try group[1].proposeConfigurationChange(change(.init(.addVoter, two)), now: group.now)
    group.settle()
    #expect(!group[2].isLearner)
    group.cut = [two]
    let second = try group.propose("y", at: 1)
    #expect(group[1].commitIndex < second)
  }

  @Test func newcomerLearnsTheFoundingConfiguration() throws {
    var group = PromptGroup(voters: 2)
    group.elect(1)
    try group.propose("x", at: 1)
    group.add(three)
    try group[1].proposeConfigurationChange(change(.init(.addLearner, three)), now: group.now)
    group.pass(milliseconds: 200)
    #expect(!group.sent(.snapshot, to: 3).isEmpty)
    #expect(group[3].configuration == group[1].configuration)
    #expect(group[3].configuration.voters == [one, two])
  }

  @Test func removedLeaderHandsOver() throws {
    var group = PromptGroup(voters: 3)
    group.elect(1)
    try group[1].proposeConfigurationChange(change(.init(.remove, one)), now: group.now)
    group.settle()
    #expect(group[1].role == .follower)
    let leader = try #require(group.leader)
    #expect(leader == two || leader == three)
    #expect(group.cores[leader]?.configuration.voters == [two, three])
    // Switched off, it is missed by nobody.
    group.cut = [one]
    try group.propose("x", at: leader.rawValue)
    #expect(group.applied(2).last == group.applied(3).last)
    #expect(group[1].nextDeadline == .distantFuture)
  }

  /// Of two, the one that stays must know of the change before the other leaves: it could not win alone.
  @Test func removedLeaderWaitsUntilTheOthersKnow() throws {
    var group = PromptGroup(voters: 2)
    group.elect(1)
    // The acknowledgement arrives, and nothing that tells of the commit.
    group.loses = { $0.to == two && $0.commit > LogIndex(1) }
    try group[1].proposeConfigurationChange(change(.init(.remove, one)), now: group.now)
    group.settle()
    #expect(group[1].role == .leader)
    #expect(group[2].configuration.voters == [one, two])
    #expect(throws: ProposalError.removed) { try group[1].propose([[1]], now: group.now) }
    group.loses = { _ in false }
    group.pass(milliseconds: 120)
    #expect(group[1].role == .follower)
    #expect(group[2].role == .leader)
    #expect(group[2].configuration.voters == [two])
  }

  @Test func changeThatFailsWhenAppliedChangesNothing() throws {
    var core = try RaftCore.member()
    let before = core.configuration
    #expect(core.applyConfigurationChange(.leaveJoint) == before)
    #expect(core.applyConfigurationChange(change(.init(.remove, one), .init(.remove, two))).isJoint)
    let joint = core.configuration
    #expect(core.applyConfigurationChange(change(.init(.addVoter, NodeID(4)))) == joint)
  }

  // MARK: Payloads

  @Test func changesSurviveTheirBytes() {
    let changes = [
      ConfigurationChange.leaveJoint,
      ConfigurationChange([.init(.addVoter, NodeID(.max)), .init(.remove, one)], transition: .jointExplicit),
      ConfigurationChange(
        [.init(.addLearner, two), .init(.update, three)], transition: .jointImplicit, context: [1, 2]),
    ]
    for change in changes { #expect(ConfigurationChange(decoding: change.encoded()) == change) }
    #expect(changes[0].encoded() == [1, 0, 0, 0])
    #expect(ConfigurationChange([.init(.addVoter, two)]).encoded() == [1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2])
  }

  @Test func otherBytesAreRefused() {
    let bytes = ConfigurationChange([.init(.addVoter, two), .init(.remove, one)]).encoded()
    for length in 0..<bytes.count { #expect(ConfigurationChange(decoding: Array(bytes.prefix(length))) == nil) }
    var random = SeededGenerator(seed: 1)
    for _ in 0..<2000 {
      var damaged = bytes
      damaged[random.number(0...(bytes.count - 1))] = UInt8(random.number(0...255))
      // Whatever is accepted is exactly what it says.
      if let change = ConfigurationChange(decoding: damaged) { #expect(change.encoded() == damaged) }
    }
    for (position, value) in [(0, UInt8(2)), (1, 3), (4, 4)] {
      var wrong = bytes
      wrong[position] = value
      #expect(ConfigurationChange(decoding: wrong) == nil)
    }
  }
}
