import RoostBase
import RoostMembership
import RoostPlatform

/// What nodes send each other: one payload of the peer network.
///
/// Layout: kind (1), then
/// - `consensus`: the sender's incarnation, then Raft messages until the end, each with its group;
/// - `request` / `response`: an id of the asking node's choosing, then the request or response;
/// - `heartbeat`: see ``Heartbeat``; `refusal`: the incarnation refused, and why;
/// - `snapshotChunk` / `snapshotAcknowledgement`: see ``SnapshotChunk``;
/// - `bulkPart` / `bulkCredit`: see ``BulkPart``.
enum PeerPayload {
  enum Kind: UInt8 {
    case consensus = 1
    case request = 2
    case response = 3
    case snapshotChunk = 4
    case snapshotAcknowledgement = 5
    case heartbeat = 6
    case refusal = 7
    case bulkPart = 8
    case bulkCredit = 9
  }

  static func heartbeat(_ heartbeat: Heartbeat) -> [UInt8] {
    var writer = ByteWriter(reserving: 32)
    writer.write(Kind.heartbeat.rawValue)
    writer.write(heartbeat.tag.rawValue)
    writer.write(heartbeat.sequence)
    writer.write(heartbeat.echo)
    writer.write(heartbeat.watermark)
    writer.write(heartbeat.condition.rawValue)
    return writer.bytes
  }

  static func refusal(of tag: Incarnation.Tag, _ refusal: NodeLiveness.Refusal) -> [UInt8] {
    var writer = ByteWriter(reserving: 16)
    writer.write(Kind.refusal.rawValue)
    writer.write(tag.rawValue)
    writer.write(refusal.rawValue)
    return writer.bytes
  }

  static func request(_ id: UInt64, _ request: Request) -> [UInt8] {
    var writer = ByteWriter(reserving: 128)
    writer.write(Kind.request.rawValue)
    writer.write(id)
    request.encode(into: &writer)
    return writer.bytes
  }

  static func response(_ id: UInt64, _ response: Response) -> [UInt8] {
    var writer = ByteWriter(reserving: 64)
    writer.write(Kind.response.rawValue)
    writer.write(id)
    response.encode(into: &writer)
    return writer.bytes
  }
}

extension ByteReader {
  mutating func readHeartbeat() throws(DecodingFailure) -> Heartbeat {
    let heartbeat = Heartbeat(
      tag: Incarnation.Tag(try readVarint()), sequence: try readVarint(), echo: try readVarint(),
      watermark: try readVarint(), condition: NodeCondition(rawValue: try readByte()))
    try requireEnd()
    return heartbeat
  }

  mutating func readRefusal() throws(DecodingFailure) -> (Incarnation.Tag, NodeLiveness.Refusal) {
    let tag = Incarnation.Tag(try readVarint())
    guard let refusal = NodeLiveness.Refusal(rawValue: try readByte()) else {
      throw DecodingFailure("an unknown reason of a refusal")
    }
    try requireEnd()
    return (tag, refusal)
  }
}

/// The frames of the native client protocol: the same requests and responses, with an id of the client's choosing in
/// front.
public enum NativePayload {
  public static func request(_ id: UInt64, _ request: Request) -> [UInt8] {
    var writer = ByteWriter(reserving: 320)
    writer.write(id)
    request.encode(into: &writer)
    return writer.bytes
  }

  public static func decodeResponse(_ payload: [UInt8]) throws -> (id: UInt64, response: Response) {
    var reader = ByteReader(payload)
    let id = try reader.readVarint()
    return (id, try Response(from: &reader))
  }

  static func response(_ id: UInt64, _ response: Response) -> [UInt8] {
    var writer = ByteWriter(reserving: 32)
    writer.write(id)
    response.encode(into: &writer)
    return writer.bytes
  }
}
