import RoostPlatform
import RoostRelational
import RoostStore

/// The transaction a session is in: a block, or the implicit one of a batch.
final class OpenTransaction {
  /// A statement that ran in an implicit transaction: what running the transaction again takes.
  struct Executed {
    var compiled: CompiledStatement
    var parameters: [Datum]
    var tag: String
  }

  /// More are not remembered; such a transaction is not run again by itself.
  static let maximumExecuted = 1_000
  /// Nor what takes more bytes.
  static let maximumExecutedBytes = 16 << 20

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
  /// Whether it begins with a view that is known to be current, because one that wasn't has failed.
  var needsConfirmedView = false
  /// Settings to go back to when the transaction fails, and those that SET LOCAL hides.
  let settings: Settings
  var hasLocalSettings = false
  var afterLocal: Settings?

  private(set) var executed: [Executed] = []
  private var executedBytes = 0
  /// What they have drawn from the node's memory.
  private var memory: MemoryReservation
  /// Whether the client has seen rows, or too much was done to do it again.
  private(set) var isFinal = false

  init(isImplicit: Bool, startTime: Int64, settings: Settings, memory: NodeMemory?) {
    self.isImplicit = isImplicit
    self.startTime = startTime
    self.settings = settings
    self.memory = MemoryReservation(memory?.messages)
  }

  /// It is not run again by itself, whatever becomes of it.
  func becomeFinal() {
    if isFinal { return }
    isFinal = true
    forgetExecuted()
  }

  func forgetExecuted() {
    if executed.isEmpty { return }
    executed = []
    executedBytes = 0
    memory.coverRegardless(0)
  }

  func remember(_ portal: Portal, tag: String) {
    guard isImplicit, !isFinal else { return }
    var bytes = executedBytes + portal.parameters.estimatedRowSize
    // A statement that is executed again and again is held once.
    if portal.compiled !== executed.last?.compiled { bytes += portal.compiled.source.estimatedSize }
    guard executed.count < Self.maximumExecuted, bytes <= Self.maximumExecutedBytes, memory.cover(bytes) else {
      becomeFinal()
      return
    }
    executedBytes = bytes
    executed.append(Executed(compiled: portal.compiled, parameters: portal.parameters, tag: tag))
  }
}
