import Foundation
public import RoostPlatform
import RoostRaft
import RoostStorage
import RoostStore

/// The data directory of a node that does not run, opened for what can only be done then. It is locked as long as it is
/// open: a node can't be started from it, and one that runs keeps it from being opened.
public final class OfflineNode {
  /// A node that belongs to the cluster, as the directory knows.
  public struct Other: Sendable, Hashable {
    public var name: String
    public var number: UInt64
    public var peerAddress: PeerAddress?
  }

  /// Where the node keeps its share of the cluster.
  public let directory: String
  public let clusterName: String
  public let clusterID: String
  public let name: String
  public let number: UInt64
  /// Where others reached it when it was there.
  public let peerAddress: String
  /// Everybody else who belonged to the cluster, in order of number.
  public let others: [Other]
  let node: NodeID
  private var identity: NodeIdentity
  private let registry: Registry
  private let plan: PartitionPlan?
  private let groups: OfflineGroups
  private let disk: PosixDisk
  private let engine: RocksEngine
  private let logStore: LogStore
  private let founders: [GroupID: Set<NodeID>]
  private(set) var standings: [OfflineGroups.Standing] = []

  /// Present while a recovery is under way: no node starts from such a directory.
  static let markName = "recovery-unfinished"

  /// - Parameter directory: holds `identity.json`.
  public init(directory: String) throws(NodeError) {
    self.directory = directory
    do { disk = try PosixDisk(root: directory) } catch { throw .disk(error) }
    guard let identity = try NodeIdentity.load(from: disk) else {
      throw .dataDirectory("\(directory) holds no \(NodeIdentity.fileName): it is no data directory of a node")
    }
    if let departure = identity.departure { throw .dataDirectory(departure.refusal(of: identity.name)) }
    self.identity = identity
    clusterName = identity.clusterName
    clusterID = identity.clusterID
    name = identity.name
    node = identity.node
    number = identity.node.rawValue
    do {
      engine = try StateDirectory.open(on: disk, root: directory) { _ in }.engine
      logStore = try LogStore(disk: disk, directory: "log", mayCreate: false)
      let first = [GroupDescriptor.system, GroupDescriptor.data]
      groups = try OfflineGroups(engine: engine, logStore: logStore, disk: disk, node: node, descriptors: first)
      let system = try groups.contents(of: .system)
      var registry = Registry()
      try registry.load(from: system.view)
      _ = registry.apply(system.later)
      self.registry = registry
      var founders: [GroupID: Set<NodeID>] = [:]
      for descriptor in first { founders[descriptor.id] = Set(identity.founders) }
      let partitions = try OfflineNode.partitions(system.view, system.later)
      plan = partitions.plan
      for record in partitions.records { founders[record.descriptor.id] = Set(record.founders) }
      self.founders = founders
      // Only the groups that the records name can have a snapshot half installed besides the first two.
      _ = try OfflineGroups(
        engine: engine, logStore: logStore, disk: disk, node: node, descriptors: partitions.records.map(\.descriptor))
    } catch {
      throw .recovery("\(directory): \(error)")
    }
    let own = identity.node
    peerAddress = registry[own]?.peerAddress ?? ""
    others = (registry.nodes(.member) + registry.nodes(.leaving)).filter { $0.id != own }.map {
      Other(name: $0.name, number: $0.id.rawValue, peerAddress: PeerAddress($0.peerAddress))
    }
    if let departure = registry[own].flatMap({ $0.isRetired ? $0.departure ?? .replaced : nil }) {
      throw .dataDirectory(departure.refusal(of: identity.name))
    }
    try survey()
  }

  public func close() {
    logStore.close()
    engine.close()
  }

  private static func partitions(
    _ view: any ReadView, _ later: [CommitRequest.Write]
  ) throws(StoreError) -> (plan: PartitionPlan?, records: [PartitionRecord]) {
    var plan = try view.get(PartitionPlan.key).flatMap(PartitionPlan.decode)
    var records: [GroupID: PartitionRecord] = [:]
    func note(_ key: Key, _ value: [UInt8]?) {
      if key == PartitionPlan.key { plan = value.flatMap(PartitionPlan.decode) }
      if let group = PartitionRecord.group(of: key) {
        records[group] = value.flatMap { PartitionRecord.decode($0, of: group) }
      }
    }
    let cursor = try view.cursor(KeyRange(prefix: PartitionRecord.prefix), reverse: false)
    while true {
      let pairs = try cursor.next(1024)
      if pairs.isEmpty { break }
      for pair in pairs { note(pair.key, pair.value) }
    }
    for write in later { note(write.key, write.value) }
    return (plan, records.values.sorted { $0.descriptor.id < $1.descriptor.id })
  }

  private func survey() throws(NodeError) {
    do {
      standings = try founders.keys.sorted().map { try groups.standing(of: $0, founders: founders[$0] ?? []) }
    } catch {
      throw .recovery("\(directory): \(error)")
    }
  }

  /// Whether the node goes on alone already, and nothing is left to do.
  public var isAlone: Bool {
    others.isEmpty && !isUnfinished
      && standings.allSatisfy { $0.configuration == Configuration(voters: [node]) && $0.namedLater.isEmpty }
  }

  /// Whether an earlier recovery was begun and not finished.
  public var isUnfinished: Bool { disk.exists(OfflineNode.markName) }

  var candidate: RecoveryChoice.Candidate { .init(node: node, name: name, standings: standings) }

  func name(of node: NodeID) -> String {
    node == self.node ? name : registry[node].map { $0.name } ?? "number \(node)"
  }

  // MARK: Going on alone

  /// Makes this node the only one of its cluster. What a crash interrupts is done by doing it again.
  ///
  /// - Parameter milliseconds: the wall clock.
  public func goOnAlone(milliseconds: UInt64) throws(NodeError) {
    do {
      try disk.replaceFile(OfflineNode.markName, with: Array("run `roost recover-quorum` again\n".utf8))
      let context = Array("recover-quorum \(name) \(milliseconds)".utf8)
      // The records come last: as long as they name others, the work is seen to be unfinished.
      for standing in standings.reversed() {
        let writes = standing.group == .system ? records(milliseconds) : []
        try groups.makeSoleVoter(of: standing, writing: writes, milliseconds: milliseconds, context: context)
      }
      identity.peers = []
      try identity.save(to: disk)
      try disk.remove(OfflineNode.markName)
      try disk.syncDirectory("")
    } catch {
      throw .recovery("\(directory): \(error)")
    }
  }

  /// What the cluster's records say from now on.
  private func records(_ milliseconds: UInt64) -> [CommitRequest.Write] {
    var writes: [CommitRequest.Write] = []
    for var record in registry.all {
      if record.id == node {
        record.leavingAt = nil
        record.departure = nil
      } else if record.standing == .member || record.standing == .leaving {
        record.retiredAt = milliseconds
        record.departure = .quorumLost
      }
      if record != registry[record.id] {
        writes.append(.init(key: NodeRecord.key(of: record.id), value: record.encoded()))
      }
    }
    if var plan, plan.founders != [node] {
      // Partitions that are still to be founded are founded here alone.
      plan.founders = [node]
      writes.append(.init(key: PartitionPlan.key, value: plan.encoded()))
    }
    return writes.sorted { $0.key < $1.key }
  }
}
