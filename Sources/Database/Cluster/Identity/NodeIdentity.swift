import Foundation
import RoostPlatform
import RoostRaft

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
  /// Where the other nodes were last seen, so that a restarted node finds them before it has read the registry.
  var peers: [Peer] = []

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
      throw .dataDirectory("its \(fileName) can't be read: \(error)")
    }
    guard identity.format == currentFormat, identity.clusterNumber != nil, identity.node != .none else {
      throw .dataDirectory("its \(fileName) is not of a kind that this version knows")
    }
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

extension Disk {
  /// Writes a small file so that after a crash it is either the old or the new one, whole.
  func replaceFile(_ name: String, with bytes: [UInt8]) throws(DiskError) {
    let temporary = name + ".new"
    let file = try open(temporary, create: true)
    defer { file.close() }
    try file.truncate(to: 0)
    var failure: DiskError?
    bytes.withUnsafeBytes { buffer in
      do throws(DiskError) { try file.write(buffer, at: 0) } catch { failure = error }
    }
    if let failure { throw failure }
    try file.sync()
    try rename(temporary, to: name)
    try syncDirectory("")
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
