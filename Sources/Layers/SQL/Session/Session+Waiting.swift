public import RoostRelational
public import RoostStore

extension CancellationFlag: RequestInterruption {}

/// Waiting for the store no longer than the statement may take.
extension Session {
  /// Begins a transaction in the store.
  func beginInStore(_ options: TransactionOptions) async throws(SQLError) -> Transaction {
    do throws(StoreError) {
      return try await database.store.begin(options)
    } catch {
      throw StoreErrorMapping.error(error, endedBy: cancellation.reason)
    }
  }

  /// Removes what was dropped. A cancellation ends the wait for that and not the removal, for the drop is committed.
  func collectGarbage() async {
    if await GarbageCollection(database, cancellation).run() { return }
    let rest = GarbageCollection(database)
    // Ended by its first failure, which the end of the store is.
    Task { await rest.run() }
  }

  /// The number of the wait for the store that the statement is in; nil if it waits for nothing. From any thread.
  public var storeWait: UInt64? { cancellation.wait }

  /// Cancels the statement if it is still in that wait. From any thread.
  public func cancel(storeWait: UInt64, _ reason: CancellationFlag.Reason) {
    cancellation.cancel(wait: storeWait, reason)
  }
}
