import Synchronization

/// The memory that a node may use: one pool from which everything draws whose size others decide, so that any number
/// of clients together can't make the system kill the process.
///
/// What is drawn is an estimate, and freed memory does not return to the system at once. So beside the sum of what was
/// drawn the pool looks at what the process really occupies: while that is above the budget, nothing large is given, and
/// the allocator is asked to return what it can.
///
/// Small things draw nothing: a statement's first ``MemoryAccount/grain``, messages and frames below it. They are what
/// `limit` leaves room for beside the pool.
public final class NodeMemory: Sendable {
  /// Sorts, joins, groups, and large values of statements.
  public let statements: MemoryAccount
  /// Messages from SQL clients, and rows that they have not read yet.
  public let messages: MemoryAccount
  /// What sessions have made of statements that may come again. They do without when there is no room.
  public let plans: MemoryAccount
  /// Frames from native clients and other nodes.
  public let frames: MemoryAccount
  /// Writes of open transactions.
  public let writes: MemoryAccount

  let pool: MemoryPool

  /// - Parameters:
  ///   - limit: Bytes that the process may occupy.
  ///   - resident: Bytes that it occupies now; nil where the system does not tell.
  ///   - reclaim: Returns freed memory to the system, and calls its argument when that is done. Called from any thread;
  ///     must not block.
  public init(
    limit: Int, resident: @escaping @Sendable () -> Int? = { nil },
    reclaim: @escaping @Sendable (_ done: @escaping @Sendable () -> Void) -> Void = { $0() }
  ) {
    pool = MemoryPool(limit: limit, resident: resident, reclaim: reclaim)
    statements = MemoryAccount("statements", pool, share: 1)
    messages = MemoryAccount("messages", pool, share: 0.5)
    plans = MemoryAccount("plans", pool, share: 0.125)
    frames = MemoryAccount("frames", pool, share: 0.5)
    writes = MemoryAccount("writes", pool, share: 0.75)
  }

  /// A pool that never refuses: for tests, tools and simulation.
  public static func unlimited() -> NodeMemory { NodeMemory(limit: .max) }

  /// Bytes that the process may occupy.
  public var limit: Int { pool.limit }
  /// Bytes that were drawn and not given back.
  public var used: Int { pool.used }
  /// Requests that were refused.
  public var refusals: Int { pool.refusals }

  /// Changes the limit: the machine or its control group has another amount of memory now.
  public func setLimit(_ limit: Int) { pool.setLimit(limit) }
}

/// What all accounts of a node draw from.
final class MemoryPool: Sendable {
  /// What the program itself, small requests and the allocator's own losses take of the limit.
  private static let overhead = 96 << 20

  private let limitBytes: Atomic<Int>
  private let usedBytes = Atomic(0)
  /// The most that was drawn at a time since freed memory was last returned to the system. What it exceeds the bytes in
  /// use by is free within the allocator, though the process still occupies it.
  private let highestBytes = Atomic(0)
  private let refusalCount = Atomic(0)
  private let resident: @Sendable () -> Int?
  private let reclaim: @Sendable (_ done: @escaping @Sendable () -> Void) -> Void

  init(
    limit: Int, resident: @escaping @Sendable () -> Int?,
    reclaim: @escaping @Sendable (_ done: @escaping @Sendable () -> Void) -> Void
  ) {
    limitBytes = Atomic(limit)
    self.resident = resident
    self.reclaim = reclaim
  }

  var limit: Int { limitBytes.load(ordering: .relaxed) }
  var used: Int { usedBytes.load(ordering: .relaxed) }
  var refusals: Int { refusalCount.load(ordering: .relaxed) }

  func setLimit(_ limit: Int) { limitBytes.store(limit, ordering: .relaxed) }

  /// Bytes that may be drawn in all: the limit without the overhead, and at least half of the limit.
  var capacity: Int {
    let limit = self.limit
    return max(limit - MemoryPool.overhead, limit / 2)
  }

