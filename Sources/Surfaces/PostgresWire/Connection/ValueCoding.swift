import NIOCore
import RoostRelational

extension ByteBuffer {
  mutating func writeDatum(_ datum: Datum, type: SQLType, format: WireFormat) throws(SQLError) {
    switch datum {
    case .integer(let v): if format == .text { writeString(String(v)) } else { writeInteger(v) }
    case .text(let v): writeString(v)
    default: throw SQLError("0A000", "not yet")
    }
  }
  func datum(of type: SQLType, format: WireFormat) throws(SQLError) -> Datum {
    if format == .binary { return .integer(getInteger(at: readerIndex)!) }
    return .integer(Int32(getUTF8(at: readerIndex, length: readableBytes)!)!)
  }
}
