/// The transaction a session is in: a block, or the implicit one of a batch.
import RoostRelational
import RoostStore

final class OpenTransaction {
  /// A statement that ran in an implicit transaction: what running the transaction again takes.
  struct Executed {
    var compiled: CompiledStatement
    var parameters: [Datum]
    var tag: String
  }

  /// More are not remembered; such a transaction is not run again by itself.
  static let maximumExecuted = 1_000

  var isImplicit: Bool
  /// What `now()` shows.
  let startTime: Int64
  /// Begun with the first statement that needs it.
  var store: Transaction?
  /// As this transaction sees it, its own definitions included.
  var catalogue: Catalogue?
  /// Whether this transaction changed the catalogue: then it is not shared.
  var hasDefinitions = false
  /// Whether objects were dropped whose rows must be removed after the commit.
  var leavesGarbage = false
  var isReadOnly = false
  /// Settings to go back to when the transaction fails, and those that SET LOCAL hides.
  let settings: Settings
  var hasLocalSettings = false
  var afterLocal: Settings?

  var executed: [Executed] = []
  /// Whether the client has seen rows, or too much was done to do it again.
  var isFinal = false

  init(isImplicit: Bool, startTime: Int64, settings: Settings) {
    self.isImplicit = isImplicit
    self.startTime = startTime
    self.settings = settings
  }

  func remember(_ portal: Portal, tag: String) {
    guard isImplicit, !isFinal else { return }
    guard executed.count < OpenTransaction.maximumExecuted else {
      isFinal = true
      executed = []
      return
    }
    executed.append(Executed(compiled: portal.compiled, parameters: portal.parameters, tag: tag))
  }
}
