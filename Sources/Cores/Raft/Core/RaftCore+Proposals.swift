public import RoostBase

/// Taking proposals into the leader's log.
extension RaftCore {
  /// Appends commands and sends them to all followers, in one message each (or as many as the limits of size
  /// demand). Returns the index of the first.
  ///
  /// The payloads are committed together or in part, in order, or never: the caller learns it from
  /// ``Effects/committed``, where an entry of another term at one of their indexes says that they are lost.
  @discardableResult
  public mutating func propose(_ payloads: [[UInt8]], now instant: Instant) throws(ProposalError) -> LogIndex {
    defer { lookAhead() }
    observe(instant)
    try checkAcceptsProposals()
    wake()
    guard !payloads.isEmpty else { throw .invalid }
    var size = 0
    for payload in payloads { size += payload.count + Entry.overhead }
    try reserveUncommitted(size)
    let first = log.lastIndex.next
    var entries: [Entry] = []
    entries.reserveCapacity(payloads.count)
    for payload in payloads {
      entries.append(Entry(index: first + UInt64(entries.count), term: term, payload: payload))
    }
    append(entries)
    broadcastAppend()
    return first
  }

  /// Appends a configuration change. It is in force when it is applied (``applyConfigurationChange(_:)``).
  ///
  /// Refused while an earlier one may not be applied yet, and if it could not be applied to the configuration in
  /// force.
  @discardableResult
  public mutating func proposeConfigurationChange(
    _ change: ConfigurationChange, now instant: Instant
  ) throws(ProposalError) -> LogIndex {
    defer { lookAhead() }
    observe(instant)
    try checkAcceptsProposals()
    wake()
    guard change.steps.count <= ConfigurationChange.maxSteps else { throw .invalid }
    if settings.validatesConfigurationChanges {
      if pendingConfigurationIndex > log.applied {
        throw .configurationChangePending(through: pendingConfigurationIndex)
      }
      do {
        _ = try ConfigurationChanger(tracker, lastIndex: log.lastIndex).apply(change)
      } catch {
        throw .configurationChange(error)
      }
    }
    let payload = change.encoded()
    try reserveUncommitted(payload.count + Entry.overhead)
    return appendConfigurationChange(payload)
  }

  @discardableResult
  private mutating func appendConfigurationChange(_ payload: [UInt8]) -> LogIndex {
    let index = log.lastIndex.next
    pendingConfigurationIndex = index
    append([Entry(index: index, term: term, kind: .configurationChange, payload: payload)])
    broadcastAppend()
    return index
  }

  /// Leaves a joint configuration that is to be left automatically, when it is in force everywhere it matters.
  /// While leadership is handed over this waits: the next leader does it, or this one when that failed.
  mutating func leaveJointIfDue() {
    guard role == .leader, tracker.configuration.autoLeave, log.applied >= pendingConfigurationIndex,
      !isHandingOver, tracker.position(of: id) != nil
    else { return }
    appendConfigurationChange(ConfigurationChange.leaveJoint.encoded())
  }

  @inline(__always)
  private func checkAcceptsProposals() throws(ProposalError) {
    guard role == .leader else { throw .notLeader(leader: leader) }
    guard tracker.position(of: id) != nil, departure == .none else { throw .removed }
    guard !isHandingOver else { throw .transferring(to: transferee) }
  }

  /// One proposal of any size is taken when nothing else waits; else the limit holds.
  private mutating func reserveUncommitted(_ size: Int) throws(ProposalError) {
    if uncommittedBytes > 0, uncommittedBytes + size > settings.maxUncommittedBytes { throw .tooManyUncommitted }
    uncommittedBytes += size
  }

  /// Puts entries at the end of the leader's log. Its own acknowledgement leaves with the others': when they are
  /// durable.
  mutating func append(_ entries: [Entry]) {
    log.append(entries)
    // Storage's own report will follow it.
    if responses.isEmpty { responses.reserveCapacity(2) }
    responses.append(Message(.appendResponse, from: id, to: id, term: term, index: log.lastIndex))
  }

  /// Proposals that another member forwarded: taken whole or not at all.
  mutating func handleProposal(_ message: Message) throws(StepError) {
    do throws(ProposalError) {
      if message.entries.count == 1, message.entries[0].kind == .configurationChange {
        guard let change = ConfigurationChange(decoding: message.entries[0].payload) else { throw .invalid }
        try proposeConfigurationChange(change, now: now)
      } else {
        guard message.entries.allSatisfy({ $0.kind == .command }) else { throw .invalid }
        try propose(message.entries.map(\.payload), now: now)
      }
    } catch {
      throw .proposalRefused(error)
    }
  }
}
