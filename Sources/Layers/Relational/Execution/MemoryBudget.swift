public import RoostPlatform

/// An estimate of the memory one statement's operators hold, with a limit of its own and within the node's.
///
/// The node is asked in grains, so that a statement which holds little costs nobody anything.
public final class MemoryBudget: @unchecked Sendable {
  // Used by the statement's task only.

  public static let defaultLimit = 64 << 20
  /// What a value or a row costs beyond the estimate of its bytes: the allocator's own, and rows that are held twice for
  /// a moment, as in a sort. Resident bytes per ten estimated ones: an assumption.
  private static let residentTenths = 15

  public let limit: Int
  public private(set) var used = 0
  /// Bytes of large values that are on their way through the plan.
  private var passing = 0
  /// Bytes of large values that expressions are building, and the largest of them.
  private var building = 0
  private var largestBuilt = 0
  private var reservation: MemoryReservation
  private let account: MemoryAccount?

  /// - Parameter account: What the node gives to all statements together; nil is without limit.
  public init(limit: Int = MemoryBudget.defaultLimit, account: MemoryAccount? = nil) {
    self.limit = limit
    self.account = account
    reservation = MemoryReservation(account)
  }

  /// Takes `bytes`; fails with 53200 when the statement would hold more than its limit, or all statements of the node
  /// more than is left.
  public func take(_ bytes: Int) throws(SQLError) {
    used += bytes
    if used > limit {
      used -= bytes
      throw SQLError(
        "53200", "the statement needs more memory than its limit of \(limit >> 20) MiB",
        detail: "Sorts, joins, groupings and materialised subqueries hold their rows in memory.",
        hint: "Select fewer rows or columns, or add an index that makes the sort or join unnecessary.")
    }
    guard cover() else {
      used -= bytes
      throw .outOfNodeMemory("for the rows of a statement", limit: account?.nodeLimit ?? 0)
    }
  }

  public func release(_ bytes: Int) {
    used -= bytes
    // Less is always there.
    _ = cover()
  }

  /// Takes the bytes of large values in a batch on its way from one operator to the next. They count against the node
  /// only: a batch is gone soon, and what is kept of it is taken again.
  func pass(_ bytes: Int) throws(SQLError) {
    passing += bytes
    guard cover() else {
      passing -= bytes
      throw .outOfNodeMemory("for a value", limit: account?.nodeLimit ?? 0)
    }
  }

  func passed(_ bytes: Int) {
    passing -= bytes
    _ = cover()
  }

  /// Large values that one evaluation is taken to hold at once: arguments, results, and the copies between them.
  private static let builtAtOnce = 4

  /// Takes the memory of a large value before an expression builds it. It counts against the node until ``settle()``.
  func build(_ bytes: Int) throws(SQLError) {
    let before = building
    largestBuilt = max(largestBuilt, bytes)
    building = min(building + bytes, largestBuilt * Self.builtAtOnce)
    guard cover() else {
      building = before
      throw .outOfNodeMemory("for a value of \(bytes) bytes", limit: account?.nodeLimit ?? 0)
    }
  }

  /// What was built is gone, or counted by whoever keeps it.
  @inline(__always)
  func settle() {
    if building > 0 { settleBuilt() }
  }

  private func settleBuilt() {
    building = 0
    largestBuilt = 0
    _ = cover()
  }

  private func cover() -> Bool { reservation.cover(used / 10 * Self.residentTenths + passing + building) }
}

extension SQLError {
  /// All sessions and clients together have used up the memory of the node.
  public static func outOfNodeMemory(_ what: String, limit: Int) -> SQLError {
    SQLError(
      "53200", "out of memory \(what)",
      detail: "The sessions and clients of this node together have used up what it may use: \(limit >> 20) MiB.",
      hint: "Try again when other statements are done, use another node, or give this one more memory (--memory).")
  }
}

extension Datum {
  /// The bytes of a large value, zero for others: what is worth counting while it only passes by.
  @inlinable public var largeBytes: Int {
    let count: Int
    switch self {
    case .text(let text): count = text.utf8.count
    case .bytea(let bytes): count = bytes.count
    default: return 0
    }
    return count > PassingValues.ordinaryBytes ? count : 0
  }
}

/// Large values of the batch that an operator has made last: they are taken to be gone when it is asked for the next.
public struct PassingValues {
  /// Values up to here are not counted.
  public static let ordinaryBytes = 32 << 10
  /// A batch with so many bytes of large values goes on although it has few rows.
  static let batchBytes = 4 << 20

  private let budget: MemoryBudget
  private(set) var bytes = 0

  public init(_ budget: MemoryBudget) { self.budget = budget }

  /// Whether the batch should go on as it is.
  public var isEnough: Bool { bytes >= Self.batchBytes }

  mutating func add(_ row: Row) throws(SQLError) {
    var large = 0
    for value in row { large += value.largeBytes }
    try add(bytes: large)
  }

  /// Takes `large` bytes of values until ``clear()``; fails with 53200 when the node has no room for them.
  public mutating func add(bytes large: Int) throws(SQLError) {
    guard large > 0 else { return }
    budget.settle()
    try budget.pass(large)
    bytes += large
  }

  public mutating func clear() {
    guard bytes > 0 else { return }
    budget.passed(bytes)
    bytes = 0
  }
}
