import RoostBase

@testable import RoostRaft

/// A member in a published script: the core with a storage and a state machine in memory, driven by hand.
///
/// Scripts know two kinds of shell. One writes, applies and reports in one go (`process-ready`); the other has
/// threads for writing and applying, whose work the script starts and whose answers it delivers.
struct ScriptNode {
  /// Marks changes that scripts propose in the older of two formats; they are printed differently.
  static let oldFormat: [UInt8] = [1]

  var core: RaftCore
  let hasThreads: Bool
  private var ticks: Int64 = 0
  /// The log as storage has it.
  private(set) var stored: [Entry] = []
  private(set) var firstStored: LogIndex
  /// The state after each applied entry: only where it stands matters here.
  private(set) var history: [SnapshotMetadata]
  private var takenHardState: HardState
  /// Messages that a core leaves to its shell: proposals forwarded to the leader.
  private var forwarded: [Message] = []
  var appendWork: [StorageAppend] = []
  var applyWork: [[Entry]] = []

  init(_ configuration: RaftConfiguration, snapshot: SnapshotMetadata, hasThreads: Bool) throws {
    let state = RestoredState(
      hardState: HardState(commit: snapshot.index), snapshot: snapshot, applied: snapshot.index,
      configuration: snapshot.configuration)
    core = try RaftCore(configuration: configuration, restoring: state, now: .origin)
    self.hasThreads = hasThreads
    firstStored = snapshot.index.next
    history = [snapshot]
    takenHardState = HardState(commit: snapshot.index)
  }

  var id: NodeID { core.id }
  private var now: Instant { .origin + .seconds(ticks) }
  var hasReady: Bool { core.hasEffects || !forwarded.isEmpty }

  // MARK: Inputs

  mutating func tick(_ count: Int) {
    for _ in 0..<count {
      ticks += 1
      core.tick(now: now)
    }
  }

  mutating func campaign() { core.campaign(now: now) }
  mutating func transferLeadership(to node: NodeID) { core.transferLeadership(to: node, now: now) }

  /// What scripts expect: followers forward, and a configuration change that is refused becomes an empty entry.
  mutating func propose(_ entry: Entry) throws(ProposalError) {
    do throws(ProposalError) {
      if entry.kind == .command {
        try core.propose([entry.payload], now: now)
      } else if let change = ConfigurationChange(decoding: entry.payload) {
        try core.proposeConfigurationChange(change, now: now)
      }
    } catch {
      switch error {
      case .configurationChange, .configurationChangePending:
        try core.propose([[]], now: now)
      case .notLeader(let leader) where leader != .none && core.role == .follower:
        forwarded.append(Message(.propose, from: id, to: leader, entries: [entry]))
      default:
        throw error
      }
    }
  }

  /// Returns what the script prints about a message that is not taken.
  mutating func step(_ message: Message) -> String? {
    do {
      if message.kind == .propose {
        for entry in message.entries { try propose(entry) }
      } else {
        try core.step(message, now: now)
      }
      return nil
    } catch StepError.unknownSender {
      return "raft: cannot step as peer not found"
    } catch is ProposalError {
      return "raft proposal dropped"
    } catch {
      return "\(error)"
    }
  }

  // MARK: Ready

  /// Takes and carries out what the core wants. Returns its description and the messages to send.
  mutating func processReady() -> (text: String, messages: [Message]) {
    var effects = core.takeEffects()
    effects.messages += forwarded
    forwarded = []
    let text = describe(effects)
    if hasThreads {
      if let write = effects.persist { appendWork.append(write) }
      if !effects.committed.isEmpty { applyWork.append(effects.committed) }
      return (text, effects.messages)
    }
    var own: [Message] = []
    if let write = effects.persist {
      store(write)
      effects.messages += write.responses.filter { $0.to != id }
      own = write.responses.filter { $0.to == id }
    }
    apply(effects.committed)
    for message in own { _ = step(message) }
    if let last = effects.committed.last { core.applied(through: last.index) }
    return (text, effects.messages)
  }

