import RoostRelational
import Testing

@Suite struct EncodingTests {
  @Test(arguments: Datum.everyType)
  func keysOrderAsTheirValuesAndDecode(_ type: SQLType) throws {
    var generator = SeededGenerator(11)
    for _ in 0..<2000 {
      let left = Datum.random(type, &generator)
      let right = Datum.random(type, &generator)
      let leftKey = key(left, type)
      let rightKey = key(right, type)
      let order = left.keyed(type).compare(right.keyed(type))
      let found = leftKey == rightKey ? 0 : leftKey.lexicographicallyPrecedes(rightKey) ? -1 : 1
      #expect(order == found, "\(left) \(right)")
      var rest = (leftKey + [7])[...]
      let decoded = try KeyEncoding.decode(&rest, type: type)
      #expect(decoded.keyed(type).isSame(left.keyed(type)), "\(left) came back as \(decoded)")
      #expect(Array(rest) == [7])
    }
  }

  private func key(_ value: Datum, _ type: SQLType) -> [UInt8] {
    var bytes: [UInt8] = []
    KeyEncoding.append(value, type: type, to: &bytes)
    return bytes
  }

  @Test func keyExamplesOfTheDocumentation() throws {
    #expect(key(.integer(5), .integer) == [0x20, 0x80, 0, 0, 0, 0, 0, 0, 5])
    #expect(key(.text("a"), .text) == [0x40, 0x61, 0, 1])
    #expect(
      key(.numeric(Numeric(coefficient: 15, scale: 1)), .unconstrainedNumeric) == [
        0x30, 3, 0x80, 0, 0, 2, 0x13, 0x89, 0, 0,
      ])
  }

  @Test func nullKeysComeLast() {
    for type in Datum.everyType {
      var generator = SeededGenerator(3)
      for _ in 0..<50 { #expect(key(.random(type, &generator), type).lexicographicallyPrecedes(key(.null, type))) }
    }
  }

  @Test func compositeKeysOrderColumnByColumn() {
    func composite(_ text: String, _ number: Int32) -> [UInt8] {
      key(.text(text), .text) + key(.integer(number), .integer)
    }
    #expect(composite("a", 9).lexicographicallyPrecedes(composite("ab", -9)))
    #expect(composite("a\0", 1).lexicographicallyPrecedes(composite("a\0b", 0)))
    #expect(composite("a", 9).lexicographicallyPrecedes(composite("a\0", 1)))
  }

  @Test func damagedKeysFailWithoutTraps() {
    var generator = SeededGenerator(5)
    for type in Datum.everyType {
      for _ in 0..<300 {
        var bytes = key(.random(type, &generator), type)
        switch UInt8.random(in: 0..<3, using: &generator) {
        case 0: bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator))
        case 1:
          bytes[Int.random(in: bytes.indices, using: &generator)] ^= UInt8(
            1 << Int.random(in: 0..<8, using: &generator))
        default: bytes = (0..<12).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        }
        var rest = bytes[...]
        do { _ = try KeyEncoding.decode(&rest, type: type) } catch {
          #expect(error.code == "XX001" || error.code == "22001")
        }
      }
    }
  }

  @Test func rowsSurviveAddedAndDroppedColumns() throws {
    let bytes = RowEncoding.encode([.integer(7), .null, .text("hi")], columns: [1, 2, 3])
    #expect(bytes == [1, 1, 4, 0x0E, 3, 0x0A, 2, 0x68, 0x69])
    let row = try RowEncoding.decode(bytes, columns: [3, 4, 1])
    #expect(row[0].isSame(.text("hi")) && row[1].isNull && row[2].isSame(.integer(7)))
    let filled = try RowEncoding.decode(bytes, columns: [1, 5], missing: [.integer(0), .text("new")])
    #expect(filled[0].isSame(.integer(7)) && filled[1].isSame(.text("new")))
  }

  @Test func rowsComeBackAsTheyWere() throws {
    var generator = SeededGenerator(8)
    let columns = Datum.everyType.indices.map { UInt32($0 * 300 + 1) }
    for _ in 0..<500 {
      let row = Datum.everyType.map { type in
        Bool.random(using: &generator) ? Datum.random(type, &generator) : .null
      }
      let decoded = try RowEncoding.decode(RowEncoding.encode(row, columns: columns), columns: columns)
      for (before, after) in zip(row, decoded) {
        #expect(before.isSame(after) && before.text() == after.text(), "\(before) came back as \(after)")
      }
    }
  }

  @Test func damagedRowsFailWithoutTraps() {
    var generator = SeededGenerator(9)
    let columns = Datum.everyType.indices.map { UInt32($0) }
    for _ in 0..<3000 {
      var bytes = RowEncoding.encode(Datum.everyType.map { .random($0, &generator) }, columns: columns)
      for _ in 0..<3 {
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8(truncatingIfNeeded: generator.next())
      }
      do { _ = try RowEncoding.decode(bytes, columns: columns) } catch { #expect(error.code == "XX001") }
    }
  }

  @Test(arguments: Datum.everyType)
  func binaryFormComesBack(_ type: SQLType) throws {
    var generator = SeededGenerator(10)
    for _ in 0..<500 {
      let value = Datum.random(type, &generator)
      var bytes: [UInt8] = []
      BinaryFormat.append(value, type: type, to: &bytes)
      let back = try BinaryFormat.parse(bytes, as: type)
      #expect(back.isSame(value) && back.text() == value.text(), "\(value) came back as \(back)")
    }
  }

  @Test func binaryFormsOfTheWire() throws {
    func bytes(_ value: Datum, _ type: SQLType) -> [UInt8] {
      var bytes: [UInt8] = []
      BinaryFormat.append(value, type: type, to: &bytes)
      return bytes
    }
    #expect(bytes(.integer(-2), .integer) == [0xFF, 0xFF, 0xFF, 0xFE])
    #expect(bytes(.bigint(5), .oid) == [0, 0, 0, 5])
    #expect(
      bytes(.numeric(Numeric(coefficient: -1_234_567, scale: 2)), .unconstrainedNumeric)
        == [0, 3, 0, 1, 0x40, 0, 0, 2, 0, 1, 0x09, 0x29, 0x1A, 0x2C])
    #expect(bytes(.double(1.5), .double) == [0x3F, 0xF8, 0, 0, 0, 0, 0, 0])
    #expect(throws: SQLError.self) { try BinaryFormat.parse([1, 2, 3] as [UInt8], as: .integer) }
    #expect(throws: SQLError.self) { try BinaryFormat.parse([0xFF] as [UInt8], as: .text) }
    #expect(throws: SQLError.self) {
      try BinaryFormat.parse([0, 5, 0, 0, 0, 0, 0, 0] as [UInt8], as: .unconstrainedNumeric)
    }
  }

  @Test(arguments: Datum.everyType)
  func textFormComesBack(_ type: SQLType) throws {
    var generator = SeededGenerator(12)
    for _ in 0..<500 {
      let value = Datum.random(type, &generator)
      let back = try TextFormat.parse(value.text(), as: type, InputContext())
      #expect(back.isSame(value), "\(value) came back as \(back) through \(value.text())")
    }
  }
}
