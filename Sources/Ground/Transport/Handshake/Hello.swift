import NIOCore
import RoostBase
import RoostPlatform

/// Who calls whom, and what for. Without a join secret these are the first bytes on a connection to a peer port, version 1
/// of the greeting, and ``Welcome`` answers; with one the same is said by ``Opening`` and ``Proof``.
///
/// Fixed size, little-endian, closed by a CRC-32C, so that nothing has to be believed before all is checked:
///
///     magic 8 · version u16 · role u8 · lane u8 · cluster 16 · caller u64 · target u64 · crc u32
struct Hello: Hashable {
  enum Role: Hashable {
    case node(PeerLane)
    case client

    var bytes: (role: UInt8, lane: UInt8) {
      switch self {
      case .node(let lane): (0, lane.rawValue)
      case .client: (1, 0)
      }
    }

    init?(role: UInt8, lane: UInt8) {
      switch (role, PeerLane(rawValue: lane)) {
      case (0, let lane?): self = .node(lane)
      case (1, _): self = .client
      default: return nil
      }
    }
  }

  static let size = 48
  /// Begins with a byte that no text protocol sends and holds a line end, so that neither text nor a channel that
  /// translates line ends is mistaken for it.
  static let magic: [UInt8] = [0xB0, 0x52, 0x4F, 0x4F, 0x53, 0x54, 0x0D, 0x0A]
  static let version: UInt16 = 1

  var role: Role
  /// Zero: whichever cluster answers (clients only).
  var cluster: UInt128
  /// `none` for clients.
  var caller: NodeID
  /// Whom the caller means to reach; `none` for anyone (clients only).
  var target: NodeID

  func encoded() -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.reserveCapacity(Self.size)
    buffer.writeBytes(Self.magic)
    buffer.writeInteger(Self.version, endianness: .little)
    buffer.writeInteger(role.bytes.role)
    buffer.writeInteger(role.bytes.lane)
    buffer.writeInteger(cluster, endianness: .little)
    buffer.writeInteger(caller.rawValue, endianness: .little)
    buffer.writeInteger(target.rawValue, endianness: .little)
    appendChecksum(to: &buffer)
    return buffer
  }

  /// Takes a hello out of `buffer`; nil while it is not complete. Bytes that can't become one are refused at once.
  static func read(from buffer: inout ByteBuffer) throws(HandshakeRejection) -> Hello? {
    guard hasMagic(buffer, magic) else { throw .notRoost }
    // The version decides what follows; it is judged first, so that a later version may be longer or shorter.
    if let version = buffer.getInteger(at: buffer.readerIndex + 8, endianness: .little, as: UInt16.self),
      version != Self.version
    {
      throw .unknownVersion
    }
    guard var fields = buffer.readSlice(length: size) else { return nil }
    guard hasValidChecksum(fields) else { throw .damaged }
    fields.moveReaderIndex(forwardBy: magic.count + 2)
    guard
      let role = fields.readInteger(as: UInt8.self),
      let lane = fields.readInteger(as: UInt8.self),
      let cluster = fields.readInteger(endianness: .little, as: UInt128.self),
      let caller = fields.readInteger(endianness: .little, as: UInt64.self),
      let target = fields.readInteger(endianness: .little, as: UInt64.self)
    else { throw .damaged }
    guard let parsed = Role(role: role, lane: lane) else { throw .damaged }
    return Hello(role: parsed, cluster: cluster, caller: NodeID(caller), target: NodeID(target))
  }
}

/// The answer to a ``Hello``: who answers, and whether the caller may stay. Same shape and size:
///
///     magic 8 · version u16 · status u8 · zero u8 · cluster 16 · answerer u64 · zero u64 · crc u32
struct Welcome: Hashable {
  static let magic: [UInt8] = [0xB0, 0x72, 0x6F, 0x6F, 0x73, 0x74, 0x0D, 0x0A]

  /// Nil: the caller may stay.
  var rejection: HandshakeRejection?
  var cluster: UInt128
  var answerer: NodeID

