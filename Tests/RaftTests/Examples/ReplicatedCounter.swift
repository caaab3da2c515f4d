import RoostBase
import RoostRaft

/// What outlives a crash.
struct CounterStorage {
  private var hardState = HardState()
  private var log: [Entry] = []
  /// The state that stands in place of the log's beginning, and where it stands.
  private var snapshot: SnapshotMetadata
  private(set) var snapshotValue = 0

  init(founders: Configuration) { snapshot = SnapshotMetadata(configuration: founders) }

  /// Writes everything as one durable step.
  mutating func persist(_ write: StorageAppend, arrived value: Int) {
    if let state = write.hardState { hardState = state }
    if let metadata = write.snapshot {
      snapshot = metadata
      snapshotValue = value
      log = []
    }
    if let first = write.entries.first {
      log.removeAll { $0.index >= first.index }
      log += write.entries
    }
  }

  mutating func compact(through metadata: SnapshotMetadata, value: Int) {
    snapshot = metadata
    snapshotValue = value
    log.removeAll { $0.index <= metadata.index }
  }

  /// What a member starts with. The counter is brought up to date by applying the log once more.
  var restored: RestoredState {
    RestoredState(
      hardState: hardState, snapshot: snapshot, entries: log, applied: snapshot.index,
      configuration: snapshot.configuration)
  }
}

/// A message, and the counter's value if the message is a snapshot.
struct CounterMail {
  var message: Message
  var value: Int
}

/// One member: the core, its storage, and the counter.
struct CounterMember {
  var core: RaftCore
  private(set) var storage: CounterStorage
  private(set) var value: Int
  /// What reads saw, by the context they were asked with.
  private(set) var answers: [UInt64: Int] = [:]
  private var reads: [ReadState] = []
  private var arrivedValue = 0

  init(_ id: NodeID, storage: CounterStorage, now: Instant) throws {
    let settings = RaftConfiguration(id: id, randomSeed: id.rawValue)
    core = try RaftCore(configuration: settings, restoring: storage.restored, now: now)
    self.storage = storage
    value = storage.snapshotValue
  }

  mutating func receive(_ mail: CounterMail, now: Instant) throws {
    if mail.message.kind == .snapshot { arrivedValue = mail.value }
    try core.step(mail.message, now: now)
  }

  /// Does all there is to do, and returns what is to be sent.
  mutating func work(now: Instant) throws -> [CounterMail] {
    var mail: [CounterMail] = []
    while core.hasEffects {
      let effects = core.takeEffects()
      mail += effects.messages.map { CounterMail(message: $0, value: value) }
      if let write = effects.persist {
        storage.persist(write, arrived: arrivedValue)
        if write.snapshot != nil { value = arrivedValue }
        for response in write.responses {
          if response.to == core.id {
            try core.step(response, now: now)
          } else {
            mail.append(CounterMail(message: response, value: value))
          }
        }
      }
      for entry in effects.committed { apply(entry) }
      reads += effects.reads
      answerReads()
    }
    return mail
  }

  private mutating func apply(_ entry: Entry) {
    switch entry.kind {
    // A leader's term begins with an empty command.
    case .command: for byte in entry.payload { value += Int(byte) }
    case .configurationChange:
      if let change = ConfigurationChange(decoding: entry.payload) { core.applyConfigurationChange(change) }
    }
    core.applied(through: entry.index)
  }

  /// A read sees everything that was acknowledged before it, once its index is applied.
  private mutating func answerReads() {
    for read in reads where read.index <= core.appliedIndex { answers[read.context] = value }
    reads.removeAll { $0.index <= core.appliedIndex }
  }

  /// Lets the counter stand in for the log so far.
  mutating func compact() {
    guard let term = core.term(at: core.appliedIndex) else { return }
    storage.compact(
      through: SnapshotMetadata(index: core.appliedIndex, term: term, configuration: core.configuration), value: value)
    core.compact(through: core.appliedIndex)
  }
}

/// Members in one process, and the messages between them.
struct CounterCluster {
  private(set) var members: [NodeID: CounterMember] = [:]
  private var disks: [NodeID: CounterStorage] = [:]
  private var mail: [CounterMail] = []
  private var now = Instant.origin
  private var lastContext: UInt64 = 0

  init(size: UInt64) throws {
    let ids = (1...size).map { NodeID($0) }
    for id in ids {
      disks[id] = CounterStorage(founders: Configuration(voters: Set(ids)))
      try start(id)
    }
  }

  mutating func start(_ id: NodeID) throws {
    guard let disk = disks[id] else { return }
    members[id] = try CounterMember(id, storage: disk, now: now)
  }

  /// The process is gone, its disk remains, and the others see their connections close.
  mutating func crash(_ id: NodeID) {
    disks[id] = members.removeValue(forKey: id)?.storage
    for other in members.keys.sorted() { members[other]?.core.connectionClosed(to: id, now: now) }
  }

  /// Who leads. Every member also tells whom it follows: `core.leader`.
  var leader: NodeID? { members.keys.sorted().first { members[$0]?.core.isLeader ?? false } }

  /// Carries out effects and delivers messages until nobody has anything to say.
  mutating func settle() throws {
    repeat {
      for id in members.keys.sorted() { mail += try members[id]?.work(now: now) ?? [] }
      let arriving = mail
      mail = []
      for item in arriving { try members[item.message.to]?.receive(item, now: now) }
    } while !mail.isEmpty || members.values.contains { $0.core.hasEffects }
  }

  /// Jumps to the next instant at which somebody has something to do.
  mutating func wait() throws {
    now = max(now, members.values.map(\.core.nextDeadline).min() ?? now)
    for id in members.keys.sorted() { members[id]?.core.tick(now: now) }
    try settle()
  }

  mutating func waitForLeader() throws -> NodeID {
    while true {
      if let leader { return leader }
      try wait()
    }
  }

  /// Adds to the counter. When this returns, a majority has it on its disks.
  mutating func add(_ amount: UInt8) throws {
    let leader = try waitForLeader()
    let index = try members[leader]?.core.propose([[amount]], now: now)
    try settle()
    guard let index, let member = members[leader], member.core.commitIndex >= index else { throw Lost() }
  }

  struct Lost: Error {}

  /// Reads the counter: it includes everything that was added before.
  mutating func read() throws -> Int? {
    let leader = try waitForLeader()
    lastContext += 1
    try members[leader]?.core.readIndex(context: lastContext, now: now)
    try settle()
    return members[leader]?.answers[lastContext]
  }

  mutating func compact(_ id: NodeID) { members[id]?.compact() }
}

/// Counts, loses the leader, counts on, and brings the lost member back by a snapshot. Returns what was read.
func countTogether() throws -> [Int?] {
  var cluster = try CounterCluster(size: 3)
  try cluster.add(2)
  try cluster.add(40)
  var seen = [try cluster.read()]

  let first = try cluster.waitForLeader()
  cluster.crash(first)
  let second = try cluster.waitForLeader()
  try cluster.add(100)
  seen.append(try cluster.read())

  // The log before is gone now, so the member that comes back gets the counter itself.
  cluster.compact(second)
  try cluster.start(first)
  for _ in 0..<10 { try cluster.wait() }
  try cluster.add(1)
  seen.append(try cluster.read())
  seen += cluster.members.keys.sorted().map { cluster.members[$0]?.value }
  return seen
}
