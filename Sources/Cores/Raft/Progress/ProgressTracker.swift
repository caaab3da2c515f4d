import RoostBase

/// The configuration in force, and what is known about each of its members.
///
/// Members are kept in an array sorted by id: groups are small, a scan beats hashing, and whatever is done "for
/// every member" happens in the same order on every run.
struct ProgressTracker: Sendable {
  var members: [Progress] = []
  private(set) var quorum = JointQuorum(Configuration())
  private(set) var configuration = Configuration()
  private var votes: [NodeID: Bool] = [:]
  private let maxInflightMessages: Int
  private let maxInflightBytes: Int

  init(maxInflightMessages: Int, maxInflightBytes: Int) {
    self.maxInflightMessages = max(1, maxInflightMessages)
    self.maxInflightBytes = max(1, maxInflightBytes)
  }

  /// Takes a valid configuration with fresh knowledge of all its members.
  mutating func restore(_ configuration: Configuration, lastIndex: LogIndex) {
    let members = configuration.members.sorted().map { id in
      newProgress(id, isLearner: configuration.learners.contains(id), lastIndex: lastIndex)
    }
    replace(configuration, members: members)
  }

  /// Takes a configuration together with the progress of exactly its members, sorted.
  mutating func replace(_ configuration: Configuration, members: [Progress]) {
    precondition(
      members.map(\.id) == configuration.members.sorted(), "every member is tracked, and nobody else")
    self.configuration = configuration
    self.members = members
    quorum = JointQuorum(configuration)
  }

  /// What is known about a member that joins now: nothing, so that its log is probed from the end of the leader's.
  /// It counts as active, lest the leader steps down before the newcomer had a chance to answer.
  func newProgress(_ id: NodeID, isLearner: Bool, lastIndex: LogIndex) -> Progress {
    var progress = Progress(
      id: id, next: max(lastIndex, LogIndex(1)), isLearner: isLearner,
      inflights: Inflights(maxMessages: maxInflightMessages, maxBytes: maxInflightBytes))
    progress.isRecentlyActive = true
    return progress
  }

  /// Forgets what is known about all members, as a member does whenever its term or role changes.
  mutating func reset(id: NodeID, lastIndex: LogIndex) {
    resetVotes()
    for position in members.indices {
      members[position] = newProgress(
        members[position].id, isLearner: members[position].isLearner, lastIndex: lastIndex)
      members[position].next = lastIndex.next
      members[position].isRecentlyActive = false
      if members[position].id == id { members[position].match = lastIndex }
    }
  }

  @inline(__always)
  func position(of id: NodeID) -> Int? {
    for position in members.indices where members[position].id == id { return position }
    return nil
  }

  func isVoter(_ id: NodeID) -> Bool {
    configuration.voters.contains(id) || configuration.outgoingVoters.contains(id)
  }

  /// Whether a quorum was heard of since the last time.
  var isQuorumActive: Bool {
    quorum.voteResult { id in position(of: id).map { members[$0].isRecentlyActive } } == .won
  }

  // MARK: Votes

  mutating func resetVotes() { votes.removeAll(keepingCapacity: true) }

  /// Counts the first answer of each voter.
  mutating func recordVote(of id: NodeID, granted: Bool) {
    if votes[id] == nil { votes[id] = granted }
  }

  var voteResult: VoteResult { quorum.voteResult { votes[$0] } }
}

extension JointQuorum {
  /// The highest index that a quorum of these members has.
  func committedIndex(of members: [Progress]) -> LogIndex {
    committedIndex { id in
      for position in members.indices where members[position].id == id { return members[position].match }
      return nil
    }
  }

  /// The latest round of heartbeats that a quorum has answered, where `own` is what the leader itself counts for.
  func confirmedRound(of members: [Progress], leader: NodeID, own: UInt64) -> UInt64 {
    let round = committedIndex { id in
      if id == leader { return LogIndex(own) }
      for position in members.indices where members[position].id == id {
        return LogIndex(members[position].acknowledgedRound)
      }
      return nil
    }
    return min(round.rawValue, own)
  }
}
