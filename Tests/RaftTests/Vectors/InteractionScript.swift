import RoostBase

@testable import RoostRaft

/// Plays a published script: a whole conversation between members, told by its directives.
struct InteractionScript {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  private var nodes: [ScriptNode] = []
  private var messages: [ScriptEnvelope] = []
  private var isQuiet = false

  /// Plays all directives. Throws at the first output that differs.
  mutating func play(_ script: DataDrivenScript) throws {
    for directive in script.directives {
      let output = Self.withoutLog(try perform(directive).split(separator: "\n").map(String.init))
      let expected = Self.withoutLog(directive.expected)
      if output == expected { continue }
      let common = zip(output, expected).prefix { $0 == $1 }.count
      throw Failure(
        description: """
          \(script.name):\(directive.line): \(directive.command) differs in line \(common + 1)
          expected: \(common < expected.count ? expected[common] : "(nothing)")
          found:    \(common < output.count ? output[common] : "(nothing)")
          all that was found:
          \(output.joined(separator: "\n"))
          """)
    }
  }

  /// Log lines are not compared; an output of nothing but log lines counts as "ok".
  private static func withoutLog(_ lines: [String]) -> [String] {
    let rest = lines.filter { line in
      let text = line.drop { $0 == " " }
      return !["DEBUG ", "INFO ", "WARN ", "ERROR "].contains { text.hasPrefix($0) }
    }
    return rest.isEmpty ? ["ok"] : rest
  }

  /// The output of one directive.
  mutating func perform(_ directive: DataDrivenScript.Directive) throws -> String {
    let wasQuiet = isQuiet
    let (text, error) = try run(directive)
    // A quiet script prints errors only.
    if wasQuiet && isQuiet { return error ?? "ok" }
    let output = text + (error ?? "")
    return output.isEmpty || (wasQuiet && error == nil) ? "ok" : output
  }

  private func index(_ directive: DataDrivenScript.Directive) throws -> Int {
    guard let first = directive.numbers.first else { throw Failure(description: "no node in \(directive)") }
    return Int(first) - 1
  }

  private mutating func run(_ directive: DataDrivenScript.Directive) throws -> (String, error: String?) {
    switch directive.command {
    case "log-level":
      isQuiet = directive.arguments.first?.key.lowercased() == "none"
    case "add-nodes": try addNodes(directive)
    case "campaign": nodes[try index(directive)].campaign()
    case "propose":
      let payload = Array((directive.arguments.dropFirst().first?.key ?? "").utf8)
      return ("", propose(at: try index(directive), .command, payload))
    case "propose-conf-change": return ("", try proposeConfigurationChange(directive))
    case "process-ready": return (each(directive, "handling Ready") { $0.processReady(at: $1) }, nil)
    case "process-append-thread":
      return (each(directive, "processing append thread") { $0.processAppend(at: $1) }, nil)
    case "process-apply-thread":
      return (each(directive, "processing apply thread") { $0.processApply(at: $1) }, nil)
    case "stabilize": return (stabilize(directive.numbers.map { Int($0) - 1 }, directive), nil)
    case "deliver-msgs": return (deliver(directive), nil)
    case "tick-election": nodes[try index(directive)].tick(3)
    case "tick-heartbeat": nodes[try index(directive)].tick(1)
    case "set-randomized-election-timeout":
      let ticks = directive.values("timeout")?.first.flatMap { Int($0) } ?? 0
      nodes[try index(directive)].core.setCampaignDelay(.seconds(ticks))
    case "compact":
      nodes[try index(directive)].compact(through: LogIndex(directive.numbers[1]))
      return (nodes[try index(directive)].storedLog, nil)
    case "raft-log": return (nodes[try index(directive)].storedLog, nil)
    case "raft-state": return (nodes.map(Self.state).joined(separator: "\n"), nil)
    case "status":
      let core = nodes[try index(directive)].core
      let members = core.configuration.members.sorted().compactMap { core.progress(of: $0) }
      return (core.role == .leader ? members.map(ScriptFormat.progress).joined(separator: "\n") : "", nil)
    case "transfer-leadership":
      guard let from = directive.values("from")?.first.flatMap({ Int($0) }),
        let to = directive.values("to")?.first.flatMap({ UInt64($0) })
      else { throw Failure(description: "from and to are needed") }
      nodes[from - 1].transferLeadership(to: NodeID(to))
    case "forget-leader": nodes[try index(directive)].core.forgetLeader()
    case "report-unreachable":
      nodes[try index(directive)].core.reportUnreachable(NodeID(directive.numbers[1]))
    case "send-snapshot":
      return (sendSnapshot(from: Int(directive.numbers[0]) - 1, to: NodeID(directive.numbers[1])), nil)
    // Where those who look for a fault stop their debugger.
    case "_breakpoint": break
    default: throw Failure(description: "unknown directive \(directive.command)")
    }
    return ("", nil)
  }

