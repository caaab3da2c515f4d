import RoostBase

/// What a log entry of a group tells its state machine.
///
/// | kind | then | means |
/// |---|---|---|
/// | 1 | see ``WriteCommand`` | a commit, whole |
/// | 2 | see ``BulkSlice`` | the first slice of a bulk commit |
/// | 3 | see ``BulkSlice`` | its next slice |
/// | 4 | timestamp (8), number of slices (varint) | it is committed |
/// | 5 | nothing | it is abandoned |
///
/// A leader has one bulk commit under way in a group, so slices need no name. An entry of another term also abandons it:
/// its leader is gone, and the next one knows nothing of it.
enum GroupCommand {
  case writes(WriteCommand)
  case slice(isFirst: Bool)
  case finish(Timestamp, slices: Int)
  case abandon

  enum Kind: UInt8 {
    case writes = 1
    case firstSlice = 2
    case nextSlice = 3
    case finish = 4
    case abandon = 5
  }

  /// - Parameter payload: not empty. A slice is not looked into.
  init(decoding payload: [UInt8]) throws(DecodingFailure) {
    var reader = ByteReader(payload)
    switch Kind(rawValue: try reader.readByte()) {
    case .writes: self = .writes(try WriteCommand(decoding: payload))
    case .firstSlice: self = .slice(isFirst: true)
    case .nextSlice: self = .slice(isFirst: false)
    case .finish:
      self = .finish(Timestamp(try reader.readFixed()), slices: Int(clamping: try reader.readVarint()))
      try reader.requireEnd()
    case .abandon:
      self = .abandon
      try reader.requireEnd()
    case nil: throw DecodingFailure("an unknown command")
    }
  }

  static func encodeFinish(at timestamp: Timestamp, slices: Int) -> [UInt8] {
    var writer = ByteWriter(reserving: 16)
    writer.write(Kind.finish.rawValue)
    writer.writeFixed(timestamp.rawValue)
    writer.write(slices)
    return writer.bytes
  }

  static let encodedAbandon: [UInt8] = [Kind.abandon.rawValue]
}
