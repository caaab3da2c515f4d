/// One row: the values of its columns by position.
public typealias Row = [Datum]

/// Up to `RowBatch.capacity` rows on their way from one operator to the next. Never empty.
public struct RowBatch: Sendable {
  /// Rows an operator aims at; a scan may deliver fewer or a few more.
  public static let capacity = 256

  public var rows: [Row]

  @inlinable public init(_ rows: [Row]) { self.rows = rows }
}

/// A node of an executing plan, pulled by its consumer.
///
/// Life: `open()` once, `next()` until it returns nil, `close()`; after `close()` it may be opened again, as the plan
/// of a correlated subquery is for every outer row. `close()` is called also after an error and must be harmless when
/// called twice. An operator is used by one task. Subclasses outside this module are table scans, index lookups and
/// whatever else reads through a transaction.
open class Operator {
  /// Values in each row it delivers.
  public let columnCount: Int

  public init(columnCount: Int) { self.columnCount = columnCount }

  open func open() async throws(SQLError) {}
  /// The next rows; nil at the end, and then always nil until opened again.
  open func next() async throws(SQLError) -> RowBatch? { nil }
  open func close() async {}

  /// Runs the plan from open to close and returns all rows. For small results.
  public final func collect() async throws(SQLError) -> [Row] {
    var rows: [Row] = []
    do throws(SQLError) {
      try await open()
      while let batch = try await next() { rows += batch.rows }
    } catch {
      await close()
      throw error
    }
    await close()
    return rows
  }
}