  private static func state(_ node: ScriptNode) -> String {
    let core = node.core
    let isVoter =
      core.configuration.voters.contains(core.id) || core.configuration.outgoingVoters.contains(core.id)
    return "\(core.id): \(ScriptFormat.role(core.role)) (\(isVoter ? "Voter" : "Non-Voter"))"
      + " Term:\(core.term) Lead:\(core.leader)"
  }

  // MARK: Setup and proposals

  private mutating func addNodes(_ directive: DataDrivenScript.Directive) throws {
    func ids(_ key: String) -> Set<NodeID> {
      Set((directive.values(key) ?? []).compactMap { UInt64($0) }.map { NodeID($0) })
    }
    func number(_ key: String) -> Int? { directive.values(key)?.first.flatMap { Int($0) } }
    let index = LogIndex(UInt64(number("index") ?? 0))
    let snapshot = SnapshotMetadata(
      index: index, term: index == .zero ? .zero : Term(1),
      configuration: Configuration(voters: ids("voters"), learners: ids("learners")))
    let hasThreads = directive.flag("async-storage-writes")
    for _ in 0..<(directive.numbers.first ?? 0) {
      var settings = RaftConfiguration(
        id: NodeID(UInt64(nodes.count + 1)), electionTimeout: .seconds(3), heartbeatInterval: .seconds(1),
        randomSeed: 1)
      settings.preVote = directive.flag("prevote")
      settings.checkQuorum = directive.flag("checkquorum")
      settings.removal = directive.flag("step-down-on-removal") ? .stepsDownAtOnce : .goesOnLeading
      settings.validatesConfigurationChanges = !directive.flag("disable-conf-change-validation")
      settings.electionsTellCommit = directive.flag("elections-tell-commit")
      settings.transferAwaitsAnswer = directive.flag("transfer-awaits-answer")
      settings.readMode = directive.values("read-only")?.first == "lease-based" ? .lease : .quorum
      settings.maxInflightMessages = number("inflight") ?? Int(Int32.max)
      settings.maxCommittedBytesPerApply = number("max-committed-size-per-ready") ?? .max
      settings.maxInflightBytes = .max
      settings.maxEntriesBytesPerMessage = .max
      settings.maxUncommittedBytes = .max
      settings.appliesBeforeDurable = !hasThreads
      nodes.append(try ScriptNode(settings, snapshot: snapshot, hasThreads: hasThreads))
    }
  }

  private mutating func propose(at index: Int, _ kind: Entry.Kind, _ payload: [UInt8]) -> String? {
    do throws(ProposalError) {
      try nodes[index].propose(Entry(index: .zero, term: .zero, kind: kind, payload: payload))
      return nil
    } catch {
      return "raft proposal dropped"
    }
  }

  private mutating func proposeConfigurationChange(_ directive: DataDrivenScript.Directive) throws -> String? {
    let transition: ConfigurationChange.Transition =
      switch directive.values("transition")?.first {
      case "implicit": .jointImplicit
      case "explicit": .jointExplicit
      default: .automatic
      }
    let change = ConfigurationChange(
      try directive.input.flatMap { try ScriptFormat.steps($0) }, transition: transition,
      context: directive.flag("v1") ? ScriptNode.oldFormat : [])
    return propose(at: try index(directive), .configurationChange, change.encoded())
  }