  private mutating func describe(_ effects: Effects) -> String {
    var lines: [String] = []
    let write = effects.persist ?? StorageAppend()
    if let soft = effects.softState { lines.append("Lead:\(soft.leader) State:\(ScriptFormat.role(soft.role))") }
    // Scripts hold that a snapshot needs no sync.
    var mustSync = !write.entries.isEmpty
    if let state = write.hardState {
      lines.append("HardState " + ScriptFormat.hardState(state))
      mustSync = mustSync || state.term != takenHardState.term || state.vote != takenHardState.vote
      takenHardState = state
    }
    if !write.entries.isEmpty { lines += ["Entries:"] + write.entries.map(ScriptFormat.entry) }
    if let snapshot = write.snapshot { lines.append("Snapshot " + ScriptFormat.snapshot(snapshot)) }
    if !effects.committed.isEmpty { lines += ["CommittedEntries:"] + effects.committed.map(ScriptFormat.entry) }
    var messages = effects.messages.map { ScriptFormat.message($0) }
    if hasThreads {
      if effects.persist != nil { messages.append(describe(write, withResponses: true)) }
      if !effects.committed.isEmpty {
        messages.append(
          describeApply(effects.committed) + " Responses:[\n  "
            + ScriptEnvelope.appliedText(id, effects.committed, indent: "  ") + "\n]")
      }
    } else {
      messages += write.responses.filter { $0.to != id }.map { ScriptFormat.message($0) }
    }
    if !messages.isEmpty { lines += ["Messages:"] + messages }
    if lines.isEmpty { return "<empty Ready>" }
    return (["Ready MustSync=\(mustSync):"] + lines).joined(separator: "\n")
  }

  private func describe(_ write: StorageAppend, withResponses: Bool) -> String {
    let state = write.hardState ?? HardState()
    var text = ScriptFormat.message(
      from: id.description, to: "AppendThread", kind: "MsgStorageAppend", term: state.term, logTerm: .zero,
      index: .zero, commit: state.commit, vote: state.vote, entries: write.entries, snapshot: write.snapshot)
    if withResponses, !write.responses.isEmpty {
      text += " Responses:["
      for response in write.responses { text += "\n  " + ScriptFormat.message(response, indent: "  ") }
      text += "\n]"
    }
    return text
  }

  private func describeApply(_ entries: [Entry]) -> String {
    ScriptFormat.message(
      from: id.description, to: "ApplyThread", kind: "MsgStorageApply", term: .zero, logTerm: .zero, index: .zero,
      commit: .zero, entries: entries)
  }

  // MARK: Threads

  mutating func processAppendThread() -> (text: String, messages: [ScriptEnvelope]) {
    guard !appendWork.isEmpty else { return ("no append work to perform", []) }
    let write = appendWork.removeFirst()
    store(write)
    let lines =
      ["Processing:", describe(write, withResponses: false), "Responses:"]
      + write.responses.map { ScriptFormat.message($0) }
    return (lines.joined(separator: "\n"), write.responses.map { .message($0) })
  }

  mutating func processApplyThread() -> (text: String, messages: [ScriptEnvelope]) {
    guard !applyWork.isEmpty else { return ("no apply work to perform", []) }
    let entries = applyWork.removeFirst()
    apply(entries)
    let response = ScriptEnvelope.applied(id, entries)
    return (
      ["Processing:", describeApply(entries), "Responses:", response.text].joined(separator: "\n"), [response]
    )
  }

  // MARK: Storage and state machine

  private mutating func store(_ write: StorageAppend) {
    if let snapshot = write.snapshot {
      stored = []
      firstStored = snapshot.index.next
    }
    guard let first = write.entries.first else { return }
    stored.removeAll { $0.index >= first.index }
    stored += write.entries
  }

  private mutating func apply(_ entries: [Entry]) {
    for entry in entries {
      var point = SnapshotMetadata(
        index: entry.index, term: entry.term, configuration: history[history.count - 1].configuration)
      if entry.kind == .configurationChange, let change = ConfigurationChange(decoding: entry.payload) {
        point.configuration = core.applyConfigurationChange(change)
      }
      history.append(point)
    }
  }

  mutating func compact(through index: LogIndex) {
    core.compact(through: index)
    stored.removeAll { $0.index <= index }
    firstStored = index.next
  }

  var storedLog: String {
    if stored.isEmpty { return "log is empty: first index=\(firstStored), last index=\(firstStored - 1)" }
    return stored.map(ScriptFormat.entry).joined(separator: "\n")
  }
}

/// What travels in a script: messages of the core, and the answers of a thread that applies.
enum ScriptEnvelope {
  case message(Message)
  case applied(NodeID, [Entry])

  var to: NodeID {
    switch self {
    case .message(let message): message.to
    case .applied(let node, _): node
    }
  }

  var kind: String {
    switch self {
    case .message(let message): ScriptFormat.kind(message.kind)
    case .applied: "MsgStorageApplyResp"
    }
  }

  /// Whether it never leaves its member, and so can't be lost.
  var isLocal: Bool {
    switch self {
    case .message(let message): message.from == message.to
    case .applied: true
    }
  }

  var text: String {
    switch self {
    case .message(let message): ScriptFormat.message(message)
    case .applied(let node, let entries): Self.appliedText(node, entries, indent: "")
    }
  }

  static func appliedText(_ node: NodeID, _ entries: [Entry], indent: String) -> String {
    ScriptFormat.message(
      from: "ApplyThread", to: node.description, kind: "MsgStorageApplyResp", term: .zero, logTerm: .zero,
      index: .zero, commit: .zero, entries: entries, indent: indent)
  }
}
