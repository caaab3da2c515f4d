import RoostBase
import RoostStore

/// Where SQL's data lies in the key space.
///
/// ```
/// 01 53 | object (4 bytes, big-endian) | key …
/// │  │
/// │  └ layer: 'S', SQL
/// └ tenant 1
/// ```
///
/// | object | key | value |
/// |---|---|---|
/// | 0, the catalogue | `v` | catalogue version: 8 bytes, big-endian |
/// | | `o` | next object id: 8 bytes |
/// | | `t` + table's OID | table descriptor (`DescriptorCoding`) |
/// | | `r` + storage id | next free row id or sequence value: 8 bytes |
/// | | `g` + storage id | empty: rows of a dropped object that wait to be removed |
/// | storage id of a table | primary key columns, memcomparable, or a row id (8 bytes, big-endian) | the row |
/// | storage id of an index | index columns, memcomparable, then (unless unique and without nulls) the row's key | the
/// row's key |
///
/// Example: the row with id 7 of the table with storage id 16384 has the key `01 53 00004000 0000000000000007`.
/// A row's key without its first six bytes is its *locator*: it is what index entries hold.
enum KeyLayout {
  static let tenant: UInt8 = 0x01
  static let layer: UInt8 = UInt8(ascii: "S")
  static let catalogueObject: UInt32 = 0
  /// The bytes before a locator.
  static let prefixLength = 6

  static func prefix(_ object: UInt32) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    append(prefix: object, to: &bytes)
    return bytes
  }

  static func append(prefix object: UInt32, to bytes: inout [UInt8]) {
    bytes.append(tenant)
    bytes.append(layer)
    bytes.append(bigEndian: object)
  }

  /// All keys of an object.
  static func range(_ object: UInt32) -> KeyRange { KeyRange(prefix: Key(prefix(object))) }

  static func key(_ object: UInt32, locator: [UInt8]) -> Key {
    var bytes = prefix(object)
    bytes.append(contentsOf: locator)
    return Key(bytes)
  }

  /// A row id, a counter or a version as bytes.
  static func bigEndian(_ value: UInt64) -> [UInt8] { [UInt8](bigEndian: value) }

  /// Eight bytes as a number; nil for any other length.
  static func number(_ bytes: [UInt8]) -> UInt64? {
    guard bytes.count == 8 else { return nil }
    return UInt64(bigEndianBytes: bytes)
  }

  // MARK: The catalogue's keys

  static let catalogueVersion = Key(prefix(catalogueObject) + [UInt8(ascii: "v")])
  static let nextObject = Key(prefix(catalogueObject) + [UInt8(ascii: "o")])
  static let tables = KeyRange(prefix: Key(prefix(catalogueObject) + [UInt8(ascii: "t")]))
  static let garbage = KeyRange(prefix: Key(prefix(catalogueObject) + [UInt8(ascii: "g")]))

  static func table(_ oid: UInt32) -> Key { catalogueKey("t", oid) }
  static func counter(_ storage: UInt32) -> Key { catalogueKey("r", storage) }
  static func garbage(_ storage: UInt32) -> Key { catalogueKey("g", storage) }

  private static func catalogueKey(_ kind: Unicode.Scalar, _ number: UInt32) -> Key {
    var bytes = prefix(catalogueObject)
    bytes.append(UInt8(ascii: kind))
    bytes.append(bigEndian: number)
    return Key(bytes)
  }
}
