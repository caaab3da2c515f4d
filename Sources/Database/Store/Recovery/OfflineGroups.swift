public import RoostBase
public import RoostPlatform
public import RoostRaft
public import RoostStorage

/// The groups of a node that does not run: how far each is, and the one change that may be made to them then.
///
/// ## When a quorum is lost for good
/// No rule of consensus lets the rest of a group go on: what a majority has acknowledged may be nowhere else. Who decides
/// to go on nevertheless may lose acknowledged writes and gains a group that works. ``makeSoleVoter(of:writing:context:)``
/// does that for one group, so that a crash anywhere leaves something that can be done again:
/// 1. every entry of the log is applied to the state, those beyond the known commit index too, and the members that the
///    state knows become this node alone;
/// 2. two entries in a term above all that the node knows end the log: one that changes no member and says who did this,
///    and one with the writes that came with it;
/// 3. a marker replaces the log up to there, so that newcomers get the state and never an entry of former members.
///
/// Used by one thread, while no host runs on the same engine and log.
public final class OfflineGroups {
  /// How far a group is.
  public struct Standing: Sendable, Equatable {
    public var group: GroupID
    public var term: Term
    public var lastIndex: LogIndex
    public var lastTerm: Term
    /// Known to be committed; more may be.
    public var commitIndex: LogIndex
    public var appliedIndex: LogIndex
    /// Entries up to here were durable once and are lost; zero if none is.
    public var lostThrough: LogIndex
    /// In force at the applied index.
    public var configuration: Configuration
    /// Members that changes beyond the applied index name.
    public var namedLater: Set<NodeID>
  }

  private let engine: any Engine
  private let logStore: LogStore
  private let disk: any Disk
  private let node: NodeID
  private let purpose: Purpose

  /// What the groups are opened for.
  public enum Purpose: Sendable {
    /// To look at them. The engine is only read, so a half installed snapshot stays one, and counts as installed. The log
    /// is repaired: look at one that lies on an ``OverlayDisk``.
    case survey
    /// To change them.
    case recovery
  }

  /// Bytes of entries that are applied in one batch.
  private static let batchBytes = 4 << 20

  /// Brings log and state in line, as a start of the node would; but where a start would fetch from other nodes what
  /// both lack, it refuses and changes nothing, for there are none.
  ///
  /// - Parameters:
  ///   - descriptors: the groups that may have a snapshot half installed; not needed for a survey.
  public init(
    engine: any Engine, logStore: LogStore, disk: any Disk, node: NodeID, descriptors: [GroupDescriptor],
    purpose: Purpose = .recovery
  ) throws {
    self.engine = engine
    self.logStore = logStore
    self.disk = disk
    self.node = node
    self.purpose = purpose
    let groups = Set(logStore.groups).union(try GroupHost.groups(in: engine)).sorted()
    for group in groups { try requireContinuity(of: group) }
    for descriptor in descriptors where purpose == .recovery {
      let state = try state(of: descriptor.id)
      guard !state.installing.isEmpty else { continue }
      _ = try installFile(
        state.installing, of: descriptor.id, range: descriptor.range, replacing: state, engine: engine, disk: disk)
    }
    for group in groups {
      let state = try state(of: group)
      // The snapshot of a group that no record names is left for the start of the node.
      guard state.installing.isEmpty else { continue }
      try logStore.repair(
        group,
        stateAt: SnapshotMetadata(index: state.applied, term: state.appliedTerm, configuration: state.configuration))
    }
    try logStore.finishRepair()
  }

  /// The log of a group goes on where its state ends. Otherwise a repair would drop the entries that there are.
  private func requireContinuity(of group: GroupID) throws {
    let state = try state(of: group)
    guard let marker = logStore.group(group)?.snapshot.index, state.installing.isEmpty, state.applied < marker else {
      return
    }
    throw RecoveryError(
      description:
        "partition \(group): its log begins after entry \(marker), and its state ends at \(state.applied), so what lies "
        + "between is lost here")
  }

  /// Whether an error says that the state engine holds something else than what was written to it.
  public static func isDamageOfState(_ error: any Error) -> Bool {
    (error as? EngineError)?.kind == .corruption || error is DecodingFailure
  }

  /// - Parameter founders: who was in the group before its first entry.
  public func standing(of group: GroupID, founders: Set<NodeID>) throws -> Standing {
    let state = try state(of: group)
    let log = logStore.group(group)
    let last = max(log?.lastIndex ?? .zero, state.applied)
    let lastTerm = last == state.applied ? state.appliedTerm : logStore.term(of: last, in: group) ?? .zero
    var named: Set<NodeID> = []
    try forEachUnapplied(group, state, through: last) { entry in
      guard entry.kind == .configurationChange, let change = ConfigurationChange(decoding: entry.payload) else {
        return
      }
      named.formUnion(change.steps.map(\.node))
    }
    return Standing(
      group: group, term: max(log?.hardState.term ?? .zero, lastTerm), lastIndex: last, lastTerm: lastTerm,
      commitIndex: max(log?.hardState.commit ?? .zero, state.applied), appliedIndex: state.applied,
      lostThrough: (log?.repairThrough ?? .zero) > last ? log?.repairThrough ?? .zero : .zero,
      configuration: state.applied == .zero ? Configuration(voters: founders) : state.configuration, namedLater: named)
  }

