import Foundation
import RoostBase
import RoostPlatform

/// Who a data directory belongs to: written once, when the node founds a cluster or is admitted to one.
struct NodeIdentity: Codable, Equatable {
  var format = NodeIdentity.currentFormat
  var clusterName: String
  /// Hexadecimal digits.
  var clusterID: String
  var node: NodeID
  var name: String
  var founders: [NodeID]
  /// See ``NodeRecord/incarnation``.
  var incarnation: UInt64
  /// Counts the starts of this directory. It is durable before the node says anything under its identity.
  var epoch: UInt64 = 0
  /// Where the other nodes were last seen, so that a restarted node finds them before it has read the registry.
  var peers: [Peer] = []

  /// How many key-value partitions the cluster was founded with; nil in directories of versions that did not keep it.
  var partitions: Int?
  /// Why the node that had this directory belongs to its cluster no more; nil while it does.
  var departure: NodeDeparture?

  struct Peer: Codable, Equatable {
    var node: NodeID
    var address: String
  }

  static let currentFormat = 1
  static let fileName = "identity.json"

  init(clusterName: String, clusterID: UInt128, node: NodeID, name: String, founders: [NodeID], incarnation: UInt64) {
    self.clusterName = clusterName
    self.clusterID = String(clusterID, radix: 16)
    self.node = node
    self.name = name
    self.founders = founders
    self.incarnation = incarnation
  }

  var clusterNumber: UInt128? { UInt128(clusterID, radix: 16) }

  static func load(from disk: any Disk) throws(NodeError) -> NodeIdentity? {
    guard disk.exists(fileName) else { return nil }
    let identity: NodeIdentity
    do {
      let file = try disk.open(fileName, create: false)
      defer { file.close() }
      identity = try JSONDecoder().decode(NodeIdentity.self, from: Data(try file.read(at: 0, count: try file.size)))
    } catch {
      throw .dataDirectory(NodeIdentity.unreadable(because: reason(of: error)))
    }
    guard identity.clusterNumber != nil, identity.node != .none else {
      throw .dataDirectory(unreadable(because: "it names no cluster or no node"))
    }
    guard identity.format == currentFormat else {
      throw .dataDirectory(
        "its \(fileName) is of format \(identity.format), and this version knows \(currentFormat); start it with the "
          + "version that wrote it")
    }
    return identity
  }

  private static func unreadable(because reason: String) -> String {
    "its \(fileName), which says which node it is, is damaged (\(reason)); put back an intact copy of that file if there is "
      + "one; otherwise the directory can't be told apart from an old copy any more: run `roost replace NODE` on another "
      + "node, then start this one with an empty data directory"
  }

  private static func reason(of error: any Error) -> String {
    switch error {
    case DecodingError.dataCorrupted: "it is no JSON"
    case DecodingError.keyNotFound(let key, _): "\(key.stringValue) is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "\(context.codingPath.map(\.stringValue).joined(separator: ".")) has a value of the wrong kind"
    default: "\(error)"
    }
  }

  /// Counts another start. Durable when it returns, before the node says anything as itself: so whoever knows of this
  /// start can refuse an older copy of the directory.
  func started(on disk: any Disk) throws(NodeError) -> NodeIdentity {
    var identity = self
    identity.epoch += 1
    try identity.save(to: disk)
    return identity
  }

  /// Durable when it returns.
  func save(to disk: any Disk) throws(NodeError) {
    do {
      try disk.replaceFile(NodeIdentity.fileName, with: [UInt8](try JSONEncoder.stable.encode(self)))
    } catch {
      throw .dataDirectory("its \(NodeIdentity.fileName) can't be written: \(error)")
    }
  }
}

extension NodeIdentity {
  /// Directories of versions that did not count starts have no epoch.
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    format = try container.decode(Int.self, forKey: .format)
    clusterName = try container.decode(String.self, forKey: .clusterName)
    clusterID = try container.decode(String.self, forKey: .clusterID)
    node = try container.decode(NodeID.self, forKey: .node)
    name = try container.decode(String.self, forKey: .name)
    founders = try container.decode([NodeID].self, forKey: .founders)
    incarnation = try container.decode(UInt64.self, forKey: .incarnation)
    epoch = try container.decodeIfPresent(UInt64.self, forKey: .epoch) ?? 0
    peers = try container.decodeIfPresent([Peer].self, forKey: .peers) ?? []
    partitions = try container.decodeIfPresent(Int.self, forKey: .partitions)
    departure = try container.decodeIfPresent(NodeDeparture.self, forKey: .departure)
  }
}

extension JSONEncoder {
  /// Keys in order, so that equal values give equal bytes.
  static var stable: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }
}
