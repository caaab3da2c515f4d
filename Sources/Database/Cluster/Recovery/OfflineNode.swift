import RoostBase
public import RoostPlatform
import RoostRaft
import RoostStorage
import RoostStore

/// The data directory of a node that does not run. It is locked as long as this exists: a node can't be started from it,
/// and one that runs keeps it from being opened. Nothing in it is changed before ``goOnAlone(milliseconds:)``.
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
  let disk: PosixDisk
  let survey: DirectorySurvey
  var identity: NodeIdentity

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
    do { survey = try DirectorySurvey(of: disk, root: directory, identity: identity) } catch {
      throw .recovery("\(directory): \(error)")
    }
    peerAddress = survey.registry[node]?.peerAddress ?? ""
    others = OfflineNode.others(survey.registry, identity)
    if let departure = survey.registry[node].flatMap({ $0.isRetired ? $0.departure ?? .replaced : nil }) {
      throw .dataDirectory(departure.refusal(of: identity.name))
    }
  }

  /// The members by the records, and whoever the node knew of before it had these: they may be of an earlier time.
  private static func others(_ registry: Registry, _ identity: NodeIdentity) -> [Other] {
    let recorded = (registry.nodes(.member) + registry.nodes(.leaving)).map {
      Other(name: $0.name, number: $0.id.rawValue, peerAddress: PeerAddress($0.peerAddress))
    }
    let unrecorded = identity.peers.filter { registry[$0.node] == nil }.map {
      Other(name: "number \($0.node)", number: $0.node.rawValue, peerAddress: PeerAddress($0.address))
    }
    return (recorded + unrecorded).filter { $0.number != identity.node.rawValue }.sorted { $0.number < $1.number }
  }

  /// How far each group is, in order of group.
  var standings: [OfflineGroups.Standing] { survey.standings }

  /// Why the state can't be used, and is made anew from the log, which has every entry; nil if it can.
  public var stateDamage: String? { survey.stateDamage }

  /// Whether the node goes on alone already, and nothing is left to do.
  public var isAlone: Bool {
    others.isEmpty && !isUnfinished
      && standings.allSatisfy { $0.configuration == Configuration(voters: [node]) && $0.namedLater.isEmpty }
  }

  /// Whether an earlier recovery was begun and not finished.
  public var isUnfinished: Bool { disk.exists(OfflineNode.markName) }

  var candidate: RecoveryChoice.Candidate { .init(node: node, name: name, standings: standings) }

  func name(of node: NodeID) -> String {
    if node == self.node { return name }
    return others.first { $0.number == node.rawValue }?.name ?? survey.registry[node]?.name ?? "number \(node)"
  }
}
