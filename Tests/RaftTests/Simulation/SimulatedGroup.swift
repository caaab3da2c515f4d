import RoostBase
import RoostRaft

/// A group on a bad network and slow disks, with crashes and partitions, all drawn from one seed.
struct SimulatedGroup {
  struct Faults {
    var lossPercent = 5
    var duplicatePercent = 3
    var maxDelay = 15
    var maxWriteDelay = 6
    var crashPerMille = 2
    var partitionPerMille = 2
    var changesConfiguration = false
    var compacts = false
    /// Chance that a crash costs a member the end of its log; never while another lacks something.
    var lossOfLogPercent = 0
    /// Whether a member that lost something is told so.
    var tellsLoss = true
    /// The most that a clock gains or loses.
    var driftPercent = 0
    var pausePerMille = 0
    var cutsLeaders = false
    /// A transfer forfeits the lease.
    var transferPerMille = 2
    var readPercent = 10
    /// Whether the shell answers reads after a pause by the clock as it was before.
    var readsByOldClocks = false

    static let none = Faults(
      lossPercent: 0, duplicatePercent: 0, maxDelay: 2, maxWriteDelay: 2, crashPerMille: 0, partitionPerMille: 0)
  }

  struct Counts: Equatable {
    var snapshots = 0
    var loads = 0
    var crashes = 0
    var configurationChanges = 0
    var proposals = 0
    var refusedMessages = 0
    var losses = 0
    var repairs = 0
    var pauses = 0
  }

  private enum Event {
    case message(Message, SimulatedMember.State?)
    case snapshotReport(from: NodeID, about: NodeID, Bool)
    case closed(at: NodeID, to: NodeID)
    case loaded(LoadRequest, at: NodeID)
    case resumed(Int, pausedAt: Int)

    /// At whom it happens.
    var position: Int {
      switch self {
      case .message(let message, _): Int(message.to.rawValue) - 1
      case .snapshotReport(let node, _, _), .closed(let node, _), .loaded(_, let node): Int(node.rawValue) - 1
      case .resumed(let position, _): position
      }
    }
  }

  private(set) var members: [SimulatedMember]
  private(set) var ledger = SafetyLedger()
  private(set) var counts = Counts()
  var faults: Faults
  private var random: SeededGenerator
  /// Milliseconds.
  private(set) var time = 0
  private var events: [(at: Int, event: Event)] = []
  private var isolated: Set<NodeID> = []
  private var partitionEnd = 0
  private var nextContext: UInt64 = 0
  private var nextValue: UInt64 = 0

  init(
    seed: UInt64, voters: Int, others: Int = 0, faults: Faults, adjust: (inout RaftConfiguration) -> Void = { _ in }
  )
    throws
  {
    random = SeededGenerator(seed: seed)
    self.faults = faults
    let founding = Configuration(voters: Set((1...voters).map { NodeID(UInt64($0)) }))
    members = []
    for number in 1...(voters + others) {
      var settings = RaftConfiguration(id: NodeID(UInt64(number)), randomSeed: seed)
      adjust(&settings)
      var disk = SimulatedMember.Disk()
      if number <= voters {
        disk.snapshot.configuration = founding
        disk.state.configuration = founding
      }
      members.append(try SimulatedMember(settings, disk: disk, now: .origin))
      if faults.driftPercent > 0 {
        members[number - 1].clockRate = 1000 + random.number(-10 * faults.driftPercent...10 * faults.driftPercent)
      }
    }
  }

  /// What a member's clock shows.
  private func now(_ position: Int, at time: Int? = nil) -> Instant {
    Instant(nanoseconds: Int64(time ?? self.time) * 1000 * Int64(members[position].clockRate))
  }
  private func isPaused(_ position: Int) -> Bool { time < members[position].pauseEnd }
  var leader: Int? {
    members.indices.filter { members[$0].isRunning && members[$0].core.role == .leader }
      .max { members[$0].core.term < members[$1].core.term }
  }

  // MARK: Running

