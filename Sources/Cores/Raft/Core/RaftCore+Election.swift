public import RoostBase

/// Elections: becoming what one is in a term, and deciding who leads it (Raft paper, section 5.2; dissertation,
/// sections 4.2.3, 6.2 and 9.6). The story is told above ``RaftCore``.
extension RaftCore {
  enum Campaign {
    /// Asks whether an election could be won.
    case preVote
    case election
    /// The leader asked for it, so members that hear from that leader vote nevertheless.
    case transfer
  }

  /// How many campaigns follow each other quickly after a leader's connection has closed.
  static let maxHastyCampaigns = 3

  // MARK: Roles

  /// Enters a term, or a role in it: forgets whatever belonged to the role before.
  private mutating func reset(_ newTerm: Term) {
    if term != newTerm {
      term = newTerm
      vote = .none
      let commit = log.commit
      repair?.forgetMatch(commit: commit)
    }
    leader = .none
    isQuiescent = false
    electionReset = now
    wasExcused = false
    heartbeatReset = now
    drawCampaignDelay()
    transferee = .none
    isHandingOver = false
    hasForfeitedLease = false
    departure = .none
    commitDeadline = nil
    roundBeforeSilence = 0
    tracker.reset(id: id, lastIndex: log.lastIndex)
    pendingConfigurationIndex = .zero
    uncommittedBytes = 0
    loads.removeAll()
    for read in reads.removeAll() where read.from == id { abandonedReads.append(read.context) }
  }

  mutating func becomeFollower(_ newTerm: Term, leader newLeader: NodeID) {
    if newLeader != .none { hastyCampaigns = 0 }
    reset(newTerm)
    role = .follower
    leader = newLeader
  }

  private mutating func becomePreCandidate() {
    precondition(role != .leader, "a leader does not stand for election")
    // Nothing of the term changes: only the question is asked.
    tracker.resetVotes()
    leader = .none
    role = .preCandidate
  }

  private mutating func becomeCandidate() {
    precondition(role != .leader, "a leader does not stand for election")
    reset(Term(term.rawValue + 1))
    vote = id
    role = .candidate
  }

  private mutating func becomeLeader() {
    precondition(role == .candidate, "only an elected candidate leads")
    hastyCampaigns = 0
    reset(term)
    role = .leader
    leader = id
    guard let own = tracker.position(of: id) else { preconditionFailure("a candidate is a voter") }
    tracker.members[own].becomeReplicate()
    tracker.members[own].isRecentlyActive = true
    // There may be a configuration change in the log that is not applied. Waiting for all of it is safe, and
    // cheaper than looking.
    pendingConfigurationIndex = log.lastIndex
    // The no-op that starts the term: everything before it is committed together with it.
    append([Entry(index: log.lastIndex.next, term: term)])
  }

  // MARK: Standing for election

  /// Stands for election now, whatever the clock says.
  public mutating func campaign(now instant: Instant) {
    defer { lookAhead() }
    observe(instant)
    startCampaign(settings.preVote ? .preVote : .election)
  }

  mutating func startCampaign(_ campaign: Campaign) {
    wake()
    // A member with a committed configuration change that it has not applied might ask the wrong voters.
    guard role != .leader, isPromotable, !log.hasConfigurationChangeToApply, term.rawValue + 1 < Self.ceiling,
      campaign == .transfer || !isBoundByPromise
    else { return }
    if hastyCampaigns > 0 {
      hastyCampaigns -= 1
      drawCampaignDelay()
    }
    run(campaign)
  }

  private mutating func run(_ campaign: Campaign) {
    let kind: Message.Kind
    let campaignTerm: Term
    if campaign == .preVote {
      becomePreCandidate()
      kind = .preVote
      campaignTerm = Term(term.rawValue + 1)
    } else {
      becomeCandidate()
      kind = .vote
      campaignTerm = term
    }
    let last = log.last
    for voter in tracker.quorum.voters {
      if voter == id {
        // A member's own vote counts, like any vote, when it is durable.
        let response: Message.Kind = campaign == .preVote ? .preVoteResponse : .voteResponse
        responses.append(Message(response, from: id, to: id, term: campaignTerm))
      } else {
        messages.append(
          Message(
            kind, from: id, to: voter, term: campaignTerm, logTerm: last.term, index: last.index,
            commit: log.commit, commitTerm: committedTerm,
            context: campaign == .transfer ? Message.transferCampaign : 0))
      }
    }
  }

  // MARK: Voting

