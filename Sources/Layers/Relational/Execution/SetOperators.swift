/// DISTINCT, INTERSECT and EXCEPT by hashing. UNION is `DistinctOperator` over `AppendOperator`.

/// Delivers each different row once, at its first appearance; nulls are equal to each other.
public final class DistinctOperator: Operator {
  private let input: Operator
  private let types: [SQLType]
  private let positions: [Int]?
  private let context: EvaluationContext
  private var seen: Set<DatumKey> = []
  private var held = 0

  /// `types` are the input's column types. With `positions` only these columns decide (DISTINCT ON).
  public init(_ input: Operator, types: [SQLType], on positions: [Int]? = nil, context: EvaluationContext) {
    self.input = input
    self.types = types
    self.positions = positions
    self.context = context
    super.init(columnCount: input.columnCount)
  }

  public override func open() async throws(SQLError) {
    release()
    try await input.open()
  }

  public override func next() async throws(SQLError) -> RowBatch? {
    while let batch = try await input.next() {
      try await context.statement.checkpoint()
      var fresh: [Row] = []
      for row in batch.rows {
        let key = DatumKey((positions ?? Array(row.indices)).map { row[$0].keyed(types[$0]) })
        if seen.insert(key).inserted {
          let size = key.estimatedSize + 16
          try context.statement.budget.take(size)
          held += size
          fresh.append(row)
        }
      }
      if !fresh.isEmpty { return RowBatch(fresh) }
    }
    return nil
  }

  public override func close() async {
    release()
    await input.close()
  }

  private func release() {
    context.statement.budget.release(held)
    held = 0
    seen = []
  }
}

/// INTERSECT and EXCEPT, with ALL or without.
public final class SetOperator: Operator {
  public enum Kind: Sendable { case intersect, except }

  private let left: Operator
  private let right: Operator
  private let kind: Kind
  private let keepsDuplicates: Bool
  private let types: [SQLType]
  private let context: EvaluationContext
  /// How often each row stands on the right side, less those that have met a left row.
  private var counts: [DatumKey: Int] = [:]
  private var delivered: Set<DatumKey> = []
  private var held = 0

  public init(
    _ left: Operator, _ right: Operator, _ kind: Kind, all: Bool, types: [SQLType], context: EvaluationContext
  ) {
    self.left = left
    self.right = right
    self.kind = kind
    keepsDuplicates = all
    self.types = types
    self.context = context
    super.init(columnCount: left.columnCount)
  }

  private func key(_ row: Row) -> DatumKey { DatumKey(row.indices.map { row[$0].keyed(types[$0]) }) }

  private func hold(_ key: DatumKey) throws(SQLError) {
    let size = key.estimatedSize + 24
    try context.statement.budget.take(size)
    held += size
  }

  public override func open() async throws(SQLError) {
    release()
    try await right.open()
    while let batch = try await right.next() {
      try await context.statement.checkpoint()
      for row in batch.rows {
        let key = key(row)
        if let count = counts[key] {
          counts[key] = count + 1
        } else {
          try hold(key)
          counts[key] = 1
        }
      }
    }
    await right.close()
    try await left.open()
  }

  public override func next() async throws(SQLError) -> RowBatch? {
    while let batch = try await left.next() {
      try await context.statement.checkpoint()
      var kept: [Row] = []
      for row in batch.rows where try isKept(key(row)) { kept.append(row) }
      if !kept.isEmpty { return RowBatch(kept) }
    }
    return nil
  }

  private func isKept(_ key: DatumKey) throws(SQLError) -> Bool {
    let count = counts[key] ?? 0
    if keepsDuplicates {
      if count > 0 { counts[key] = count - 1 }
      return (count > 0) == (kind == .intersect)
    }
    guard (count > 0) == (kind == .intersect), delivered.insert(key).inserted else { return false }
    try hold(key)
    return true
  }

  public override func close() async {
    release()
    await left.close()
    await right.close()
  }

  private func release() {
    context.statement.budget.release(held)
    held = 0
    counts = [:]
    delivered = []
  }
}
