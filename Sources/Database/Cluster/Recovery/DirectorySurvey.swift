import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage
import RoostStore

/// What the data directory of a stopped node holds, found out without changing anything in it: the state engine is opened
/// to be read only, and the log is recovered on an ``OverlayDisk``.
struct DirectorySurvey {
  private(set) var registry = Registry()
  private(set) var plan: PartitionPlan?
  /// The next number that a new node gets, if it was ever written down.
  private(set) var nextNumber: UInt64?
  /// The groups that the node has, or should have.
  private(set) var descriptors = [GroupDescriptor.system, .data]
  /// Who was in each of these groups before its first entry.
  private(set) var founders: [GroupID: Set<NodeID>] = [:]
  /// How far each of these groups is, in order of group.
  private(set) var standings: [OfflineGroups.Standing] = []
  /// Why the state can't be used; nil if it can. With a damaged one there is a survey only if the log has every entry.
  private(set) var stateDamage: String?

  /// - Throws: among others when something is lost that a running node would fetch from the others.
  init(of disk: any Disk, root: String, identity: NodeIdentity) throws {
    let (engine, damage) = try StateDirectory.openReadOnly(on: disk, root: root)
    do {
      defer { engine.close() }
      try read(engine, disk, identity)
      try DirectorySurvey.readThrough(engine)
    } catch {
      guard damage != nil || OfflineGroups.isDamageOfState(error) else { throw error }
      self = try DirectorySurvey(withoutStateOf: disk, identity, damage: damage ?? "\(error)")
    }
    stateDamage = stateDamage ?? damage
  }

  private init(withoutStateOf disk: any Disk, _ identity: NodeIdentity, damage: String) throws {
    stateDamage = damage
    do { try read(MemoryEngine(), disk, identity) } catch {
      throw RecoveryError(
        description:
          "its state is damaged (\(damage)), and its log alone is not enough: \(error). Nothing was changed. Keep a copy of "
          + "the directory, and go on with the directory of another node if there is one")
    }
  }

  /// Damage of a table shows only where it is read, and once the log is cut short nothing makes good for it.
  private static func readThrough(_ engine: any Engine) throws {
    let cursor = try engine.snapshot().cursor(lower: [], upper: [UInt8](repeating: 0xFF, count: 16))
    cursor.next()
    while cursor.isValid { cursor.next() }
    try cursor.checkStatus()
  }

  private mutating func read(_ engine: any Engine, _ disk: any Disk, _ identity: NodeIdentity) throws {
    let overlay = OverlayDisk(over: disk)
    let logStore = try LogStore(disk: overlay, directory: "log", mayCreate: false)
    defer { logStore.close() }
    let groups = try OfflineGroups(
      engine: engine, logStore: logStore, disk: overlay, node: identity.node, descriptors: [], purpose: .survey)
    let system = try groups.contents(of: .system)
    try registry.load(from: system.view)
    _ = registry.apply(system.later)
    for descriptor in descriptors { founders[descriptor.id] = Set(identity.founders) }
    try readPartitions(system.view, system.later)
    standings = try founders.keys.sorted().map { try groups.standing(of: $0, founders: founders[$0] ?? []) }
  }

  private mutating func readPartitions(_ view: any LocalReadView, _ later: [CommitRequest.Write]) throws {
    plan = try view.get(PartitionPlan.key).flatMap(PartitionPlan.decode)
    nextNumber = try view.get(NodeRecord.counterKey).map(NodeRecord.number)
    var records: [GroupID: PartitionRecord] = [:]
    func note(_ key: Key, _ value: [UInt8]?) {
      if let group = PartitionRecord.group(of: key) {
        records[group] = value.flatMap { PartitionRecord.decode($0, of: group) }
      }
    }
    try view.forEach(KeyRange(prefix: PartitionRecord.prefix)) { note($0.key, $0.value) }
    for write in later {
      note(write.key, write.value)
      if write.key == PartitionPlan.key { plan = write.value.flatMap(PartitionPlan.decode) }
      if write.key == NodeRecord.counterKey { nextNumber = write.value.map(NodeRecord.number) }
    }
    for record in records.values.sorted(by: { $0.descriptor.id < $1.descriptor.id }) {
      descriptors.append(record.descriptor)
      founders[record.descriptor.id] = Set(record.founders)
    }
  }
}
