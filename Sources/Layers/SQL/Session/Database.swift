/// What all sessions of a node share: the store, the catalogue cache and the limits.
public import RoostStore
import RoostRelational

public final class Database: Sendable {
  public let store: any TransactionBackend
  public let options: DatabaseOptions

  public init(store: any TransactionBackend, options: DatabaseOptions) {
    self.store = store
    self.options = options
  }
}