  /// Lets the given milliseconds pass, with load and faults.
  mutating func run(milliseconds: Int, isLoaded: Bool = true) throws {
    let end = time + milliseconds
    while time < end {
      time += 1
      try inflictFaults()
      if isLoaded { load() }
      try deliverDue()
      for position in members.indices where members[position].isRunning && !isPaused(position) {
        finishWrites(at: position)
        finishApplying(at: position)
        if members[position].core.nextDeadline <= now(position) {
          members[position].core.tick(now: now(position))
        }
        perform(at: position)
        if members[position].disk.repairThrough > .zero, !members[position].core.isRepairing {
          counts.repairs += 1
          members[position].disk.repairThrough = .zero
        }
      }
    }
  }

  /// Ends all faults and brings everybody back.
  mutating func heal() throws {
    faults = .none
    isolated = []
    for position in members.indices where !members[position].isRunning {
      try members[position].restart(now: now(position))
    }
  }

  private mutating func inflictFaults() throws {
    if random.number(0...999) < faults.pausePerMille, let leader, !isPaused(leader) { pause(leader) }
    if random.number(0...999) < faults.crashPerMille {
      let position = random.number(0...(members.count - 1))
      if members[position].isRunning { crash(position) } else { try restart(position) }
    }
    if !isolated.isEmpty, time >= partitionEnd { isolated = [] }
    if random.number(0...999) < faults.partitionPerMille {
      isolated = Set(members.map(\.settings.id).filter { _ in random.chance(40) })
      if faults.cutsLeaders, let leader {
        isolated = [members[leader].settings.id]
        closeConnections(to: members[leader].settings.id)
      }
      partitionEnd = time + random.number(20...600)
    }
  }

  mutating func crash(_ position: Int) {
    counts.crashes += 1
    ledger.lostReads(members[position].outstandingReads)
    members[position].crash(keeping: random.number(0...members[position].writes.count))
    if random.chance(faults.lossOfLogPercent), members.allSatisfy({ $0.disk.repairThrough == .zero }) {
      counts.losses += 1
      members[position].disk.loseEntries(&random)
      if !faults.tellsLoss {
        let last = members[position].disk.entries.last?.index ?? members[position].disk.snapshot.index
        members[position].disk.repairThrough = .zero
        members[position].disk.hardState.commit = min(members[position].disk.hardState.commit, last)
      }
    }
    closeConnections(to: members[position].settings.id)
  }

  private mutating func closeConnections(to id: NodeID) {
    for other in members where other.settings.id != id && random.chance(80) {
      events.append((time + random.number(0...3), .closed(at: other.settings.id, to: id)))
    }
  }

  mutating func restart(_ position: Int) throws { try members[position].restart(now: now(position)) }

  /// Stops a process for a while, in the midst of answering a read.
  private mutating func pause(_ position: Int) {
    counts.pauses += 1
    let start = time
    members[position].pauseEnd = time + random.number(50...1500)
    events.append((members[position].pauseEnd, .resumed(position, pausedAt: start)))
  }

  private mutating func load() {
    if random.chance(15), let position = workingMember() {
      let payloads = (0..<random.number(1...4)).map { _ in value() }
      if (try? members[position].core.propose(payloads, now: now(position))) != nil {
        counts.proposals += payloads.count
      }
    }
    if random.chance(faults.readPercent), let position = workingMember() { read(at: position, now: now(position)) }
    if faults.changesConfiguration, random.number(0...999) < 20, let leader, !isPaused(leader) {
      changeConfiguration(at: leader)
    }
    if random.number(0...999) < faults.transferPerMille, let leader, !isPaused(leader),
      let target = members.randomElement(using: &random)?.settings.id
    {
      members[leader].core.transferLeadership(to: target, now: now(leader))
    }
    if faults.compacts, random.number(0...999) < 20, let position = members.indices.randomElement(using: &random) {
      compact(position)
    }
  }

  private mutating func workingMember() -> Int? {
    guard let position = members.indices.randomElement(using: &random) else { return nil }
    return members[position].isRunning && !isPaused(position) ? position : nil
  }

  mutating func value() -> [UInt8] {
    nextValue += 1
    return Array("\(nextValue)".utf8)
  }

