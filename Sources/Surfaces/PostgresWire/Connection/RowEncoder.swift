import NIOCore
import RoostRelational
import RoostSQL

/// Writes the rows of one portal: which column goes out in which format is settled when the portal is bound.
struct RowEncoder: Sendable {
  private let columns: [ResultColumn]
  private let types: [SQLType]
  /// One per column.
  private let formats: [WireFormat]

  /// All columns as text: the simple query protocol.
  init(columns: [ResultColumn]) {
    self.columns = columns
    types = columns.map(\.type)
    formats = Array(repeating: .text, count: columns.count)
  }

  /// `requested` as Bind gives it: none (all text), one for all, or one per column.
  init(columns: [ResultColumn], requested: [WireFormat]) throws(SQLError) {
    self.columns = columns
    types = columns.map(\.type)
    switch requested.count {
    case 0: formats = Array(repeating: .text, count: columns.count)
    case 1: formats = Array(repeating: requested[0], count: columns.count)
    case columns.count: formats = requested
    default:
      throw SQLError(
        "08P01", "bind message has \(requested.count) result formats but query has \(columns.count) columns")
    }
  }

  func writeDescription(to buffer: inout ByteBuffer) {
    buffer.writeMessage("T") { body in
      body.writeInteger(UInt16(clamping: columns.count))
      for (column, format) in zip(columns, formats) {
        body.writeTerminated(column.name)
        body.writeMultipleIntegers(
          column.tableOID, column.columnNumber, column.type.oid, column.type.typeLength, column.type.typeModifier,
          format.rawValue)
      }
    }
  }

  /// One DataRow. A row that can't be written leaves the buffer as it was and throws.
  ///
  /// - Parameters:
  ///   - zone: in which `timestamptz` is shown.
  ///   - scratch: room for one value, reused from row to row.
  func write(
    _ row: [Datum], zone: TimeZoneOffset, scratch: inout [UInt8], to buffer: inout ByteBuffer
  ) throws(SQLError) {
    let start = buffer.writerIndex
    guard row.count == formats.count else {
      throw SQLError("XX000", "a row of \(row.count) values for \(formats.count) columns")
    }
    // The planner refuses far fewer.
    guard let count = UInt16(exactly: row.count) else {
      throw SQLError("54011", "a row can have at most \(UInt16.max) columns")
    }
    buffer.writeInteger(0x44 as UInt8)  // D
    let lengthIndex = buffer.writerIndex
    buffer.writeMultipleIntegers(0 as Int32, count)
    for index in 0..<row.count {
      switch row[index] {
      case .null:
        buffer.writeInteger(-1 as Int32)
      case .text(let text):
        // The same in both formats, and mostly what there is.
        let valueIndex = buffer.writerIndex
        buffer.writeInteger(0 as Int32)
        buffer.setInteger(Int32(clamping: buffer.writeString(text)), at: valueIndex)
      case let value:
        scratch.removeAll(keepingCapacity: true)
        switch formats[index] {
        case .text: value.appendText(to: &scratch, zone)
        case .binary: BinaryFormat.append(value, type: types[index], to: &scratch)
        }
        buffer.writeInteger(Int32(clamping: scratch.count))
        buffer.writeBytes(scratch)
      }
    }
    if scratch.capacity > Self.scratchKept { scratch = [] }
    // A frame's length has 31 bits.
    guard buffer.writerIndex - lengthIndex <= Int32.max else {
      buffer.moveWriterIndex(to: start)
      throw SQLError("54000", "a row is too large to be sent")
    }
    buffer.setInteger(Int32(buffer.writerIndex - lengthIndex), at: lengthIndex)
  }

  private static let scratchKept = 64 << 10
}
