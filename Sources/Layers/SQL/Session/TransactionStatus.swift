/// Where a session stands between statements, as ReadyForQuery reports it.
public enum TransactionStatus: UInt8, Sendable {
  /// No transaction block is open.
  case idle
  /// Inside a transaction block.
  case inTransaction
  /// Inside a transaction block that failed: only ROLLBACK (or COMMIT, which then rolls back) is accepted.
  case failed
}
