import RoostBase

@testable import RoostRaft

/// The notation of the published scripts.
enum ScriptFormat {
  struct UnknownStep: Error { var text: String }

  static func steps(_ line: String) throws -> [ConfigurationChange.Step] {
    try line.split(separator: " ").map { word in
      guard let node = UInt64(word.dropFirst()) else { throw UnknownStep(text: String(word)) }
      switch word.first {
      case "v": return .init(.addVoter, NodeID(node))
      case "l": return .init(.addLearner, NodeID(node))
      case "r": return .init(.remove, NodeID(node))
      case "u": return .init(.update, NodeID(node))
      default: throw UnknownStep(text: String(word))
      }
    }
  }

  static func steps(_ steps: [ConfigurationChange.Step]) -> String {
    steps.map { step in
      let letter =
        switch step.operation {
        case .addVoter: "v"
        case .addLearner: "l"
        case .remove: "r"
        case .update: "u"
        }
      return "\(letter)\(step.node)"
    }.joined(separator: " ")
  }

  static func set(_ ids: Set<NodeID>) -> String {
    "(" + ids.sorted().map(\.description).joined(separator: " ") + ")"
  }

  static func configuration(_ configuration: Configuration) -> String {
    var text = "voters=" + set(configuration.voters)
    if configuration.isJoint { text += "&&" + set(configuration.outgoingVoters) }
    if !configuration.learners.isEmpty { text += " learners=" + set(configuration.learners) }
    if !configuration.nextLearners.isEmpty { text += " learners_next=" + set(configuration.nextLearners) }
    if configuration.autoLeave { text += " autoleave" }
    return text
  }

  static func progress(_ progress: Progress) -> String {
    let state =
      switch progress.state {
      case .probe: "StateProbe"
      case .replicate: "StateReplicate"
      case .snapshot: "StateSnapshot"
      }
    var text = "\(progress.id): \(state) match=\(progress.match) next=\(progress.next)"
    if progress.isLearner { text += " learner" }
    if progress.isPaused { text += " paused" }
    if progress.pendingSnapshot > .zero { text += " pendingSnap=\(progress.pendingSnapshot)" }
    if !progress.isRecentlyActive { text += " inactive" }
    if progress.inflightCount > 0 {
      text += " inflight=\(progress.inflightCount)" + (progress.isInflightFull ? "[full]" : "")
    }
    return text
  }

  static func refusal(_ error: ConfigurationChangeError) -> String {
    switch error {
    case .alreadyJoint: "config is already joint"
    case .notJoint: "can't leave a non-joint config"
    case .noVoters: "can't make a zero-voter config joint"
    case .mustLeaveJointFirst: "can't apply simple config change in joint config"
    case .moreThanOneVoterChanged: "more than one voter changed without entering joint config"
    case .removesAllVoters: "removed all voters"
    case .inconsistent(let node): "inconsistent \(node)"
    }
  }

  // MARK: Conversations

  static func role(_ role: Role) -> String {
    switch role {
    case .follower: "StateFollower"
    case .preCandidate: "StatePreCandidate"
    case .candidate: "StateCandidate"
    case .leader: "StateLeader"
    }
  }

  static func kind(_ kind: Message.Kind) -> String {
    switch kind {
    case .append: "MsgApp"
    case .appendResponse: "MsgAppResp"
    case .vote: "MsgVote"
    case .voteResponse: "MsgVoteResp"
    case .preVote: "MsgPreVote"
    case .preVoteResponse: "MsgPreVoteResp"
    case .snapshot: "MsgSnap"
    case .heartbeat: "MsgHeartbeat"
    case .heartbeatResponse: "MsgHeartbeatResp"
    case .transferLeader: "MsgTransferLeader"
    case .timeoutNow: "MsgTimeoutNow"
    case .readIndex: "MsgReadIndex"
    case .readIndexResponse: "MsgReadIndexResp"
    case .propose: "MsgProp"
    case .storageAppended: "MsgStorageAppendResp"
    case .quiesce: "MsgQuiesce"
    }
  }

