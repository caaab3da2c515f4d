import RoostRelational
public import RoostStore
import Synchronization

/// What all sessions of a node share: the store, the catalogue as last read, row numbers and limits.
public final class Database: Sendable {
  /// SQL's part of the key space; see `KeyLayout`.
  public static let keySpace = KeySpaceDeclaration(
    owner: "SQL", prefix: [KeyLayout.tenant, KeyLayout.layer], pinnedKeys: [KeyLayout.catalogueVersion])

  public let store: any TransactionBackend
  public let options: DatabaseOptions
  let functions: FunctionCatalogue
  let rowNumbers: RowNumbers
  private let cached = Mutex<Catalogue>(.empty)
  private let sessions = Atomic<UInt64>(0)

  public init(store: any TransactionBackend, options: DatabaseOptions) {
    self.store = store
    self.options = options
    rowNumbers = RowNumbers(store: store)
    functions = SessionFunctions.extended(.builtin)
  }

  func nextSessionNumber() -> UInt64 { sessions.add(1, ordering: .relaxed).newValue }

  /// The catalogue as any session of the node has read it last.
  var knownCatalogue: Catalogue { cached.withLock { $0 } }

  var knownCatalogueVersion: UInt64 { cached.withLock { $0.version } }

  /// Definitions were changed by this node: nobody relies on the old ones without looking.
  func forgetCatalogue() { cached.withLock { $0 = .empty } }

  /// The catalogue as the transaction sees it. Reading its version is validated at commit, so that a change of
  /// definitions and whatever relies on the old ones can't both commit.
  func catalogue(_ transaction: Transaction) async throws(SQLError) -> Catalogue {
    let version = try await transaction.value(of: KeyLayout.catalogueVersion).flatMap(KeyLayout.number) ?? 0
    let known = cached.withLock { $0 }
    if known.version == version { return known }
    let loaded = try await Catalogue.load(transaction, version: version)
    // Others would rely on it without looking.
    if transaction.isUnconfirmed { return loaded }
    cached.withLock { if $0.version < version { $0 = loaded } }
    return loaded
  }
}