  mutating func propose(_ payload: [UInt8], at position: Int) throws -> LogIndex {
    try members[position].core.propose([payload], now: now(position))
  }

  mutating func withCore<Value>(_ position: Int, _ body: (inout RaftCore, Instant) throws -> Value) rethrows -> Value {
    try body(&members[position].core, now(position))
  }

  private mutating func read(at position: Int, now: Instant) {
    nextContext += 1
    if (try? members[position].core.readIndex(context: nextContext, now: now)) != nil {
      ledger.askedRead(nextContext)
      members[position].outstandingReads.insert(nextContext)
    }
  }

  private mutating func changeConfiguration(at leader: Int) {
    let operations: [ConfigurationChange.Operation] = [.addVoter, .addVoter, .addLearner, .remove]
    let steps = (0..<random.number(0...3)).map { _ in
      ConfigurationChange.Step(
        operations[random.number(0...3)], members[random.number(0...(members.count - 1))].settings.id)
    }
    let transitions: [ConfigurationChange.Transition] = [.automatic, .jointImplicit, .jointExplicit]
    let change = ConfigurationChange(steps, transition: transitions[random.number(0...2)])
    _ = try? members[leader].core.proposeConfigurationChange(change, now: now(leader))
  }

  /// Keeps the state on disk and gives up the log before it.
  private mutating func compact(_ position: Int) {
    guard members[position].isRunning, !isPaused(position), members[position].writes.isEmpty else { return }
    // Only what the log on disk reaches may be kept: the rest is not known to be durable here.
    let state = members[position].state
    guard state.index > members[position].disk.snapshot.index, state.index == members[position].core.appliedIndex,
      members[position].disk.entries.last.map({ $0.index >= state.index }) ?? false
    else { return }
    members[position].disk.state = state
    members[position].disk.snapshot = SnapshotMetadata(
      index: state.index, term: state.term, configuration: state.configuration)
    members[position].disk.entries.removeAll { $0.index <= state.index }
    members[position].core.compact(through: state.index)
  }

  // MARK: Effects

  private mutating func perform(at position: Int) {
    while members[position].core.hasEffects {
      let id = members[position].settings.id
      let effects = members[position].core.takeEffects()
      if effects.softState?.role == .leader {
        ledger.becameLeader(id, term: members[position].core.term, core: members[position].core)
      }
      for message in effects.messages { send(message, from: position) }
      if let append = effects.persist { write(append, at: position) }
      if !effects.committed.isEmpty {
        members[position].committed += effects.committed
        members[position].applyAt = time + random.number(0...2)
      }
      for state in effects.reads {
        members[position].outstandingReads.remove(state.context)
        ledger.answeredRead(state, by: id)
      }
      for context in effects.abandonedReads {
        members[position].outstandingReads.remove(context)
        ledger.abandonedRead(context, by: id)
      }
      for request in effects.loads {
        counts.loads += 1
        events.append((time + random.number(0...5), .loaded(request, at: id)))
      }
    }
  }

  private mutating func write(_ append: StorageAppend, at position: Int) {
    let id = members[position].settings.id
    if let first = append.entries.first {
      ledger.wrote(append.entries, after: members[position].core.term(at: first.index - 1), by: id)
    }
    let snapshotState = append.snapshot == nil ? nil : members[position].arrivingState
    if let snapshot = append.snapshot, snapshotState?.index != snapshot.index {
      ledger.note("\(id) installs a snapshot that did not arrive")
    }
    let earliest = members[position].writes.last?.doneAt ?? time
    members[position].writes.append(
      SimulatedMember.Write(
        append: append, snapshotState: snapshotState,
        doneAt: max(earliest, time + random.number(0...faults.maxWriteDelay))))
  }

  private mutating func finishWrites(at position: Int) {
    while let write = members[position].writes.first, write.doneAt <= time {
      members[position].writes.removeFirst()
      members[position].disk.write(write.append, snapshotState: write.snapshotState)
      if let state = write.snapshotState {
        members[position].state = state
        members[position].committed = []
      }
      for message in write.append.responses {
        if message.to == message.from {
          step(message, at: position)
        } else {
          send(message, from: position)
        }
      }
    }
  }

