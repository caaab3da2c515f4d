import RoostRelational
import RoostStore

/// DDL inside a transaction: reads the catalogue, writes changed descriptors, validates and moves rows.
///
/// Every definition statement raises the catalogue's version, which all other transactions have read: so one of two
/// concurrent ones, or a statement that relied on the old definitions, gets a conflict and is run again.
final class DefinitionExecution {
  let session: Session
  let transaction: Transaction
  /// As changed so far.
  var catalogue: Catalogue
  /// Whether objects were dropped.
  var leavesGarbage = false
  let statement: StatementContext
  /// Whether the statement only removes something: what it writes is taken even when the disk is full.
  private var isRemoval = false

  init(session: Session, transaction: Transaction, catalogue: Catalogue) {
    self.session = session
    statement = session.statementContext([])
    self.transaction = transaction
    self.catalogue = catalogue
  }

  /// Versions of catalogues that are not committed: unlike any in the store, and never the same twice.
  private static func localVersion(_ session: Session) -> UInt64 {
    session.localDefinitions += 1
    return UInt64.max - session.localDefinitions
  }

  // MARK: Writing

  func put(_ key: Key, _ value: [UInt8]) throws(SQLError) {
    try StoreErrorMapping.run { () throws(StoreError) in
      if isRemoval { try transaction.putForRemoval(key, value) } else { try transaction.put(key, value) }
    }
  }

  /// A number for a new object: OIDs and storage ids come from one counter.
  func nextObject() async throws(SQLError) -> UInt32 {
    let next = try await transaction.value(of: KeyLayout.nextObject).flatMap(KeyLayout.number) ?? 16_384
    guard next < UInt64(UInt32.max) else { throw SQLError("54000", "too many objects") }
    try put(KeyLayout.nextObject, KeyLayout.bigEndian(next + 1))
    return UInt32(next)
  }

  /// Writes new and changed tables, removes dropped ones, and makes the result this transaction's catalogue.
  func commit(changed: [TableDescriptor] = [], dropped: [TableDescriptor] = []) async throws(SQLError) {
    let version = try await transaction.value(of: KeyLayout.catalogueVersion).flatMap(KeyLayout.number) ?? 0
    try put(KeyLayout.catalogueVersion, KeyLayout.bigEndian(version + 1))
    for table in dropped { try transaction.remove(KeyLayout.table(table.oid)) }
    for table in changed { try put(KeyLayout.table(table.oid), DescriptorCoding.encode(table)) }
    let replaced = Set((changed + dropped).map(\.oid))
    let tables = catalogue.tables.filter { !replaced.contains($0.oid) } + changed
    catalogue = Catalogue(version: DefinitionExecution.localVersion(session), tables: tables)
  }

  /// Leaves an object's rows to be removed after the commit.
  func abandon(_ storage: UInt32) throws(SQLError) {
    leavesGarbage = true
    try put(KeyLayout.garbage(storage), [])
  }

  // MARK: Rows

  /// Calls `body` with every row of a table, as it was before.
  func forEachRow(
    of table: TableDescriptor, _ body: (Row, [UInt8]) throws(SQLError) -> Void
  ) async throws(SQLError) {
    let scan = try transaction.pairs(of: KeyLayout.range(table.storage))
    while case let pairs = try await scan.nextPairs(), !pairs.isEmpty {
      try await statement.checkpoint()
      for pair in pairs { try body(try table.decode(pair.value), table.locator(pair.key)) }
    }
  }

  func context() -> EvaluationContext { EvaluationContext(statement) }

  func binder() -> (Binder, Planner) {
    let checker = TypeChecker(
      catalogue: session.database.functions,
      input: InputContext(timeZone: session.settings.timeZone, now: session.open().startTime))
    return (Binder(catalogue: catalogue, checker: checker), Planner(constants: context()))
  }

  /// An object name that no relation has yet: PostgreSQL's `table_column_suffix`, numbered when taken.
  func freeName(_ base: String, taken: Set<String>) -> String {
    var name = base
    var number = 0
    while taken.contains(name) || catalogue.hasRelation(name) {
      number += 1
      name = base + String(number)
    }
    return name
  }

  // MARK: Dispatch

  /// Runs the statement and returns its tag.
  func run(_ statement: SyntaxStatement) async throws(SQLError) -> String {
    isRemoval = statement.isRemoval
    switch statement {
    case .createTable(let create):
      try await createTable(create)
      return "CREATE TABLE"
    case .dropTable(let drop):
      try await dropTables(drop)
      return "DROP TABLE"
    case .alterTable(let alter):
      try await alterTable(alter)
      return "ALTER TABLE"
    case .createIndex(let create):
      try await createIndex(create)
      return "CREATE INDEX"
    case .dropIndex(let drop):
      try await dropIndexes(drop)
      return "DROP INDEX"
    case .truncate(let names):
      try await truncate(names)
      return "TRUNCATE TABLE"
    default: throw SQLError("XX000", "not a definition")
    }
  }
}

extension Session {
  /// Runs a definition statement in the open transaction.
  func define(_ statement: SyntaxStatement) async throws(SQLError) -> String {
    try checkWritable(statement.definitionName)
    // Definitions are rare and may walk whole tables: they needn't begin on the loop.
    await placement?.leaveLoop()
    let store = try await storeTransaction()
    let execution = DefinitionExecution(
      session: self, transaction: store, catalogue: try await currentCatalogue())
    let tag = try await execution.run(statement)
    let open = open()
    if execution.catalogue !== open.catalogue {
      open.catalogue = execution.catalogue
      open.hasDefinitions = true
    }
    if execution.leavesGarbage { open.leavesGarbage = true }
    return tag
  }
}

extension SyntaxStatement {
  /// Whether all it does is to take rows or definitions away.
  fileprivate var isRemoval: Bool {
    switch self {
    case .dropTable, .dropIndex, .truncate: true
    default: false
    }
  }

  fileprivate var definitionName: String {
    switch self {
    case .createTable: "CREATE TABLE"
    case .dropTable: "DROP TABLE"
    case .alterTable: "ALTER TABLE"
    case .createIndex: "CREATE INDEX"
    case .dropIndex: "DROP INDEX"
    default: "TRUNCATE TABLE"
    }
  }
}