  func take(_ bytes: Int) -> Bool {
    let total = usedBytes.wrappingAdd(bytes, ordering: .relaxed).newValue
    let isWithinCapacity = total <= capacity
    if isWithinCapacity, hasRoom(for: bytes, drawn: total) {
      _ = highestBytes.max(total, ordering: .relaxed)
      return true
    }
    usedBytes.wrappingSubtract(bytes, ordering: .relaxed)
    refusalCount.wrappingAdd(1, ordering: .relaxed)
    if isWithinCapacity { reclaim { [self] in highestBytes.store(used, ordering: .relaxed) } }
    return false
  }

  func takeRegardless(_ bytes: Int) {
    let total = usedBytes.wrappingAdd(bytes, ordering: .relaxed).newValue
    _ = highestBytes.max(total, ordering: .relaxed)
  }

  func give(_ bytes: Int) { usedBytes.wrappingSubtract(bytes, ordering: .relaxed) }

  /// Whether the process would stay within the limit in fact. What others have just given back counts as room: without
  /// that, one statement that fails for lack of memory would take all others with it.
  private func hasRoom(for bytes: Int, drawn total: Int) -> Bool {
    guard let occupied = resident() else { return true }
    if occupied <= limit - bytes { return true }
    let reusable = min(highestBytes.load(ordering: .relaxed) - (total - bytes), limit / 4)
    return occupied - max(0, reusable) <= limit - bytes
  }
}

/// A share of a node's memory for one purpose: no purpose can starve the others altogether.
public final class MemoryAccount: Sendable {
  /// Requests are made in multiples of it, so that small ones cost nothing.
  public static let grain = 256 << 10

  public let name: String
  private let pool: MemoryPool
  private let share: Double
  private let usedBytes = Atomic(0)

  init(_ name: String, _ pool: MemoryPool, share: Double) {
    self.name = name
    self.pool = pool
    self.share = share
  }

  /// Bytes that were drawn and not given back.
  public var used: Int { usedBytes.load(ordering: .relaxed) }
  /// What the whole node may use, for messages to users.
  public var nodeLimit: Int { pool.limit }

  /// Draws `bytes`, unless the account or the node would go beyond its limit.
  public func take(_ bytes: Int) -> Bool {
    let total = usedBytes.wrappingAdd(bytes, ordering: .relaxed).newValue
    if share >= 1 || Double(total) <= Double(pool.capacity) * share, pool.take(bytes) { return true }
    usedBytes.wrappingSubtract(bytes, ordering: .relaxed)
    return false
  }

  /// Draws `bytes` whether they are there or not: for what can't be refused. Others are refused the sooner.
  public func takeRegardless(_ bytes: Int) {
    usedBytes.wrappingAdd(bytes, ordering: .relaxed)
    pool.takeRegardless(bytes)
  }

  public func give(_ bytes: Int) {
    usedBytes.wrappingSubtract(bytes, ordering: .relaxed)
    pool.give(bytes)
  }
}

/// What one holder has drawn from an account, in whole grains; given back with it.
public struct MemoryReservation: ~Copyable {
  private let account: MemoryAccount?
  /// Bytes drawn.
  public private(set) var held = 0

  /// - Parameter account: nil draws nothing.
  public init(_ account: MemoryAccount?) { self.account = account }

  deinit { if held > 0 { account?.give(held) } }

  /// What the whole node may use, for messages to users.
  public var nodeLimit: Int { account?.nodeLimit ?? 0 }

  /// Makes the reservation cover `bytes`; the first grain is free. False if that can't be had, and then nothing changed.
  public mutating func cover(_ bytes: Int) -> Bool {
    guard let account else { return true }
    let wanted = MemoryReservation.grains(bytes)
    if wanted > held {
      guard account.take(wanted - held) else { return false }
    } else if wanted < held {
      account.give(held - wanted)
    }
    held = wanted
    return true
  }

  /// The same for what can't be refused.
  public mutating func coverRegardless(_ bytes: Int) {
    guard let account else { return }
    let wanted = MemoryReservation.grains(bytes)
    if wanted > held { account.takeRegardless(wanted - held) } else { account.give(held - wanted) }
    held = wanted
  }

  private static func grains(_ bytes: Int) -> Int {
    let grain = MemoryAccount.grain
    return bytes <= grain ? 0 : (bytes + grain - 1) / grain * grain
  }
}
