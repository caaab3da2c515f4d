import RoostBase
import RoostRelational

/// The binary form of table descriptors in the store.
///
/// Numbers are unsigned LEB128, texts and lists are preceded by their length; the first byte is the form's version.
/// What is read is checked: a damaged descriptor is an error, never a trap.
enum DescriptorCoding {
  private static let version: UInt8 = 1
  private static var damaged: SQLError { SQLError("XX001", "a table descriptor in the catalogue is damaged") }

  static func encode(_ table: TableDescriptor) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(UInt64(version))
    writer.write(UInt64(table.oid))
    writer.write(table.name)
    writer.write(UInt64(table.storage))
    writer.write(UInt64(table.nextColumnID))
    writer.writeList(table.columns) { writer, column in
      writer.write(UInt64(column.id))
      writer.write(column.name)
      writer.write(UInt64(column.type.oid))
      writer.write(UInt64(UInt32(bitPattern: column.type.typeModifier)))
      writer.write(column.isNotNull)
      writer.writeOptional(column.defaultText) { $0.write($1) }
      writer.writeOptional(column.sequence) { $0.write(UInt64($1)) }
    }
    writer.writeOptional(table.clusteredKey) { encode($1, &$0) }
    writer.writeList(table.indexes) { encode($1, &$0) }
    writer.writeList(table.checks) { writer, check in
      writer.write(check.name)
      writer.write(check.text)
    }
    writer.writeList(table.foreignKeys) { writer, key in
      writer.write(key.name)
      writer.writeList(key.columns) { $0.write(UInt64($1)) }
      writer.write(UInt64(key.table))
      writer.writeList(key.referenced) { $0.write(UInt64($1)) }
      writer.write(UInt64(key.onDelete.rawValue))
      writer.write(UInt64(key.onUpdate.rawValue))
    }
    return writer.bytes
  }

  private static func encode(_ index: IndexDescriptor, _ writer: inout ByteWriter) {
    writer.write(UInt64(index.oid))
    writer.write(UInt64(index.storage))
    writer.write(index.name)
    writer.writeList(index.columns) { $0.write(UInt64($1)) }
    writer.write(index.isUnique)
    writer.write(UInt64(index.role.rawValue))
  }

  static func decode(_ bytes: [UInt8]) throws(SQLError) -> TableDescriptor {
    do throws(DecodingFailure) { return try table(bytes) } catch { throw damaged }
  }

  private static func table(_ bytes: [UInt8]) throws(DecodingFailure) -> TableDescriptor {
    var reader = ByteReader(bytes)
    guard try reader.readVarint() == UInt64(version) else { throw DecodingFailure("an unknown version") }
    var content = TableDescriptor.Content(
      oid: try reader.readOID(), name: try reader.readString(), storage: try reader.readOID())
    content.nextColumnID = try reader.readColumnID()
    content.columns = try reader.readList { reader throws(DecodingFailure) in try column(&reader) }
    content.clusteredKey = try reader.readOptional { reader throws(DecodingFailure) in try index(&reader) }
    content.indexes = try reader.readList { reader throws(DecodingFailure) in try index(&reader) }
    content.checks = try reader.readList { reader throws(DecodingFailure) in
      CheckDescriptor(name: try reader.readString(), text: try reader.readString())
    }
    content.foreignKeys = try reader.readList { reader throws(DecodingFailure) in try foreignKey(&reader) }
    let known = Set(content.columns.map(\.id))
    let named = content.indexes.flatMap(\.columns) + (content.clusteredKey?.columns ?? [])
    guard known.isSuperset(of: named), known.allSatisfy({ $0 < content.nextColumnID }) else {
      throw DecodingFailure("a column that isn't there")
    }
    return TableDescriptor(content)
  }

  private static func column(_ reader: inout ByteReader) throws(DecodingFailure) -> ColumnDescriptor {
    let id = try reader.readColumnID()
    let name = try reader.readString()
    let oid = try reader.readOID()
    let modifier = Int32(bitPattern: try reader.readOID())
    guard let type = SQLType(oid: oid, typeModifier: modifier) else { throw DecodingFailure("an unknown type") }
    return ColumnDescriptor(
      id: id, name: name, type: type, isNotNull: try reader.readVarint() == 1,
      defaultText: try reader.readOptional { reader throws(DecodingFailure) in try reader.readString() },
      sequence: try reader.readOptional { reader throws(DecodingFailure) in try reader.readOID() })
  }

  private static func index(_ reader: inout ByteReader) throws(DecodingFailure) -> IndexDescriptor {
    let oid = try reader.readOID()
    let storage = try reader.readOID()
    let name = try reader.readString()
    let columns = try reader.readList { reader throws(DecodingFailure) in try reader.readColumnID() }
    let isUnique = try reader.readVarint() == 1
    guard let role = IndexDescriptor.Role(rawValue: try reader.readSmallNumber()) else {
      throw DecodingFailure("an unknown role of an index")
    }
    return IndexDescriptor(oid: oid, storage: storage, name: name, columns: columns, isUnique: isUnique, role: role)
  }

  private static func foreignKey(_ reader: inout ByteReader) throws(DecodingFailure) -> ForeignKeyDescriptor {
    let name = try reader.readString()
    let columns = try reader.readList { reader throws(DecodingFailure) in try reader.readColumnID() }
    let table = try reader.readOID()
    let referenced = try reader.readList { reader throws(DecodingFailure) in try reader.readColumnID() }
    guard let onDelete = ForeignKeyDescriptor.Action(rawValue: try reader.readSmallNumber()),
      let onUpdate = ForeignKeyDescriptor.Action(rawValue: try reader.readSmallNumber())
    else { throw DecodingFailure("an unknown action of a foreign key") }
    return ForeignKeyDescriptor(
      name: name, columns: columns, table: table, referenced: referenced, onDelete: onDelete, onUpdate: onUpdate)
  }
}

extension ByteWriter {
  fileprivate mutating func writeList<Element>(_ elements: [Element], _ write: (inout ByteWriter, Element) -> Void) {
    self.write(elements.count)
    for element in elements { write(&self, element) }
  }

  fileprivate mutating func writeOptional<Value>(_ value: Value?, _ write: (inout ByteWriter, Value) -> Void) {
    self.write(value != nil)
    if let value { write(&self, value) }
  }
}

extension ByteReader {
  fileprivate mutating func readOID() throws(DecodingFailure) -> UInt32 { try readNumber(UInt32.self) }
  fileprivate mutating func readColumnID() throws(DecodingFailure) -> UInt16 { try readNumber(UInt16.self) }
  fileprivate mutating func readSmallNumber() throws(DecodingFailure) -> UInt8 { try readNumber(UInt8.self) }

  private mutating func readNumber<Number: FixedWidthInteger>(
    _ type: Number.Type
  ) throws(DecodingFailure) -> Number {
    guard let number = Number(exactly: try readVarint()) else { throw DecodingFailure("a number that is too large") }
    return number
  }

  fileprivate mutating func readList<Element>(
    _ read: (inout ByteReader) throws(DecodingFailure) -> Element
  ) throws(DecodingFailure) -> [Element] {
    let count = try readCount()
    var result: [Element] = []
    for _ in 0..<count { result.append(try read(&self)) }
    return result
  }

  fileprivate mutating func readOptional<Value>(
    _ read: (inout ByteReader) throws(DecodingFailure) -> Value
  ) throws(DecodingFailure) -> Value? {
    try readVarint() == 1 ? try read(&self) : nil
  }
}
