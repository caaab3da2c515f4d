import RoostBase

/// The follower's side of replication (Raft paper, section 5.3).
extension RaftCore {
  mutating func handleAppend(_ message: Message) throws(StepError) {
    // What is committed is the same everywhere: there is nothing to replace.
    if message.index <= log.commit, let index = contradiction(of: message) { throw .diverged(at: index) }
    if message.index < log.commit {
      acknowledge(log.commit, to: message.from)
      return
    }
    guard log.matches(EntryLog.Position(index: message.index, term: message.logTerm)) else {
      reject(message)
      return
    }
    // Checked when the message came in: the entries follow each other and `index`.
    let lastNew = message.index + UInt64(message.entries.count)
    if message.index == log.lastIndex {
      log.append(message.entries)
    } else if let conflict = message.entries.firstIndex(where: { log.term(at: $0.index) != $0.term }) {
      // A message that arrives late may hold less than this log: only a real difference makes it shorter.
      log.append(conflict == 0 ? message.entries : Array(message.entries[conflict...]))
    }
    log.commit(through: min(message.commit, lastNew))
    repair?.matches(through: lastNew)
    acknowledge(lastNew, to: message.from)
  }

  /// Where the message shows that the leader's log differs from what is committed here; nil where both agree, or where
  /// this member does not know any more what it had.
  private func contradiction(of message: Message) -> LogIndex? {
    if let own = log.term(at: message.index), own != message.logTerm { return message.index }
    for place in message.entries.indices {
      let index = message.entries[place].index
      if index > log.commit { return nil }
      if let own = log.term(at: index), own != message.entries[place].term { return index }
    }
    return nil
  }

  mutating func acknowledge(_ index: LogIndex, to node: NodeID) {
    // Storage's own report will follow it.
    if responses.isEmpty { responses.reserveCapacity(2) }
    responses.append(
      Message(.appendResponse, from: id, to: node, term: term, index: index, isRepairing: isRepairing))
  }

  /// Says where the logs may agree; see ``RaftCore/handleAppendResponse(_:)``.
  private mutating func reject(_ message: Message) {
    let hint = log.lastPossibleMatch(min(message.index, log.lastIndex), term: message.logTerm)
    reject(message.index, hint: hint, to: message.from)
  }

  mutating func reject(_ index: LogIndex, hint: EntryLog.Position, to node: NodeID) {
    responses.append(
      Message(
        .appendResponse, from: id, to: node, term: term, logTerm: hint.term, index: index,
        commit: repair?.matched ?? .zero, rejectHint: hint.index, reject: true, isRepairing: isRepairing))
  }

  mutating func handleHeartbeat(_ message: Message) throws(StepError) {
    if isRepairing {
      repairAfterHeartbeat(message)
    } else {
      // A leader tells no more than what this member has acknowledged to it, in this term.
      guard message.commit <= log.lastIndex else { throw .lostLog(acknowledged: message.commit) }
      log.commit(through: message.commit)
    }
    messages.append(
      Message(.heartbeatResponse, from: id, to: message.from, term: term, context: message.context))
  }
}