  /// What the state of a group holds as applied, and the writes that its log has beyond that.
  public func contents(of group: GroupID) throws -> (view: any LocalReadView, later: [CommitRequest.Write]) {
    let state = try state(of: group)
    var later: [CommitRequest.Write] = []
    let engine = try contentEngine(of: group)
    var collector = try BulkCollector(state, of: group, engine: engine)
    try forEachUnapplied(group, state, through: logStore.group(group)?.lastIndex ?? .zero) { entry in
      if case .commit(let command) = try collector.take(entry) { later += command.writes }
    }
    if let command = try collector.takeCommitted() { later += command.writes }
    let view = EngineReadView(
      snapshot: engine.snapshot(), timestamp: state.timestamp, openedAt: .origin,
      horizon: ViewHorizon())
    return (view, later)
  }

  /// Makes this node the only member of a group. Durable on return.
  ///
  /// - Parameters:
  ///   - standing: as it is now.
  ///   - writes: go into the group's keys, after everything that is there.
  ///   - milliseconds: the wall clock, a lower bound for the time of the writes.
  ///   - context: kept in the log, for whoever looks there.
  public func makeSoleVoter(
    of standing: Standing, writing writes: [CommitRequest.Write], milliseconds: UInt64, context: [UInt8]
  ) throws {
    let group = standing.group
    let alone = Configuration(voters: [node])
    var state = try state(of: group)
    state.configuration = alone
    var batch = EngineBatch()
    var bytes = 0
    var collector = try BulkCollector(state, of: group, engine: engine)
    func apply(_ command: WriteCommand) {
      for write in command.writes { batch.putVersion(write.key.bytes, at: command.timestamp.rawValue, write.value) }
      state.timestamp = command.timestamp
    }
    func apply(_ entry: Entry) throws {
      switch try collector.take(entry) {
      case .nothing: break
      case .commit(let command): apply(command)
      case .slice(let number): batch.put(LocalKeys.slice(number, of: group), entry.payload)
      }
      if state.bulk != nil, collector.bulk == nil { batch.deleteSlices(of: group) }
      state.bulk = collector.bulk
      state.applied = entry.index
      state.appliedTerm = entry.term
      bytes += entry.payload.count
      if bytes >= OfflineGroups.batchBytes { try flush() }
    }
    func flush() throws {
      batch.put(LocalKeys.groupState(group), state.encoded())
      try engine.write(batch)
      batch = EngineBatch()
      bytes = 0
    }
    try forEachUnapplied(group, state, through: standing.lastIndex) { try apply($0) }
    if let command = try collector.takeCommitted() { apply(command) }

    let term = Term(standing.term.rawValue + 1)
    let change = ConfigurationChange([.init(.update, node)], context: context)
    var entries = [
      Entry(index: standing.lastIndex.next, term: term, kind: .configurationChange, payload: change.encoded())
    ]
    if !writes.isEmpty {
      let timestamp = max(state.timestamp.next, Timestamp(milliseconds: milliseconds))
      entries.append(
        Entry(
          index: standing.lastIndex.next.next, term: term, payload: WriteCommand.encode(writes, at: timestamp)))
    }
    for entry in entries { try apply(entry) }
    try flush()
    // The marker lets go of the entries that led to this state.
    try engine.flush()
    let end = state.applied
    try logStore.write([
      LogWrite(group: group, hardState: HardState(term: term, commit: end), entries: entries, repairThrough: .zero)
    ])
    try logStore.write([
      LogWrite(group: group, snapshot: SnapshotMetadata(index: end, term: term, configuration: alone))
    ])
    try logStore.sync()
  }

  private func state(of group: GroupID) throws -> GroupState {
    let state = try storedState(of: group)
    guard purpose == .survey, !state.installing.isEmpty else { return state }
    let (file, header) = try SnapshotFile.open(state.installing, on: disk)
    file.close()
    return GroupState(header)
  }

  private func storedState(of group: GroupID) throws -> GroupState {
    guard let bytes = try engine.get(LocalKeys.groupState(group)) else { return GroupState() }
    return try GroupState(decoding: bytes)
  }

  /// What holds the keys of a group: in a survey a half installed snapshot is read into memory.
  private func contentEngine(of group: GroupID) throws -> any Engine {
    let state = try storedState(of: group)
    guard purpose == .survey, !state.installing.isEmpty else { return engine }
    let installed = MemoryEngine()
    // There is nothing to be replaced.
    let nothing = KeyRange(Key([]), Key([]))
    _ = try installFile(
      state.installing, of: group, range: nothing, replacing: state, engine: installed, disk: disk)
    return installed
  }

  private func forEachUnapplied(
    _ group: GroupID, _ state: GroupState, through last: LogIndex, _ body: (Entry) throws -> Void
  ) throws {
    var next = state.applied.next
    while next <= last {
      let entries = try logStore.entries(of: group, from: next, through: last, maxBytes: OfflineGroups.batchBytes)
      guard let end = entries.last?.index else {
        throw RecoveryError(
          description: "partition \(group): the log lacks entry \(next), and its state ends before it")
      }
      for entry in entries { try body(entry) }
      next = end.next
    }
  }
}
