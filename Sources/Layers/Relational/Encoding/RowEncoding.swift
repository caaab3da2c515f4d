import RoostBase

/// A row as the bytes of a stored value: column number and value, one after the other.
///
/// A row may lack columns that were added later and hold columns that were dropped since: columns are found by their
/// number, which is never used again. Nulls are left out.
///
/// `version (1 byte: 01)`, then for each value that isn't null
/// `column (varint)`, `kind (1 byte)`, body:
///
/// | kind | body |
/// |---|---|
/// | 1 false, 2 true | none |
/// | 3 smallint, 4 integer, 5 bigint | zigzag varint |
/// | 6 real, 7 double | 4 or 8 bytes, little-endian |
/// | 8 numeric, compact | scale (1 byte), coefficient (zigzag varint) |
/// | 9 numeric, general | length (varint), the binary wire form |
/// | 10 text, 11 bytea | length (varint), bytes |
/// | 12 date, 13 time, 14 timestamp, 15 timestamptz | zigzag varint |
/// | 16 interval | months, days, microseconds: zigzag varints |
///
/// Example: columns 1 = integer 7 and 3 = text 'hi' are `01 01 04 0E 03 0A 02 68 69`.
public enum RowEncoding {
  private static let version: UInt8 = 1

  /// Encodes `values`; `columns` gives each its column number.
  public static func encode(_ values: Row, columns: [UInt32]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + values.count * 8)
    bytes.append(version)
    for (index, value) in values.enumerated() where !value.isNull {
      bytes.append(varint: UInt64(columns[index]))
      append(value, to: &bytes)
    }
    return bytes
  }

  /// The value of each of `columns`; null where the row has none (`missing` gives other defaults, by position).
  public static func decode(
    _ bytes: [UInt8], columns: [UInt32], missing: [Datum]? = nil
  ) throws(SQLError) -> Row {
    try bytes.withUnsafeBufferPointer { bytes throws(SQLError) in
      try decode(Reader(bytes), columns, missing)
    }
  }

  private static func decode(
    _ start: Reader, _ columns: [UInt32], _ missing: [Datum]?
  ) throws(SQLError) -> Row {
    var reader = start
    var row = Row(repeating: .null, count: columns.count)
    var found = [Bool](repeating: false, count: missing == nil ? 0 : columns.count)
    guard try reader.byte() == version else { throw Reader.corrupt }
    // Columns are usually stored in the order they are asked for.
    var expected = 0
    while !reader.isAtEnd {
      let column = try reader.varint()
      let value = try reader.value()
      var position = expected
      if position >= columns.count || UInt64(columns[position]) != column {
        guard let other = columns.firstIndex(where: { UInt64($0) == column }) else { continue }
        position = other
      }
      row[position] = value
      if missing != nil { found[position] = true }
      expected = position + 1
    }
    if let missing {
      for position in columns.indices where !found[position] { row[position] = missing[position] }
    }
    return row
  }

  /// Encodes one value by itself, null included (kind 0).
  public static func append(_ value: Datum, to bytes: inout [UInt8]) {
    switch value {
    case .null: bytes.append(0)
    case .boolean(let flag): bytes.append(flag ? 2 : 1)
    case .smallint(let number): append(3, Int64(number), to: &bytes)
    case .integer(let number): append(4, Int64(number), to: &bytes)
    case .bigint(let number): append(5, number, to: &bytes)
    case .real(let number):
      bytes.append(6)
      bytes.append(littleEndian: number.bitPattern)
    case .double(let number):
      bytes.append(7)
      bytes.append(littleEndian: number.bitPattern)
    case .numeric(let number):
      if case .small(let coefficient, let scale) = number.storage {
        bytes.append(8)
        bytes.append(scale)
        append(zigzag: coefficient, to: &bytes)
      } else {
        var body: [UInt8] = []
        number.appendBinary(to: &body)
        bytes.append(9)
        bytes.append(varint: UInt64(body.count))
        bytes.append(contentsOf: body)
      }
    case .text(let text):
      bytes.append(10)
      bytes.append(varint: UInt64(text.utf8.count))
      bytes.append(contentsOf: text.utf8)
    case .bytea(let content):
      bytes.append(11)
      bytes.append(varint: UInt64(content.count))
      bytes.append(contentsOf: content)
    case .date(let day): append(12, Int64(day), to: &bytes)
    case .time(let time): append(13, time, to: &bytes)
    case .timestamp(let time): append(14, time, to: &bytes)
    case .timestamptz(let time): append(15, time, to: &bytes)
    case .interval(let interval):
      append(16, Int64(interval.months), to: &bytes)
      append(zigzag: Int64(interval.days), to: &bytes)
      append(zigzag: interval.microseconds, to: &bytes)
    }
  }

  private static func append(_ kind: UInt8, _ number: Int64, to bytes: inout [UInt8]) {
    bytes.append(kind)
    append(zigzag: number, to: &bytes)
  }

  private static func append(zigzag value: Int64, to bytes: inout [UInt8]) {
    bytes.append(varint: UInt64(bitPattern: value << 1 ^ value >> 63))
  }

  /// Reads values from bytes that may be damaged.
  struct Reader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0

    /// `bytes` must stay where they are while the reader is used.
    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    static var corrupt: SQLError { SQLError("XX001", "a stored row is damaged") }

    var isAtEnd: Bool { index >= bytes.count }

    mutating func byte() throws(SQLError) -> UInt8 {
      guard index < bytes.count else { throw Self.corrupt }
      index += 1
      return bytes[index - 1]
    }

    mutating func varint() throws(SQLError) -> UInt64 {
      let first = try byte()
      if first < 0x80 { return UInt64(first) }
      let value = try UInt64(varint: first) { () throws(SQLError) in try byte() }
      guard let value else { throw Self.corrupt }
      return value
    }

    private mutating func zigzag() throws(SQLError) -> Int64 {
      let value = try varint()
      return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    private mutating func narrow<T: FixedWidthInteger>(_: T.Type) throws(SQLError) -> T {
      guard let value = T(exactly: try zigzag()) else { throw Self.corrupt }
      return value
    }

    private mutating func littleEndian<T: FixedWidthInteger>(_: T.Type) throws(SQLError) -> T {
      var value: T = 0
      for shift in stride(from: 0, to: T.bitWidth, by: 8) { value |= T(try byte()) << T(shift) }
      return value
    }

    private mutating func chunk() throws(SQLError) -> UnsafeBufferPointer<UInt8> {
      let count = try varint()
      guard count <= UInt64(bytes.count - index) else { throw Self.corrupt }
      defer { index += Int(count) }
      return UnsafeBufferPointer(rebasing: bytes[index..<index + Int(count)])
    }

    /// Lets values pass that their type can have.
    private func whole(_ value: Datum) throws(SQLError) -> Datum {
      guard value.isWithinRange else { throw Self.corrupt }
      return value
    }

    mutating func value() throws(SQLError) -> Datum {
      switch try byte() {
      case 0: return .null
      case 1: return .boolean(false)
      case 2: return .boolean(true)
      case 3: return .smallint(try narrow(Int16.self))
      case 4: return .integer(try narrow(Int32.self))
      case 5: return .bigint(try zigzag())
      case 6: return .real(Float(bitPattern: try littleEndian(UInt32.self)))
      case 7: return .double(Double(bitPattern: try littleEndian(UInt64.self)))
      case 8:
        let scale = try byte()
        let coefficient = try zigzag()
        guard scale <= UInt8(Numeric.smallScaleLimit), coefficient != .min else { throw Self.corrupt }
        return .numeric(Numeric(coefficient: coefficient, scale: Int(scale)))
      case 9:
        guard let number = Numeric(binary: try chunk()) else { throw Self.corrupt }
        return .numeric(number)
      case 10:
        guard let text = String(validating: try chunk(), as: UTF8.self) else { throw Self.corrupt }
        return .text(text)
      case 11: return .bytea(Array(try chunk()))
      case 12: return try whole(.date(try narrow(Int32.self)))
      case 13: return try whole(.time(try zigzag()))
      case 14: return try whole(.timestamp(try zigzag()))
      case 15: return try whole(.timestamptz(try zigzag()))
      case 16:
        return .interval(
          Interval(months: try narrow(Int32.self), days: try narrow(Int32.self), microseconds: try zigzag()))
      default: throw Self.corrupt
      }
    }
  }
}