  private mutating func finishApplying(at position: Int) {
    guard !members[position].committed.isEmpty, members[position].applyAt <= time else { return }
    let entries = members[position].committed
    members[position].committed = []
    for entry in entries {
      if entry.index != members[position].state.index.next {
        ledger.note("\(members[position].settings.id) applies \(entry.index) after \(members[position].state.index)")
      }
      ledger.applied(entry, by: members[position].settings.id)
      members[position].state.apply(entry)
      if entry.kind == .configurationChange, let change = ConfigurationChange(decoding: entry.payload) {
        let configuration = members[position].core.applyConfigurationChange(change)
        if configuration != members[position].state.configuration { counts.configurationChanges += 1 }
        members[position].state.configuration = configuration
        // Reported one by one: a snapshot may be asked for at any of these points.
        members[position].core.applied(through: entry.index)
        perform(at: position)
      }
    }
    if let last = entries.last { members[position].core.applied(through: last.index) }
  }

  // MARK: Network

  private mutating func send(_ message: Message, from position: Int) {
    var state: SimulatedMember.State?
    if message.kind == .snapshot {
      counts.snapshots += 1
      state = members[position].state
      if message.snapshot
        != SnapshotMetadata(
          index: members[position].state.index, term: members[position].state.term,
          configuration: members[position].state.configuration)
      {
        ledger.note("\(message.from) offers a snapshot that is not its state: \(String(describing: message.snapshot))")
      }
      events.append(
        (time + 20, .snapshotReport(from: message.from, about: message.to, random.chance(70))))
    }
    let isCut = isolated.contains(message.from) != isolated.contains(message.to)
    if isCut || random.chance(faults.lossPercent) { return }
    let copies = random.chance(faults.duplicatePercent) ? 2 : 1
    for _ in 0..<copies {
      events.append((time + random.number(0...faults.maxDelay), .message(message, state)))
    }
  }

  private mutating func deliverDue() throws {
    var due: [Event] = []
    events.removeAll { item in
      if item.at > time { return false }
      due.append(item.event)
      return true
    }
    for event in due {
      if isPaused(event.position) {
        events.append((members[event.position].pauseEnd, event))
        continue
      }
      switch event {
      case .resumed(let position, let start):
        guard members[position].isRunning else { continue }
        read(at: position, now: now(position, at: faults.readsByOldClocks ? start : nil))
        perform(at: position)
      case .message(let message, let state):
        let position = Int(message.to.rawValue) - 1
        guard members[position].isRunning else { continue }
        if let state { members[position].arrivingState = state }
        step(message, at: position)
        // A snapshot is taken with the next effects or not at all.
        if state != nil { perform(at: position) }
      case .snapshotReport(let from, let about, let succeeded):
        members[Int(from.rawValue) - 1].core.reportSnapshot(about, succeeded: succeeded)
      case .closed(let node, let to):
        let position = Int(node.rawValue) - 1
        if members[position].isRunning { members[position].core.connectionClosed(to: to, now: now(position)) }
      case .loaded(let request, let node):
        answer(request, at: Int(node.rawValue) - 1)
      }
    }
  }

  private mutating func answer(_ request: LoadRequest, at position: Int) {
    guard members[position].isRunning else { return }
    var entries: [Entry] = []
    var size = 0
    for entry in members[position].disk.entries where entry.index >= request.from {
      size += entry.payload.count
      if !entries.isEmpty, size > request.maxBytes { break }
      entries.append(entry)
    }
    if entries.first?.index != request.from || random.chance(5) { entries = [] }
    members[position].core.entriesLoaded(for: request.follower, entries: entries, now: now(position))
  }

  private mutating func step(_ message: Message, at position: Int) {
    do {
      try members[position].core.step(message, now: now(position))
    } catch {
      counts.refusedMessages += 1
      switch error {
      case .unknownSender: break
      default: ledger.note("\(members[position].settings.id) refused \(message.kind) of \(message.from): \(error)")
      }
    }
  }
}