  func encoded() -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.reserveCapacity(Hello.size)
    buffer.writeBytes(Self.magic)
    buffer.writeInteger(Hello.version, endianness: .little)
    buffer.writeInteger(rejection?.rawValue ?? 0)
    buffer.writeInteger(UInt8(0))
    buffer.writeInteger(cluster, endianness: .little)
    buffer.writeInteger(answerer.rawValue, endianness: .little)
    buffer.writeInteger(UInt64(0))
    appendChecksum(to: &buffer)
    return buffer
  }

  static func read(from buffer: inout ByteBuffer) throws(HandshakeRejection) -> Welcome? {
    guard hasMagic(buffer, magic) else { throw .notRoost }
    guard var fields = buffer.readSlice(length: Hello.size) else { return nil }
    guard hasValidChecksum(fields) else { throw .damaged }
    fields.moveReaderIndex(forwardBy: magic.count)
    guard
      let version = fields.readInteger(endianness: .little, as: UInt16.self),
      let status = fields.readInteger(as: UInt8.self),
      fields.readInteger(as: UInt8.self) != nil,
      let cluster = fields.readInteger(endianness: .little, as: UInt128.self),
      let answerer = fields.readInteger(endianness: .little, as: UInt64.self)
    else { throw .damaged }
    guard version == Hello.version else { throw .unknownVersion }
    var rejection: HandshakeRejection?
    if status != 0 { rejection = HandshakeRejection(rawValue: status) ?? .damaged }
    return Welcome(rejection: rejection, cluster: cluster, answerer: NodeID(answerer))
  }
}

/// Why a caller is turned away.
public enum HandshakeRejection: UInt8, Error, Hashable, Sendable, CustomStringConvertible {
  /// The bytes are of another protocol. Never sent: whoever it is would not understand.
  case notRoost = 1
  case unknownVersion = 2
  case damaged = 3
  case otherCluster = 4
  /// A node called itself: its own address stands for another's.
  case selfConnection = 5
  /// The address leads to another node than the caller means.
  case otherNode = 6
  case tooManyConnections = 7
  /// The node serves no clients, or not yet.
  case noService = 8
  /// The hello did not come in time.
  case tooSlow = 9
  /// The caller greets without a secret, and the node demands one.
  case secretNeeded = 10
  /// The caller knows how to prove itself, and has no secret.
  case noSecret = 11
  /// A proof does not match: the two have different secrets, or one of them has none and pretends.
  case wrongSecret = 12
  /// The caller has a secret, and the node was started without.
  case insecure = 13

  /// Whether another secret, or one at all, would change it.
  public var isAboutSecret: Bool {
    switch self {
    case .secretNeeded, .noSecret, .wrongSecret, .insecure: true
    default: false
    }
  }

  /// Whether the same caller would be turned away for the same reason a moment later. What depends on how busy a node is,
  /// how far its start is or what happened on the way may change by itself.
  public var isLasting: Bool {
    switch self {
    case .notRoost, .unknownVersion, .otherCluster: true
    case .secretNeeded, .noSecret, .wrongSecret, .insecure: true
    case .damaged, .selfConnection, .otherNode, .tooManyConnections, .noService, .tooSlow: false
    }
  }

  public var description: String {
    switch self {
    case .notRoost: "not the Roost peer protocol"
    case .unknownVersion: "another version of the peer protocol"
    case .damaged: "a damaged greeting"
    case .otherCluster: "it belongs to another cluster"
    case .selfConnection: "the node called itself"
    case .otherNode: "the address belongs to another node"
    case .tooManyConnections: "too many connections"
    case .noService: "clients are not served here"
    case .tooSlow: "no greeting in time"
    case .secretNeeded:
      "it demands the cluster's join secret, and the caller runs with --insecure or is of an earlier version"
    case .noSecret: "the caller has no join secret; it needs a copy of the file join-secret of this cluster's nodes"
    case .wrongSecret: "the two have different join secrets; all nodes of a cluster need the same file join-secret"
    case .insecure: "it runs with --insecure, and the caller has a join secret; start both with it, or both without"
    }
  }
}

/// Whether what is there of the buffer's beginning is the magic's.
func hasMagic(_ buffer: ByteBuffer, _ magic: [UInt8]) -> Bool {
  buffer.readableBytesView.prefix(magic.count).elementsEqual(magic.prefix(buffer.readableBytes))
}

func appendChecksum(to buffer: inout ByteBuffer) {
  let crc = buffer.withUnsafeReadableBytes { CRC32C.shared.extend(0, with: $0) }
  buffer.writeInteger(crc, endianness: .little)
}

func hasValidChecksum(_ fields: ByteBuffer) -> Bool {
  let count = fields.readableBytes - 4
  let crc = fields.withUnsafeReadableBytes {
    CRC32C.shared.extend(0, with: UnsafeRawBufferPointer(rebasing: $0[..<count]))
  }
  return fields.getInteger(at: fields.readerIndex + count, endianness: .little, as: UInt32.self) == crc
}
