import Foundation
public import RoostRaft
import RoostStore

/// What the cluster knows about one of its nodes: a value in the system group under `00 'n' id`.
public struct NodeRecord: Codable, Hashable, Sendable {
  public var id: NodeID
  public var name: String
  public var pid: Int32
  public var peerAddress: String
  public var sqlAddress: String
  public var locality: [String: String]
  /// Milliseconds since 1970.
  public var startedAt: UInt64
  /// Drawn when the node was first started; another one under the same name is another node.
  public var incarnation: UInt64

  public init(
    id: NodeID, name: String, pid: Int32, peerAddress: String, sqlAddress: String, locality: [String: String],
    startedAt: UInt64, incarnation: UInt64
  ) {
    self.id = id
    self.name = name
    self.pid = pid
    self.peerAddress = peerAddress
    self.sqlAddress = sqlAddress
    self.locality = locality
    self.startedAt = startedAt
    self.incarnation = incarnation
  }

  static let prefix = Key([0x00, UInt8(ascii: "n")])

  /// The next id to give, eight bytes.
  static let counterKey = Key([0x00, UInt8(ascii: "i")])

  static func key(of node: NodeID) -> Key {
    var bytes = prefix.bytes
    withUnsafeBytes(of: node.rawValue.bigEndian) { bytes.append(contentsOf: $0) }
    return Key(bytes)
  }

  /// Nil for a key of something else.
  static func node(of key: Key) -> NodeID? {
    guard key.bytes.count == prefix.bytes.count + 8, key.bytes.starts(with: prefix.bytes) else { return nil }
    return NodeID(key.bytes.dropFirst(prefix.bytes.count).reduce(0) { $0 << 8 | UInt64($1) })
  }

  func encoded() -> [UInt8] { (try? JSONEncoder.stable.encode(self)).map { [UInt8]($0) } ?? [] }

  static func decode(_ bytes: [UInt8]) -> NodeRecord? { try? JSONDecoder().decode(NodeRecord.self, from: Data(bytes)) }

  /// Nil if the bytes are no record of this very node.
  static func decode(_ bytes: [UInt8], of node: NodeID) -> NodeRecord? {
    guard let record = decode(bytes), record.id == node, node != .none else { return nil }
    return record
  }
}
