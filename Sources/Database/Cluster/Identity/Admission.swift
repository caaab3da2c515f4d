import Foundation
import RoostBase
import RoostPlatform
import RoostStore

/// How a data directory gets its identity: it has one already; it founds a cluster; or a cluster takes it in.
///
/// All nodes of a new cluster may be given the same list, themselves included: the first on it founds the cluster,
/// unless one of the others already belongs to one. So starting with the same flags is always right.
///
/// Joining may be interrupted anywhere: the incarnation is on the disk before anyone is asked, and asking again with
/// it gives the same answer.
struct Admission {
  private let configuration: NodeConfiguration
  private let disk: any Disk
  private let loop: any Loop
  private let dialer: any NodeDialer
  private let startedAt: UInt64

  private static let incarnationFile = "incarnation.json"
  private static let pause = Duration.milliseconds(100)
  /// So many lasting refusals of every node asked, without any other answer, are not going to change.
  private static let rounds = 3

  init(
    _ configuration: NodeConfiguration, disk: any Disk, loop: any Loop, dialer: any NodeDialer, startedAt: UInt64
  ) {
    self.configuration = configuration
    self.disk = disk
    self.loop = loop
    self.dialer = dialer
    self.startedAt = startedAt
  }

  func identity() async throws(NodeError) -> NodeIdentity {
    if let identity = try NodeIdentity.load(from: disk) {
      guard identity.name == configuration.name else {
        throw .dataDirectory(
          "it belongs to node \(identity.name), not \(configuration.name); correct --node-id or --data")
      }
      guard identity.clusterName == configuration.clusterName else {
        throw .dataDirectory("it belongs to cluster \(identity.clusterName), not \(configuration.clusterName)")
      }
      if disk.exists(OfflineNode.markName) {
        throw .dataDirectory("a recovery of its quorum was begun and not finished; run `roost recover-quorum` again")
      }
      if let departure = identity.departure { throw .dataDirectory(departure.refusal(of: identity.name)) }
      if let wanted = configuration.partitions, let founded = identity.partitions, wanted != founded {
        throw .partitions(wanted: wanted, founded: founded)
      }
      return identity
    }
    let others = configuration.join.filter { $0 != configuration.peerAddress }
    if others.isEmpty { return try found() }
    return try await join(others, orFound: configuration.join.first == configuration.peerAddress)
  }

  private func found() throws(NodeError) -> NodeIdentity {
    var generator = SeededGenerator(seed: configuration.entropy)
    var identity = NodeIdentity(
      clusterName: configuration.clusterName,
      clusterID: UInt128(generator.next()) << 64 | UInt128(generator.next() | 1),
      node: NodeID(1), name: configuration.name, founders: [NodeID(1)], incarnation: generator.next() | 1)
    identity.partitions = configuration.partitions ?? 0
    try identity.save(to: disk)
    return identity
  }

  private func join(_ seeds: [PeerAddress], orFound founds: Bool) async throws(NodeError) -> NodeIdentity {
    let incarnation = try incarnation()
    let record = NodeRecord(
      id: .none, name: configuration.name, pid: configuration.pid, peerAddress: configuration.peerAddress.description,
      sqlAddress: configuration.sqlAddress.description, locality: configuration.locality, startedAt: startedAt,
      incarnation: incarnation)
    let request = JoinRequest(
      clusterName: configuration.clusterName, record: record, partitions: configuration.partitions)
    let deadline = loop.now + configuration.joinTimeLimit
    let question = OneShotCall(loop: loop, dialer: dialer)
    var candidates = seeds
    var attempt = 0
    var hasAnswer = false
    var refusals: (count: Int, last: String?) = (0, nil)
    while loop.now < deadline {
      let address = candidates[attempt % candidates.count]
      attempt += 1
      let outcome = await question.outcome(address, ClusterChannels.join.request(request))
      switch outcome {
      case .refused(let rejection, let isLasting):
        // Somebody is there: not the moment to found another cluster.
        hasAnswer = true
        let reason = "\(address) refuses this node: \(rejection)"
        refusals = (isLasting ? refusals.count + 1 : 0, reason)
        if refusals.count >= Admission.rounds * seeds.count { throw .refused(reason) }
      case .answered(.application(let answer)):
        hasAnswer = true
        refusals = (0, nil)
        guard let response = try? ClusterChannels.join.decode(answer) else { break }
        switch response {
        case .refused(let reason): throw .refused(reason)
        case .admitted(let admission): return try keep(admission, incarnation)
        }
      case .answered(.notLeader(_, let leader?)):
        hasAnswer = true
        refusals = (0, nil)
        // Ask the leader next; the seeds remain for later.
        candidates = [leader] + seeds.filter { $0 != leader }
        attempt = 0
      case .answered:
        hasAnswer = true
        refusals = (0, nil)
      case .silent: break
      }
      if founds, attempt == seeds.count, !hasAnswer { return try self.found() }
      await question.rest(Admission.pause)
    }
    throw refusals.last.map { .refused($0) } ?? .noSeed(configuration.join)
  }

  private func keep(_ admission: JoinResponse.Admission, _ incarnation: UInt64) throws(NodeError) -> NodeIdentity {
    guard let cluster = UInt128(admission.clusterID, radix: 16) else { throw .refused("its answer has no cluster id") }
    var identity = NodeIdentity(
      clusterName: configuration.clusterName, clusterID: cluster, node: admission.node, name: configuration.name,
      founders: admission.founders, incarnation: incarnation)
    identity.partitions = admission.partitions
    identity.peers = admission.members.map { .init(node: $0.id, address: $0.peerAddress) }
    try identity.save(to: disk)
    return identity
  }

  private func incarnation() throws(NodeError) -> UInt64 {
    do {
      if disk.exists(Admission.incarnationFile) {
        let file = try disk.open(Admission.incarnationFile, create: false)
        defer { file.close() }
        return try JSONDecoder().decode(UInt64.self, from: Data(try file.read(at: 0, count: try file.size)))
      }
      var generator = SeededGenerator(seed: configuration.entropy)
      let drawn = generator.next() | 1
      try disk.replaceFile(Admission.incarnationFile, with: [UInt8](try JSONEncoder.stable.encode(drawn)))
      return drawn
    } catch {
      throw .dataDirectory("\(error)")
    }
  }
}
