import RoostBase
import RoostRaft

/// A group whose disks are instant and whose network delivers in order: what one test does at a time is all that
/// happens. Links can be cut, and messages can be looked at before they go.
struct PromptGroup {
  var cores: [NodeID: RaftCore] = [:]
  private(set) var applied: [NodeID: [Entry]] = [:]
  private(set) var reads: [NodeID: [ReadState]] = [:]
  private(set) var abandonedReads: [NodeID: [UInt64]] = [:]
  private(set) var loads: [LoadRequest] = []
  /// Everything that was sent, lost or not.
  private(set) var sent: [Message] = []
  /// Members that receive nothing and whose messages nobody receives.
  var cut: Set<NodeID> = []
  /// Messages for which this says true are lost.
  var loses: (Message) -> Bool = { _ in false }
  var now = Instant.origin
  private var network: [Message] = []

  init(
    voters: Int, learners: Int = 0, entries: [Entry] = [], hardState: HardState = HardState(),
    adjust: (inout RaftConfiguration) -> Void = { _ in }
  ) {
    let all = (1...(voters + learners)).map { NodeID(UInt64($0)) }
    let configuration = Configuration(voters: Set(all.prefix(voters)), learners: Set(all.dropFirst(voters)))
    for id in all {
      add(
        id, RestoredState(hardState: hardState, entries: entries, configuration: configuration), adjust: adjust)
    }
  }

  mutating func add(
    _ id: NodeID, _ state: RestoredState = RestoredState(), adjust: (inout RaftConfiguration) -> Void = { _ in }
  ) {
    var settings = RaftConfiguration(id: id, randomSeed: id.rawValue)
    adjust(&settings)
    do { cores[id] = try RaftCore(configuration: settings, restoring: state, now: now) } catch {
      preconditionFailure("a test restores what can't be: \(error)")
    }
    applied[id] = []
  }

  subscript(_ id: UInt64) -> RaftCore {
    get { cores[NodeID(id)]! }
    set { cores[NodeID(id)] = newValue }
  }

  func applied(_ id: UInt64) -> [Entry] { applied[NodeID(id)] ?? [] }
  func reads(_ id: UInt64) -> [ReadState] { reads[NodeID(id)] ?? [] }
  func abandonedReads(_ id: UInt64) -> [UInt64] { abandonedReads[NodeID(id)] ?? [] }
  var leader: NodeID? { cores.keys.sorted().first { cores[$0]!.role == .leader } }

  /// What was sent of a kind, to anybody or to one member.
  func sent(_ kind: Message.Kind, to id: UInt64? = nil) -> [Message] {
    sent.filter { $0.kind == kind && (id == nil || $0.to == NodeID(id!)) }
  }

  mutating func forgetSent() { sent = [] }

  /// Lets everybody work until nothing is left to do.
  mutating func settle() {
    var isBusy = true
    while isBusy {
      isBusy = false
      for id in cores.keys.sorted() {
        while cores[id]!.hasEffects {
          perform(at: id)
          isBusy = true
        }
      }
      let arriving = network
      network = []
      for message in arriving {
        isBusy = true
        guard cores[message.to] != nil, !cut.contains(message.to), !cut.contains(message.from) else { continue }
        try? cores[message.to]!.step(message, now: now)
      }
    }
  }

  /// Carries out the effects of one member, once.
  mutating func perform(at id: NodeID) {
    let effects = cores[id]!.takeEffects()
    post(effects.messages)
    for message in effects.persist?.responses ?? [] {
      if message.to == id { try? cores[id]!.step(message, now: now) } else { post([message]) }
    }
    for entry in effects.committed {
      applied[id]!.append(entry)
      if entry.kind == .configurationChange, let change = ConfigurationChange(decoding: entry.payload) {
        cores[id]!.applyConfigurationChange(change)
        cores[id]!.applied(through: entry.index)
      }
    }
    if let last = effects.committed.last { cores[id]!.applied(through: last.index) }
    reads[id, default: []] += effects.reads
    abandonedReads[id, default: []] += effects.abandonedReads
    loads += effects.loads
  }

  private mutating func post(_ messages: [Message]) {
    sent += messages
    network += messages.filter { !loses($0) }
  }

  mutating func elect(_ id: UInt64) {
    self[id].campaign(now: now)
    settle()
  }

  @discardableResult
  mutating func propose(_ text: String, at id: UInt64) throws -> LogIndex {
    let index = try self[id].propose([Array(text.utf8)], now: now)
    settle()
    return index
  }

  /// Lets time pass in steps, waking members when they asked for it.
  mutating func pass(milliseconds: Int, step: Int = 10) {
    for _ in 0..<(milliseconds / step) {
      now = now + .milliseconds(step)
      for id in cores.keys.sorted() where cores[id]!.nextDeadline <= now { cores[id]!.tick(now: now) }
      settle()
    }
  }
}

extension Entry {
  /// Entries with these terms, from the first index on.
  static func log(_ terms: [UInt64], from first: UInt64 = 1) -> [Entry] {
    terms.enumerated().map { offset, term in
      Entry(index: LogIndex(first + UInt64(offset)), term: Term(term), payload: [UInt8(truncatingIfNeeded: term)])
    }
  }
}

extension RaftCore {
  /// A member of a group of three (or of the given voters) that restores a log with these terms.
  static func member(
    _ id: UInt64 = 1, voters: Set<NodeID> = [NodeID(1), NodeID(2), NodeID(3)], terms: [UInt64] = [],
    term: UInt64? = nil, commit: UInt64 = 0, adjust: (inout RaftConfiguration) -> Void = { _ in }
  ) throws -> RaftCore {
    var settings = RaftConfiguration(id: NodeID(id), randomSeed: id)
    adjust(&settings)
    let state = RestoredState(
      hardState: HardState(term: Term(term ?? terms.last ?? 0), commit: LogIndex(commit)), entries: Entry.log(terms),
      configuration: Configuration(voters: voters))
    return try RaftCore(configuration: settings, restoring: state, now: .origin)
  }

  /// Steps a message and returns everything it makes the member send, at once or when durable.
  mutating func answers(to message: Message, at now: Instant = .origin) throws -> [Message] {
    try step(message, now: now)
    let effects = takeEffects()
    return effects.messages + (effects.persist?.responses ?? [])
  }

  /// The terms of the log, from its first entry on.
  var terms: [UInt64] {
    var terms: [UInt64] = []
    var index = firstIndex
    while let term = term(at: index) {
      terms.append(term.rawValue)
      index = index + 1
    }
    return terms
  }
}

let one = NodeID(1)
let two = NodeID(2)
let three = NodeID(3)
