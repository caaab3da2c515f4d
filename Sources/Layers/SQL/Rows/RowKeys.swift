import RoostRelational
import RoostStore

/// From rows to the keys of the row and of its index entries.
extension TableDescriptor {
  /// The locator of a clustered row: its key columns. Nil for tables whose rows lie under row ids.
  func clusteredLocator(_ row: Row) -> [UInt8]? {
    guard let clusteredKey else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(16 * clusteredKey.columns.count)
    appendKey(clusteredKey, row, to: &bytes)
    return bytes
  }

  func rowKey(_ locator: [UInt8]) -> Key {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(KeyLayout.prefixLength + locator.count)
    KeyLayout.append(prefix: storage, to: &bytes)
    bytes.append(contentsOf: locator)
    return Key(bytes)
  }

  func locator(_ key: Key) -> [UInt8] { Array(key.bytes.dropFirst(KeyLayout.prefixLength)) }

  func appendKey(_ index: IndexDescriptor, _ row: Row, to bytes: inout [UInt8]) {
    for id in index.columns {
      let position = positionByID[Int(id)]
      KeyEncoding.append(row[position], type: columns[position].type, to: &bytes)
    }
  }

  func hasNull(_ index: IndexDescriptor, _ row: Row) -> Bool {
    index.columns.contains { row[positionByID[Int($0)]].isNull }
  }

  /// The key of a row's entry in a secondary index. Unique entries end behind the columns, so that equal ones collide;
  /// with a null among the columns nothing collides.
  func entryKey(_ index: IndexDescriptor, _ row: Row, locator: [UInt8]) -> (key: Key, isUnique: Bool) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(KeyLayout.prefixLength + 16 * index.columns.count + locator.count)
    KeyLayout.append(prefix: index.storage, to: &bytes)
    appendKey(index, row, to: &bytes)
    if index.isUnique, !hasNull(index, row) { return (Key(bytes), true) }
    bytes.append(contentsOf: locator)
    return (Key(bytes), false)
  }

  func decode(_ value: [UInt8]) throws(SQLError) -> Row { try RowEncoding.decode(value, columns: columnNumbers) }

  func encode(_ row: Row) -> [UInt8] { RowEncoding.encode(row, columns: columnNumbers) }
}
