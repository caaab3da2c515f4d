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
    fresh.isReadOnly = settings.isReadOnlyByDefault
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
    let store = try await beginInStore(storeOptions)
    open.store = store
    return store
  }

  // MARK: Views that are confirmed by their commit

  /// What a change begins with. A view that its commit has to confirm will do for one that is the only statement of an implicit
  /// transaction and shows the client no rows: nothing is told of what was read before the commit has confirmed it. Each call
  /// counts for one change (see ``FirstViews``).
  func takeFirstView(_ statement: CompiledStatement) -> TransactionOptions.FirstView {
    guard commitComesNext, case .change(let plan) = statement.plan, !plan.returnsRows,
      statement.catalogueVersion != nil, !settings.isStale
    else { return .confirmed }
    if let transaction {
      guard transaction.isImplicit, transaction.store == nil, !transaction.needsConfirmedView else { return .confirmed }
    }
    return firstViews.next(bringsItsRows: plan.bringsItsRows, since: lastCommit)
  }

  /// Runs a change on a view that its commit will confirm. Where there is nothing to commit, the view is confirmed at once,
  /// and if it was too old the change is run again on a new one.
  func runUnconfirmed(
    _ statement: CompiledStatement, _ portal: Portal, on view: TransactionOptions.FirstView
  ) async throws(SQLError) {
    var options = storeOptions
    options.firstView = view
    let open = open()
    let store = try await beginInStore(options)
    open.store = store
    let failure: SQLError?
    do throws(SQLError) {
      try await change(statement, portal)
      if store.hasWrites || !store.isUnconfirmed { return }
      failure = nil
    } catch {
      guard store.isUnconfirmed, error.dependsOnData, !cancellation.isCancelled else { throw error }
      failure = error
    }
    if try await isCurrent(store) {
      if let failure { throw failure }
      return
    }
    firstViews.wasTooOld()
    store.rollback()
    (open.store, open.catalogue) = (nil, nil)
    try await change(statement, portal)
  }

  /// Before anything else is read in a transaction whose view only the commit would confirm.
  func confirmView() async throws(SQLError) {
    guard let open = transaction, let store = open.store, store.isUnconfirmed else { return }
    if try await isCurrent(store) { return }
    firstViews.wasTooOld()
    store.rollback()
    _ = try await runAgain(open)
  }

  private func isCurrent(_ store: Transaction) async throws(SQLError) -> Bool {
    do throws(StoreError) { return try await store.confirm() } catch {
      throw StoreErrorMapping.error(error, endedBy: cancellation.reason)
    }
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
        let isWritten = store.hasWrites
        let timestamp = try await store.commit()
        if isWritten { lastCommit = max(lastCommit, timestamp) }
      } catch {
        if store.isUnconfirmed, error == .conflict { firstViews.wasTooOld() }
        settings = open.settings
        throw StoreErrorMapping.error(error, endedBy: cancellation.reason)
      }
    }
    if let after = open.afterLocal { settings = after }
    if open.hasDefinitions {
      database.forgetCatalogue()
      firstViews.needOwnCommits()
    }
    if open.leavesGarbage { await collectGarbage() }
  }

  /// Commits an implicit transaction. After a conflict its statements are run again, unless the client has seen rows
  /// that might come out otherwise.
  ///
  /// - Returns: the tag of the last statement, if that was run again: it has not been told yet.
  func commitImplicit(_ open: OpenTransaction) async throws(SQLError) -> String? {
    var current = open
    var attempts = 1
    var tag: String?
    while true {
      do throws(SQLError) {
        try await commit(current)
        return tag
      } catch {
        guard error.isConflict, !open.isFinal, attempts < Session.maximumAttempts else { throw error }
      }
      attempts += 1
      (current, tag) = try await runAgain(open)
    }
  }

  /// Runs all that was done in an implicit transaction again, in a new one.
  ///
  /// - Returns: also the tag of the last statement, which may be another one than the first time.
  private func runAgain(_ open: OpenTransaction) async throws(SQLError) -> (OpenTransaction, tag: String?) {
    settings = open.settings
    let fresh = OpenTransaction(
      isImplicit: true, startTime: open.startTime, settings: open.settings, memory: database.options.memory)
    fresh.isReadOnly = open.isReadOnly
    fresh.needsConfirmedView = true
    transaction = fresh
    var tag: String?
    do throws(SQLError) {
      for (number, item) in open.executed.enumerated() {
        let portal = Portal(compiled: item.compiled, parameters: item.parameters)
        if portal.isLong, let placement { await placement.leaveLoop() }
        guard case .completed(let outcome) = try await run(portal, maxRows: 0, emit: { _ in }) else {
          throw StoreErrorMapping.error(.conflict)
        }
        tag = outcome
        // The client may have been told the tag: another one is a conflict that it must see.
        guard outcome == item.tag || (commitComesNext && number == open.executed.count - 1) else {
          throw StoreErrorMapping.error(.conflict)
        }
      }
    } catch {
      rollBack(fresh)
      throw error
    }
    return (fresh, tag)
  }
}
