public import RoostBase

/// Messages as they come in: what is refused, what they say about the term, and who handles them.
extension RaftCore {
  /// No group lives through so many terms or entries: numbers above this are not honest, and keeping below it
  /// leaves room to count on.
  static let ceiling: UInt64 = 1 << 62

  /// Takes a message from another member, or one that this member's storage owes it.
  ///
  /// Any message whatever may come: it is taken, ignored as outdated, or refused with an error.
  public mutating func step(_ message: Message, now instant: Instant) throws(StepError) {
    defer { lookAhead() }
    observe(instant)
    try take(message)
  }

  /// Takes those of a write's responses that are addressed to this member, all at once. Returns how many of them were
  /// refused: the answer of a member's own storage comes too late once it has left the group.
  package mutating func stepOwn(_ responses: [Message], now instant: Instant) -> Int {
    observe(instant)
    var refused = 0
    for place in responses.indices where responses[place].to == id {
      do throws(StepError) { try take(responses[place]) } catch { refused += 1 }
    }
    lookAhead()
    return refused
  }

  private mutating func take(_ message: Message) throws(StepError) {
    try check(message)
    switch message.kind {
    case .storageAppended:
      handleStorageAppended(message)
      return
    case .propose:
      try handleProposal(message)
      return
    case .readIndex:
      handleReadIndex(message)
      return
    case .append, .appendResponse, .vote, .voteResponse, .preVote, .preVoteResponse, .snapshot, .heartbeat,
      .heartbeatResponse, .transferLeader, .timeoutNow, .readIndexResponse, .quiesce:
      break
    }
    if message.term < term {
      answerOutdated(message)
      return
    }
    if message.term > term, !enterTerm(of: message) {
      answerFromQuiescence()
      return
    }
    if message.kind != .quiesce { wake() }
    try handle(message)
  }

  private mutating func handle(_ message: Message) throws(StepError) {
    switch message.kind {
    case .vote, .preVote: handleVoteRequest(message)
    case .voteResponse, .preVoteResponse: handleVoteResponse(message)
    case .append:
      if follow(message) { try handleAppend(message) }
    case .heartbeat:
      if follow(message) { try handleHeartbeat(message) }
    case .snapshot:
      if follow(message) { try handleSnapshot(message) }
    case .quiesce:
      if follow(message) { handleQuiesce(message) }
    case .appendResponse:
      if role == .leader { try handleAppendResponse(message) }
    case .heartbeatResponse:
      if role == .leader { handleHeartbeatResponse(message) }
    case .transferLeader:
      if role == .leader { transferLeadership(to: NodeID(message.context), now: now) }
    case .timeoutNow:
      // Leadership is offered, so there is no need to ask first whether an election could be won.
      if role == .follower { startCampaign(.transfer) }
    case .readIndexResponse: handleReadIndexResponse(message)
    case .storageAppended, .propose, .readIndex: break
    }
  }

  /// A message of the leader of this term came. False if this member believes to be that leader itself, which a
  /// correct group rules out.
  private mutating func follow(_ message: Message) -> Bool {
    switch role {
    case .leader: return false
    case .candidate, .preCandidate: becomeFollower(term, leader: message.from)
    case .follower:
      leader = message.from
      electionReset = now
      wasExcused = false
      hastyCampaigns = 0
    }
    renewPromise()
    return true
  }

  /// Enters a later term if the message is a reason to. False if the message is to be ignored.
  private mutating func enterTerm(of message: Message) -> Bool {
    switch message.kind {
    case .vote, .preVote:
      if message.from == leader { loseLeader() }
      if isInLease || isBoundByPromise, message.context != Message.transferCampaign { return false }
      // The question whether an election could be won is not yet an election.
      if message.kind == .vote { becomeFollower(message.term, leader: .none) }
    case .preVoteResponse where !message.reject:
      // It names the term that was asked about. A refusal names the one its sender is in.
      break
    case .append, .heartbeat, .snapshot, .quiesce:
      becomeFollower(message.term, leader: message.from)
    default:
      becomeFollower(message.term, leader: .none)
    }
    return true
  }