  mutating func handleVoteRequest(_ message: Message) {
    learnCommit(message)
    let isPreVote = message.kind == .preVote
    let responseKind: Message.Kind = isPreVote ? .preVoteResponse : .voteResponse
    let isReleased = message.context == Message.transferCampaign || !isBoundByPromise
    let canVote =
      // It has this vote already, and asks again;
      vote == message.from
      // or nobody has it, and nobody is known to lead;
      || (vote == .none && leader == .none)
      // or this is only the question about a future term.
      || (isPreVote && message.term > term)
    // A learner votes as well: it may be a voter already without knowing, and its vote may be the one needed to
    // elect the leader that will tell it so.
    let candidateLast = EntryLog.Position(index: message.index, term: message.logTerm)
    // Two members that saw the leader's connection close in the same moment would each encourage the other, and
    // then split the votes. The lesser gives way.
    let isRival = isPreVote && role == .preCandidate && hastyCampaigns > 0
    let isOutranked = isRival && candidateLast == log.last && message.from < id
    guard canVote, isReleased, !isOutranked, log.isUpToDate(candidateLast), repair?.mayVote(for: candidateLast) ?? true
    else {
      responses.append(voteAnswer(responseKind, to: message.from, term: term, reject: true))
      return
    }
    // The answer has the term of the request: to a pre-candidate, this member's own would look outdated.
    responses.append(voteAnswer(responseKind, to: message.from, term: message.term, reject: false))
    if !isPreVote {
      electionReset = now
      vote = message.from
    } else if hastyCampaigns > 0, role == .follower {
      // Several members saw the leader's connection close. Who asks first goes first, lest votes split.
      electionReset = now
      drawCampaignDelay()
    }
  }

  private var committedTerm: Term { log.term(at: log.commit) ?? .zero }

  private func voteAnswer(_ kind: Message.Kind, to node: NodeID, term: Term, reject: Bool) -> Message {
    Message(
      kind, from: id, to: node, term: term, commit: log.commit, commitTerm: committedTerm, reject: reject)
  }

  /// Takes what the other side of an election knows to be committed.
  ///
  /// Without this, elections could fail forever. Configurations come into force when they are applied, so a member
  /// that has a change in its log without knowing it committed asks the voters of before; some of those may be gone
  /// for good, and others, which know that they are voters no longer, may refuse because their logs are longer,
  /// and never stand for election themselves. Told that the change is committed, the member applies it and asks the
  /// right voters. A log that has the same term at the same index is the same up to there, so believing it is safe.
  private mutating func learnCommit(_ message: Message) {
    guard settings.electionsTellCommit, role != .leader, message.commitTerm > .zero, message.commit > log.commit,
      log.matches(EntryLog.Position(index: message.commit, term: message.commitTerm))
    else { return }
    log.commit(through: message.commit)
    if role != .follower, log.hasConfigurationChangeToApply {
      // This campaign asks voters of a configuration that is over. The next one asks others.
      becomeFollower(term, leader: .none)
    }
  }

  mutating func handleVoteResponse(_ message: Message) {
    learnCommit(message)
    let expected: Message.Kind
    switch role {
    case .preCandidate: expected = .preVoteResponse
    case .candidate: expected = .voteResponse
    case .follower, .leader: return
    }
    // A candidate may still receive answers to the question it asked before.
    guard message.kind == expected else { return }
    tracker.recordVote(of: message.from, granted: !message.reject)
    switch tracker.voteResult {
    case .pending: break
    case .lost: becomeFollower(term, leader: .none)
    case .won:
      if role == .preCandidate {
        run(.election)
      } else {
        becomeLeader()
        broadcastAppend()
      }
    }
  }

  // MARK: Losing sight of the leader

  /// Forgets who leads, without a change of term or role: this member votes for anyone now. A later message of the
  /// leader undoes it.
  public mutating func forgetLeader() {
    defer { lookAhead() }
    // A member that is bound by a promise can do nothing with its freedom.
    if role == .follower, settings.readMode == .quorum { leader = .none }
  }

  /// The connection to a member's process closed, as it does when that is killed.
  ///
  /// A follower that loses its leader stands for election after a short random delay instead of the whole election
  /// timeout. A leader no longer sends to a lost follower what it can't receive.
  ///
  /// - Parameter head: A delay in addition, with which a shell arranges who of several followers goes first.
  public mutating func connectionClosed(to node: NodeID, now instant: Instant, head: Duration = .zero) {
    defer { lookAhead() }
    observe(instant)
    if role == .leader { reportUnreachable(node) }
    guard role == .follower, leader == node, leader != .none else { return }
    leader = .none
    isQuiescent = false
    electionReset = now
    hastyCampaigns = Self.maxHastyCampaigns
    let delay = settings.electionDelayAfterClose.wholeNanoseconds
    campaignDelay = head.wholeNanoseconds + random.nanoseconds(below: delay) + reluctance(delay)
    if isBoundByPromise { campaignDelay += promiseEnd.nanoseconds - now.nanoseconds }
  }

  /// Puts the next campaign off: for a shell of many groups that must not all stand for election at once.
  public mutating func postponeCampaign(by delay: Duration) {
    defer { lookAhead() }
    campaignDelay += delay.wholeNanoseconds
  }
}