  // MARK: Work

  /// Does something at the members a directive names; with a heading for each if there are several.
  private mutating func each(
    _ directive: DataDrivenScript.Directive, _ heading: String, _ work: (inout Self, Int) -> String
  ) -> String {
    let indexes = directive.numbers.map { Int($0) - 1 }
    if indexes.count == 1 { return work(&self, indexes[0]) }
    var lines: [String] = []
    for index in indexes { lines += ["> \(index + 1) \(heading)", Self.indented(work(&self, index))] }
    return lines.joined(separator: "\n")
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
  }

  private mutating func processReady(at index: Int) -> String {
    let (text, sent) = nodes[index].processReady()
    messages += sent.map { .message($0) }
    return text
  }

  private mutating func processAppend(at index: Int) -> String {
    let (text, sent) = nodes[index].processAppendThread()
    messages += sent
    return text
  }

  private mutating func processApply(at index: Int) -> String {
    let (text, sent) = nodes[index].processApplyThread()
    messages += sent
    return text
  }

  private mutating func sendSnapshot(from index: Int, to: NodeID) -> String {
    let core = nodes[index].core
    let message = Message(
      .snapshot, from: core.id, to: to, term: core.term, snapshot: nodes[index].history.last)
    messages.append(.message(message))
    return ScriptFormat.message(message)
  }

  /// Lets members work and messages flow, in a fixed order, until nothing is left to do.
  private mutating func stabilize(_ named: [Int], _ directive: DataDrivenScript.Directive) -> String {
    let level = directive.values("log-level")?.first?.lowercased()
    let indexes = named.isEmpty ? Array(nodes.indices) : named
    var lines: [String] = []
    var isDone = false
    while !isDone {
      isDone = true
      for index in indexes where nodes[index].hasReady {
        lines += ["> \(index + 1) handling Ready", Self.indented(processReady(at: index))]
        isDone = false
      }
      for index in indexes where messages.contains(where: { $0.to == nodes[index].id }) {
        lines += [
          "> \(index + 1) receiving messages",
          Self.indented(deliver(to: nodes[index].id, kind: nil, isDropping: false).joined(separator: "\n")),
        ]
        isDone = false
      }
      for index in indexes where !nodes[index].appendWork.isEmpty {
        lines.append("> \(index + 1) processing append thread")
        while !nodes[index].appendWork.isEmpty { lines.append(Self.indented(processAppend(at: index))) }
        isDone = false
      }
      for index in indexes where !nodes[index].applyWork.isEmpty {
        lines.append("> \(index + 1) processing apply thread")
        while !nodes[index].applyWork.isEmpty { lines.append(Self.indented(processApply(at: index))) }
        isDone = false
      }
    }
    return level == "none" ? "" : lines.joined(separator: "\n")
  }

  private mutating func deliver(_ directive: DataDrivenScript.Directive) -> String {
    let kind = directive.values("type")?.first
    var lines: [String] = []
    for id in directive.numbers { lines += deliver(to: NodeID(id), kind: kind, isDropping: false) }
    for id in (directive.values("drop") ?? []).compactMap({ UInt64($0) }) {
      lines += deliver(to: NodeID(id), kind: kind, isDropping: true)
    }
    return lines.isEmpty ? "no messages" : lines.joined(separator: "\n")
  }

  private mutating func deliver(to node: NodeID, kind: String?, isDropping: Bool) -> [String] {
    func isWanted(_ envelope: ScriptEnvelope) -> Bool {
      envelope.to == node && !(isDropping && envelope.isLocal) && (kind == nil || envelope.kind == kind)
    }
    let wanted = messages.filter(isWanted)
    messages.removeAll(where: isWanted)
    var lines: [String] = []
    for envelope in wanted {
      lines.append((isDropping ? "dropped: " : "") + envelope.text)
      if isDropping { continue }
      let index = Int(node.rawValue) - 1
      switch envelope {
      case .message(let message):
        if let error = nodes[index].step(message) { lines.append(error) }
      case .applied(_, let entries):
        if let last = entries.last { nodes[index].core.applied(through: last.index) }
      }
    }
    return lines
  }
}