  static func entry(_ entry: Entry) -> String {
    let head = "\(entry.term)/\(entry.index) "
    switch entry.kind {
    case .command: return head + "EntryNormal " + quoted(entry.payload)
    case .configurationChange:
      guard let change = ConfigurationChange(decoding: entry.payload) else { return head + "undecodable" }
      let name = change.context == ScriptNode.oldFormat ? "EntryConfChange" : "EntryConfChangeV2"
      let steps = steps(change.steps)
      return head + name + (steps.isEmpty ? "" : " " + steps)
    }
  }

  /// A payload between quotation marks, with what can't stand there escaped.
  static func quoted(_ payload: [UInt8]) -> String {
    let letters: [UInt8: String] = [7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: "\"", 92: "\\"]
    var bytes: [UInt8] = []
    for byte in payload {
      if let letter = letters[byte] {
        bytes += Array("\\\(letter)".utf8)
      } else if byte < 32 || byte == 127 {
        bytes += Array((byte < 16 ? "\\x0" : "\\x").utf8) + Array(String(byte, radix: 16).utf8)
      } else {
        bytes.append(byte)
      }
    }
    return "\"" + String(decoding: bytes, as: UTF8.self) + "\""
  }

  static func hardState(_ state: HardState) -> String {
    "Term:\(state.term)" + (state.vote == .none ? "" : " Vote:\(state.vote)") + " Commit:\(state.commit)"
  }

  static func snapshot(_ snapshot: SnapshotMetadata) -> String {
    func list(_ ids: Set<NodeID>) -> String {
      "[" + ids.sorted().map(\.description).joined(separator: " ") + "]"
    }
    let configuration = snapshot.configuration
    return "Index:\(snapshot.index) Term:\(snapshot.term) ConfState:Voters:\(list(configuration.voters))"
      + " VotersOutgoing:\(list(configuration.outgoingVoters)) Learners:\(list(configuration.learners))"
      + " LearnersNext:\(list(configuration.nextLearners)) AutoLeave:\(configuration.autoLeave)"
  }

  /// The parts that all kinds share. `indent` goes before every line but the first.
  static func message(
    from: String, to: String, kind: String, term: Term, logTerm: Term, index: LogIndex, rejectHint: LogIndex? = nil,
    commit: LogIndex, vote: NodeID = .none, entries: [Entry], snapshot: SnapshotMetadata? = nil,
    indent: String = ""
  ) -> String {
    var text = "\(from)->\(to) \(kind) Term:\(term) Log:\(logTerm)/\(index)"
    if let rejectHint { text += " Rejected (Hint: \(rejectHint))" }
    if commit != .zero { text += " Commit:\(commit)" }
    if vote != .none { text += " Vote:\(vote)" }
    if entries.count == 1 {
      text += " Entries:[\(entry(entries[0]))]"
    } else if entries.count > 1 {
      text += " Entries:[" + entries.map { "\n\(indent)  \(entry($0))" }.joined() + "\n\(indent)]"
    }
    if let snapshot { text += "\n\(indent)  Snapshot: " + self.snapshot(snapshot) }
    return text
  }

  static func message(_ message: Message, indent: String = "") -> String {
    // That elections carry commit indexes is our own addition, which published scripts don't know.
    let commit: LogIndex =
      switch message.kind {
      case .vote, .voteResponse, .preVote, .preVoteResponse: .zero
      default: message.commit
      }
    return self.message(
      from: message.kind == .storageAppended ? "AppendThread" : message.from.description,
      to: message.to.description, kind: kind(message.kind), term: message.term, logTerm: message.logTerm,
      index: message.index, rejectHint: message.reject ? message.rejectHint : nil, commit: commit,
      entries: message.entries, snapshot: message.snapshot, indent: indent)
  }
}
