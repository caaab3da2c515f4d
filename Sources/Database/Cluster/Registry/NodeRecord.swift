import Foundation
public import RoostBase
import RoostMembership
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
  /// The last start that the cluster took note of; see ``Incarnation``. Zero before the first.
  public var epoch: UInt64 = 0
  public var nonce: UInt64 = 0
  /// When it was declared gone for good, in milliseconds since 1970; nil while it belongs to the cluster.
  public var retiredAt: UInt64?
  /// The node of the same name that came after a retired one; nil while there is none.
  public var successor: NodeID?
  /// Since when it is being taken out of every group, in milliseconds since 1970; nil if it is not.
  public var leavingAt: UInt64?
  /// Why it leaves or has left; nil while it belongs to the cluster, and in records of nodes that earlier versions
  /// replaced.
  public var departure: NodeDeparture?

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

  var start: Incarnation { Incarnation(epoch: epoch, nonce: nonce) }
  var isRetired: Bool { retiredAt != nil }

  /// Where a node stands between its admission and its end.
  enum Standing: Hashable {
    case member
    /// It still serves, and is being removed from every group.
    case leaving
    /// It is gone, and another node of its name is to vote where it did.
    case replaced
    /// It is gone, and nobody is waited for.
    case removed
  }

  var standing: Standing {
    guard isRetired else { return leavingAt == nil ? .member : .leaving }
    return (departure ?? .replaced) == .replaced ? .replaced : .removed
  }

  /// Why this can't be a start after the one that is `known`; nil if it can, or is the same.
  func refusal(after known: NodeRecord) -> String? {
    if known.isRetired { return (known.departure ?? .replaced).refusal(of: name) }
    guard epoch < known.epoch || (epoch == known.epoch && nonce != known.nonce) else { return nil }
    return
      "its data directory is an older copy: the cluster knows of start \(known.epoch) of \(name), and this is start "
      + "\(epoch); it could break promises it has forgotten; run `roost replace \(name)` on another node, then start it "
      + "with an empty data directory"
  }

  static let prefix = Key([0x00, UInt8(ascii: "n")])

  /// The next id to give, eight bytes.
  static let counterKey = Key([0x00, UInt8(ascii: "i")])

  static func key(of node: NodeID) -> Key { Key(prefix.bytes + encodedNumber(node.rawValue)) }

  /// The value under ``counterKey``.
  static func encodedNumber(_ number: UInt64) -> [UInt8] { [UInt8](bigEndian: number) }

  /// The number in a value under ``counterKey``.
  static func number(_ bytes: [UInt8]) -> UInt64 { UInt64(bigEndianBytes: bytes) }

  /// Nil for a key of something else.
  static func node(of key: Key) -> NodeID? {
    guard key.bytes.count == prefix.bytes.count + 8, key.bytes.starts(with: prefix.bytes) else { return nil }
    return NodeID(number(Array(key.bytes.dropFirst(prefix.bytes.count))))
  }

  func encoded() -> [UInt8] { (try? JSONEncoder.stable.encode(self)).map { [UInt8]($0) } ?? [] }

  static func decode(_ bytes: [UInt8]) -> NodeRecord? { try? JSONDecoder().decode(NodeRecord.self, from: Data(bytes)) }

  /// Nil if the bytes are no record of this very node.
  static func decode(_ bytes: [UInt8], of node: NodeID) -> NodeRecord? {
    guard let record = decode(bytes), record.id == node, node != .none else { return nil }
    return record
  }
}

extension NodeRecord {
  /// Records of clusters that did not count starts yet have no epoch.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      id: try container.decode(NodeID.self, forKey: .id), name: try container.decode(String.self, forKey: .name),
      pid: try container.decode(Int32.self, forKey: .pid),
      peerAddress: try container.decode(String.self, forKey: .peerAddress),
      sqlAddress: try container.decode(String.self, forKey: .sqlAddress),
      locality: try container.decode([String: String].self, forKey: .locality),
      startedAt: try container.decode(UInt64.self, forKey: .startedAt),
      incarnation: try container.decode(UInt64.self, forKey: .incarnation))
    epoch = try container.decodeIfPresent(UInt64.self, forKey: .epoch) ?? 0
    nonce = try container.decodeIfPresent(UInt64.self, forKey: .nonce) ?? 0
    retiredAt = try container.decodeIfPresent(UInt64.self, forKey: .retiredAt)
    successor = try container.decodeIfPresent(NodeID.self, forKey: .successor)
    leavingAt = try container.decodeIfPresent(UInt64.self, forKey: .leavingAt)
    departure = try container.decodeIfPresent(NodeDeparture.self, forKey: .departure)
  }
}
