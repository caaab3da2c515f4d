import RoostRelational
import RoostStore

/// Beginning, committing and running transactions again.
extension Session {
  /// How often an implicit transaction is run in all when it conflicts.
  static let maximumAttempts = 10

  /// The open transaction, or a new implicit one.
  func open() -> OpenTransaction {
    if let transaction { return transaction }
    let fresh = OpenTransaction(
      isImplicit: true, startTime: database.options.wallClock(), settings: settings,
      memory: database.options.memory)
    fresh.isReadOnly = settings.value("default_transaction_read_only") == "on"
    transaction = fresh
    return fresh
  }

  var storeOptions: TransactionOptions {
    TransactionOptions(
      readLevel: settings.isStale ? .stale : .linearizable, timeLimit: database.options.storeTimeLimit,
      interruption: cancellation)
  }

  /// The store's transaction, begun when it is first needed.
  func storeTransaction() async throws(SQLError) -> Transaction {
    let open = open()
    if let store = open.store { return store }
    let store = try await beginInStore()
    open.store = store
    return store
  }

  /// The catalogue as the open transaction sees it.
  func currentCatalogue() async throws(SQLError) -> Catalogue {
    let store = try await storeTransaction()
    let open = open()
    if let catalogue = open.catalogue { return catalogue }
    let catalogue = try await database.catalogue(store)
    open.catalogue = catalogue
    return catalogue
  }

  /// Error 25006 when the open transaction may not write.
  func checkWritable(_ command: String) throws(SQLError) {
    let open = open()
    if open.store?.options.readLevel == .stale || (open.store == nil && settings.isStale) {
      throw SQLError(
        "25006", "cannot execute \(command) in a read-only transaction",
        hint: "Reads at a stale level can't write. SET roost.read_level = linearizable.")
    }
    if open.isReadOnly { throw SQLError("25006", "cannot execute \(command) in a read-only transaction") }
  }

  // MARK: Control

  func control(_ control: TransactionControl) async throws(SQLError) -> String {
    switch control {
    case .begin(let mode, let isStart):
      if let open = transaction, !open.isImplicit {
        notify(.warning("25001", "there is already a transaction in progress"))
      } else {
        let open = open()
        open.isImplicit = false
        open.forgetExecuted()
      }
      try apply(mode)
      return isStart ? "START TRANSACTION" : "BEGIN"
    case .commit:
      if transaction?.isImplicit ?? true { notify(.warning("25P01", "there is no transaction in progress")) }
      guard let open = transaction else { return "COMMIT" }
      if isFailed {
        rollBack(open)
        return "ROLLBACK"
      }
      try await commit(open)
      return "COMMIT"
    case .rollback:
      if transaction?.isImplicit ?? true { notify(.warning("25P01", "there is no transaction in progress")) }
      if let open = transaction { rollBack(open) }
      return "ROLLBACK"
    case .savepoint(let command):
      throw SQLError("0A000", "\(command) is not supported", hint: "Use separate transactions.")
    }
  }

  func apply(_ mode: TransactionMode) throws(SQLError) {
    guard let open = transaction, let isReadOnly = mode.isReadOnly else { return }
    if open.isReadOnly, !isReadOnly, open.store != nil {
      throw SQLError("25001", "transaction read-write mode must be set before any query")
    }
    open.isReadOnly = isReadOnly
  }

  private func rollBack(_ open: OpenTransaction) {
    open.store?.rollback()
    settings = open.settings
    transaction = nil
    isFailed = false
  }

  /// Commits; whatever happens, the transaction is over.
  private func commit(_ open: OpenTransaction) async throws(SQLError) {
    transaction = nil
    isFailed = false
    if let store = open.store {
      do throws(StoreError) {
        try await store.commit()
      } catch {
        settings = open.settings
        throw StoreErrorMapping.error(error, endedBy: cancellation.reason)
      }
    }
    if let after = open.afterLocal { settings = after }
    if open.hasDefinitions { database.forgetCatalogue() }
    if open.leavesGarbage { await collectGarbage() }
  }

  /// Commits an implicit transaction. After a conflict its statements are run again, unless the client has seen rows
  /// that might come out otherwise.
  func commitImplicit(_ open: OpenTransaction) async throws(SQLError) {
    var current = open
    var attempts = 1
    while true {
      do throws(SQLError) {
        try await commit(current)
        return
      } catch {
        guard error.isConflict, !open.isFinal, attempts < Session.maximumAttempts else { throw error }
      }
      attempts += 1
      current = OpenTransaction(
        isImplicit: true, startTime: open.startTime, settings: open.settings, memory: database.options.memory)
      current.isReadOnly = open.isReadOnly
      transaction = current
      do throws(SQLError) {
        for item in open.executed {
          let portal = Portal(compiled: item.compiled, parameters: item.parameters)
          if portal.isLong, let placement { await placement.leaveLoop() }
          let outcome = try await run(portal, maxRows: 0) { _ in }
          // The client was told the tag already: another one is a conflict that it must see.
          guard outcome == .completed(tag: item.tag) else { throw StoreErrorMapping.error(.conflict) }
        }
      } catch {
        rollBack(current)
        throw error
      }
    }
  }
}
