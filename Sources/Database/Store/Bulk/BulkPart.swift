import RoostBase
import RoostPlatform

/// A part of a bulk commit on its way to the leader: the head first, then the slices one by one.
///
/// Layout: kind (1), the id of the request (varint), content (1), then
/// - head: group, read timestamp (8), keys and values in bytes, whether it only removes (1), number of slices, keys read,
///   ranges read;
/// - slice: its place among the slices, then it;
/// - cancelled: nothing.
struct BulkPart {
  enum Content {
    case head(GroupID, BulkRequest, slices: Int)
    case slice(Int, [UInt8])
    /// Nobody waits for it any more.
    case cancelled
  }

  var id: UInt64
  var content: Content

  static func head(_ id: UInt64, _ group: GroupID, _ request: BulkRequest) -> [UInt8] {
    var writer = begin(id, 0, reserving: 256)
    writer.write(group.rawValue)
    writer.writeFixed(request.readTimestamp.rawValue)
    writer.write(request.byteCount)
    writer.write(request.onlyRemoves)
    writer.write(request.slices.count)
    writer.write(request.readKeys.count)
    for key in request.readKeys { writer.write(key.bytes) }
    writer.write(request.readRanges.count)
    for range in request.readRanges { writer.write(range) }
    return writer.bytes
  }

  static func slice(_ id: UInt64, _ place: Int, _ slice: [UInt8]) -> [UInt8] {
    var writer = begin(id, 1, reserving: slice.count + 32)
    writer.write(place)
    writer.writeRest(slice)
    return writer.bytes
  }

  static func cancelled(_ id: UInt64) -> [UInt8] { begin(id, 2, reserving: 16).bytes }

  /// So many slices have arrived.
  static func credit(_ id: UInt64, parts: Int) -> [UInt8] {
    var writer = ByteWriter(reserving: 24)
    writer.write(PeerPayload.Kind.bulkCredit.rawValue)
    writer.write(id)
    writer.write(parts)
    return writer.bytes
  }

  private static func begin(_ id: UInt64, _ content: UInt8, reserving size: Int) -> ByteWriter {
    var writer = ByteWriter(reserving: size)
    writer.write(PeerPayload.Kind.bulkPart.rawValue)
    writer.write(id)
    writer.write(content)
    return writer
  }

  /// Reads what stands behind the kind.
  init(from reader: inout ByteReader) throws(DecodingFailure) {
    id = try reader.readVarint()
    switch try reader.readByte() {
    case 0:
      let group = GroupID(try reader.readVarint())
      let timestamp = Timestamp(try reader.readFixed())
      let bytes = Int(clamping: try reader.readVarint())
      let onlyRemoves = try reader.readBool()
      let slices = Int(clamping: try reader.readVarint())
      var keys: [Key] = []
      for _ in 0..<(try reader.readCount()) { keys.append(Key(try reader.readBytes())) }
      var ranges: [KeyRange] = []
      for _ in 0..<(try reader.readCount(minimumSize: 2)) { ranges.append(try reader.readRange()) }
      guard slices > 0, slices <= Transaction.maximumBytes,
        keys.indices.dropFirst().allSatisfy({ keys[$0 - 1] < keys[$0] }),
        ranges.indices.dropFirst().allSatisfy({ ranges[$0 - 1].upper < ranges[$0].lower })
      else { throw DecodingFailure("the head of a bulk commit that no node sends") }
      content = .head(
        group,
        BulkRequest(
          readTimestamp: timestamp, readKeys: keys, readRanges: ranges, slices: [], byteCount: bytes,
          onlyRemoves: onlyRemoves), slices: slices)
    case 1:
      content = .slice(Int(clamping: try reader.readVarint()), reader.readRest())
    case 2: content = .cancelled
    case let code: throw DecodingFailure("unknown content \(code) of a bulk commit's part")
    }
    try reader.requireEnd()
  }
}
