public import RoostRelational

/// What a client learns about a column of a result.
public struct ResultColumn: Sendable, Hashable {
  public var name: String
  public var type: SQLType
  /// The table the column comes from; 0 when it is computed.
  public var tableOID: UInt32
  /// The column's number in that table; 0 when it is computed.
  public var columnNumber: Int16

  public init(name: String, type: SQLType, tableOID: UInt32 = 0, columnNumber: Int16 = 0) {
    self.name = name
    self.type = type
    self.tableOID = tableOID
    self.columnNumber = columnNumber
  }
}
