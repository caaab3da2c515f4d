import RoostRelational

/// The binary form of table descriptors in the store.
///
/// Numbers are unsigned LEB128, texts and lists are preceded by their length; the first byte is the form's version.
/// What is read is checked: a damaged descriptor is an error, never a trap.
enum DescriptorCoding {
  private static let version: UInt8 = 1

  static func encode(_ table: TableDescriptor) -> [UInt8] {
    var writer = DescriptorWriter()
    writer.number(UInt64(version))
    writer.number(UInt64(table.oid))
    writer.text(table.name)
    writer.number(UInt64(table.storage))
    writer.number(UInt64(table.nextColumnID))
    writer.list(table.columns) { writer, column in
      writer.number(UInt64(column.id))
      writer.text(column.name)
      writer.number(UInt64(column.type.oid))
      writer.number(UInt64(UInt32(bitPattern: column.type.typeModifier)))
      writer.number(column.isNotNull ? 1 : 0)
      writer.optional(column.defaultText) { $0.text($1) }
      writer.optional(column.sequence) { $0.number(UInt64($1)) }
    }
    writer.optional(table.clusteredKey) { encode($1, &$0) }
    writer.list(table.indexes) { encode($1, &$0) }
    writer.list(table.checks) { writer, check in
      writer.text(check.name)
      writer.text(check.text)
    }
    writer.list(table.foreignKeys) { writer, key in
      writer.text(key.name)
      writer.list(key.columns) { $0.number(UInt64($1)) }
      writer.number(UInt64(key.table))
      writer.list(key.referenced) { $0.number(UInt64($1)) }
      writer.number(UInt64(key.onDelete.rawValue))
      writer.number(UInt64(key.onUpdate.rawValue))
    }
    return writer.bytes
  }

  private static func encode(_ index: IndexDescriptor, _ writer: inout DescriptorWriter) {
    writer.number(UInt64(index.oid))
    writer.number(UInt64(index.storage))
    writer.text(index.name)
    writer.list(index.columns) { $0.number(UInt64($1)) }
    writer.number(index.isUnique ? 1 : 0)
    writer.number(UInt64(index.role.rawValue))
  }

  static func decode(_ bytes: [UInt8]) throws(SQLError) -> TableDescriptor {
    var reader = DescriptorReader(bytes)
    guard try reader.number() == UInt64(version) else { throw DescriptorReader.damaged }
    var content = TableDescriptor.Content(
      oid: try reader.oid(), name: try reader.text(), storage: try reader.oid())
    content.nextColumnID = try reader.columnID()
    content.columns = try reader.list { reader throws(SQLError) in try column(&reader) }
    content.clusteredKey = try reader.optional { reader throws(SQLError) in try index(&reader) }
    content.indexes = try reader.list { reader throws(SQLError) in try index(&reader) }
    content.checks = try reader.list { reader throws(SQLError) in
      CheckDescriptor(name: try reader.text(), text: try reader.text())
    }
    content.foreignKeys = try reader.list { reader throws(SQLError) in try foreignKey(&reader) }
    let known = Set(content.columns.map(\.id))
    let named = content.indexes.flatMap(\.columns) + (content.clusteredKey?.columns ?? [])
    guard known.isSuperset(of: named), known.allSatisfy({ $0 < content.nextColumnID }) else {
      throw DescriptorReader.damaged
    }
    return TableDescriptor(content)
  }

  private static func column(_ reader: inout DescriptorReader) throws(SQLError) -> ColumnDescriptor {
    let id = try reader.columnID()
    let name = try reader.text()
    let oid = try reader.oid()
    let modifier = Int32(bitPattern: try reader.oid())
    guard let type = SQLType(oid: oid, typeModifier: modifier) else { throw DescriptorReader.damaged }
    return ColumnDescriptor(
      id: id, name: name, type: type, isNotNull: try reader.number() == 1,
      defaultText: try reader.optional { reader throws(SQLError) in try reader.text() },
      sequence: try reader.optional { reader throws(SQLError) in try reader.oid() })
  }

  private static func index(_ reader: inout DescriptorReader) throws(SQLError) -> IndexDescriptor {
    let oid = try reader.oid()
    let storage = try reader.oid()
    let name = try reader.text()
    let columns = try reader.list { reader throws(SQLError) in try reader.columnID() }
    let isUnique = try reader.number() == 1
    guard let role = IndexDescriptor.Role(rawValue: try reader.byte()) else { throw DescriptorReader.damaged }
    return IndexDescriptor(oid: oid, storage: storage, name: name, columns: columns, isUnique: isUnique, role: role)
  }

  private static func foreignKey(_ reader: inout DescriptorReader) throws(SQLError) -> ForeignKeyDescriptor {
    let name = try reader.text()
    let columns = try reader.list { reader throws(SQLError) in try reader.columnID() }
    let table = try reader.oid()
    let referenced = try reader.list { reader throws(SQLError) in try reader.columnID() }
    guard let onDelete = ForeignKeyDescriptor.Action(rawValue: try reader.byte()),
      let onUpdate = ForeignKeyDescriptor.Action(rawValue: try reader.byte())
    else { throw DescriptorReader.damaged }
    return ForeignKeyDescriptor(
      name: name, columns: columns, table: table, referenced: referenced, onDelete: onDelete, onUpdate: onUpdate)
  }
}

struct DescriptorWriter {
  private(set) var bytes: [UInt8] = []

  mutating func number(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: value))
  }

  mutating func text(_ value: String) {
    number(UInt64(value.utf8.count))
    bytes.append(contentsOf: value.utf8)
  }

  mutating func list<Element>(_ elements: [Element], _ write: (inout DescriptorWriter, Element) -> Void) {
    number(UInt64(elements.count))
    for element in elements { write(&self, element) }
  }

  mutating func optional<Value>(_ value: Value?, _ write: (inout DescriptorWriter, Value) -> Void) {
    number(value == nil ? 0 : 1)
    if let value { write(&self, value) }
  }
}

struct DescriptorReader {
  private let bytes: [UInt8]
  private var offset = 0

  static let damaged = SQLError("XX001", "a table descriptor in the catalogue is damaged")

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func number() throws(SQLError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), through: 63, by: 7) {
      guard offset < bytes.count else { throw Self.damaged }
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw Self.damaged
  }

  mutating func oid() throws(SQLError) -> UInt32 {
    guard let value = UInt32(exactly: try number()) else { throw Self.damaged }
    return value
  }

  mutating func columnID() throws(SQLError) -> UInt16 {
    guard let value = UInt16(exactly: try number()) else { throw Self.damaged }
    return value
  }

  mutating func byte() throws(SQLError) -> UInt8 {
    guard let value = UInt8(exactly: try number()) else { throw Self.damaged }
    return value
  }

  mutating func text() throws(SQLError) -> String {
    guard let length = Int(exactly: try number()), length <= bytes.count - offset,
      let text = String(validating: bytes[offset..<(offset + length)], as: UTF8.self)
    else { throw Self.damaged }
    offset += length
    return text
  }

  mutating func list<Element>(
    _ read: (inout DescriptorReader) throws(SQLError) -> Element
  ) throws(SQLError) -> [Element] {
    guard let count = Int(exactly: try number()), count <= bytes.count - offset else { throw Self.damaged }
    var result: [Element] = []
    for _ in 0..<count { result.append(try read(&self)) }
    return result
  }

  mutating func optional<Value>(
    _ read: (inout DescriptorReader) throws(SQLError) -> Value
  ) throws(SQLError) -> Value? {
    try number() == 1 ? try read(&self) : nil
  }
}