  /// The leader itself asks who would lead a later term, so it does not lead any more; and it told nobody, or this member
  /// did not hear it. One that is quiescent would wait for ever.
  private mutating func loseLeader() {
    guard role == .follower else { return }
    leader = .none
    isQuiescent = false
    electionReset = now
    wasExcused = false
    drawCampaignDelay()
  }

  private mutating func answerOutdated(_ message: Message) {
    switch message.kind {
    case .append, .heartbeat, .quiesce:
      // A leader of an earlier term. With pre-vote or check-quorum it may be that this member was alone for long,
      // raised its term and can't get the others to follow, because they hear from that leader. The answer carries
      // the newer term, and makes the leader step down so that a new election brings all together.
      if settings.checkQuorum || settings.preVote {
        responses.append(Message(.appendResponse, from: id, to: message.from, term: term))
      }
    case .preVote:
      // Without an answer, a member that fell behind could ask forever.
      responses.append(Message(.preVoteResponse, from: id, to: message.from, term: term, reject: true))
    default:
      break
    }
  }

  // MARK: What no honest member sends

  @inline(__always)
  private func check(_ message: Message) throws(StepError) {
    guard message.to == id else { throw .notAddressedToThisMember(message.to) }
    guard message.from != .none else { throw .malformed(.sender) }
    let isLocal = message.from == id
    guard message.term.rawValue < Self.ceiling, message.logTerm.rawValue < Self.ceiling else {
      throw .malformed(.term)
    }
    guard message.index.rawValue < Self.ceiling, message.rejectHint.rawValue < Self.ceiling else {
      throw .malformed(.index)
    }
    switch message.kind {
    case .storageAppended:
      guard isLocal else { throw .localKindFromPeer }
    case .propose, .readIndex:
      break
    case .appendResponse, .voteResponse, .preVoteResponse:
      try Self.checkTerm(message)
      guard isLocal || tracker.position(of: message.from) != nil else { throw .unknownSender(message.from) }
    case .heartbeatResponse, .readIndexResponse:
      try Self.checkTerm(message)
      guard !isLocal else { throw .malformed(.sender) }
      guard tracker.position(of: message.from) != nil else { throw .unknownSender(message.from) }
    case .vote, .preVote, .heartbeat, .transferLeader, .timeoutNow, .quiesce:
      try Self.checkTerm(message)
      guard !isLocal else { throw .malformed(.sender) }
    case .append:
      try Self.checkTerm(message)
      guard !isLocal else { throw .malformed(.sender) }
      try Self.checkEntries(message)
    case .snapshot:
      try Self.checkTerm(message)
      guard !isLocal else { throw .malformed(.sender) }
      try Self.checkSnapshot(message)
    }
  }

  private static func checkTerm(_ message: Message) throws(StepError) {
    if message.term == .zero { throw .malformed(.term) }
  }

  private static func checkEntries(_ message: Message) throws(StepError) {
    var index = message.index
    var entryTerm = message.logTerm
    for entry in message.entries {
      guard entry.index == index.next, entry.term >= entryTerm, entry.term <= message.term else {
        throw .malformed(.entries)
      }
      index = entry.index
      entryTerm = entry.term
    }
    // A log's own end is below the ceiling, whatever a message begins with.
    guard index.rawValue < Self.ceiling else { throw .malformed(.index) }
  }

  private static func checkSnapshot(_ message: Message) throws(StepError) {
    guard let snapshot = message.snapshot, snapshot.index > .zero, snapshot.index.rawValue < Self.ceiling,
      snapshot.term <= message.term, !snapshot.configuration.voters.isEmpty,
      (try? snapshot.configuration.validate()) != nil
    else { throw .malformed(.snapshot) }
  }
}
