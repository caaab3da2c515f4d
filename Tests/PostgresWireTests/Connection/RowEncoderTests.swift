import NIOCore
import RoostRelational
import RoostSQL
import Testing

@testable import RoostPostgresWire

@Suite("Rows on the wire")
struct RowEncoderTests {
  private let columns = [
    ResultColumn(name: "id", type: .integer, tableOID: 16_400, columnNumber: 1),
    ResultColumn(name: "price", type: .numeric(precision: 8, scale: 2)),
    ResultColumn(name: "word", type: .varchar(10)),
  ]

  private func line(_ encoder: RowEncoder, _ row: [Datum], zone: TimeZoneOffset = .utc) throws -> String? {
    var buffer = ByteBuffer()
    var scratch: [UInt8] = []
    try encoder.write(row, zone: zone, scratch: &scratch, to: &buffer)
    return ServerMessageText(&buffer)?.line
  }

  @Test("a description names type, length, modifier, table and format of each column")
  func description() throws {
    var buffer = ByteBuffer()
    try RowEncoder(columns: columns, requested: [.binary, .text, .binary]).writeDescription(to: &buffer)
    buffer.moveReaderIndex(forwardBy: 7)
    var described: [[Int]] = []
    while buffer.readNullTerminatedString() != nil {
      let read = buffer.readMultipleIntegers(as: (UInt32, Int16, UInt32, Int16, Int32, Int16).self)
      let fields = try #require(read)
      described.append([
        Int(fields.0), Int(fields.1), Int(fields.2), Int(fields.3), Int(fields.4), Int(fields.5),
      ])
    }
    #expect(
      described == [
        [16_400, 1, 23, 4, -1, 1], [0, 0, 1700, -1, (8 << 16 | 2) + 4, 0], [0, 0, 1043, -1, 14, 1],
      ])
  }

  @Test(
    "each type in text and in binary",
    arguments: [
      (.boolean, .boolean(true), "t", "\\x01"),
      (.smallint, .smallint(-2), "-2", "\\xfffe"),
      (.integer, .integer(42), "42", "\\x0000002a"),
      (.bigint, .bigint(-1), "-1", "\\xffffffffffffffff"),
      (.oid, .bigint(7), "7", "\\x00000007"),
      (.real, .real(1.5), "1.5", "\\x3fc00000"),
      (.double, .double(-0.1), "-0.1", "\\xbfb999999999999a"),
      (.text, .text("plain"), "plain", "plain"),
      (.bytea, .bytea([0, 255]), "\\x00ff", "\\x00ff"),
      (.date, .date(1), "2000-01-02", "\\x00000001"),
      (.timestamp, .timestamp(1_000_000), "2000-01-01 00:00:01", "\\x00000000000f4240"),
    ] as [(SQLType, Datum, String, String)])
  func formats(type: SQLType, value: Datum, text: String, binary: String) throws {
    let column = [ResultColumn(name: "c", type: type)]
    #expect(try line(RowEncoder(columns: column), [value]) == "D \(text)")
    #expect(try line(RowEncoder(columns: column, requested: [.binary]), [value]) == "D \(binary)")
    #expect(try line(RowEncoder(columns: column, requested: [.binary]), [.null]) == "D NULL")
  }

  @Test("timestamptz is shown in the session's zone")
  func zone() throws {
    let column = [ResultColumn(name: "c", type: .timestamptz)]
    let zone = TimeZoneOffset(name: "+02:00", seconds: 7200)
    #expect(try line(RowEncoder(columns: column), [.timestamptz(0)], zone: zone) == "D 2000-01-01 02:00:00+02")
  }

  @Test("a row that doesn't fit its columns is an error and leaves nothing behind")
  func misfit() {
    var buffer = ByteBuffer(string: "before")
    var scratch: [UInt8] = []
    #expect(throws: SQLError.self) {
      try RowEncoder(columns: columns).write([.integer(1)], zone: .utc, scratch: &scratch, to: &buffer)
    }
    #expect(buffer == ByteBuffer(string: "before"))
  }
}
