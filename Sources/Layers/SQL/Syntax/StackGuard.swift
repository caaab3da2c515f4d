import RoostRelational

/// Keeps recursive work over user input inside a fixed share of the stack, whatever the thread's own limit is.
///
/// Made where a recursive descent begins; ``enter()`` is called on each level. Both a level count and the real distance
/// on the stack are bounded: frames differ much between builds. Every level also counts as work, so that a statement can
/// be ended while it is parsed and planned.
struct StackGuard {
  static let maximumLevels = 1_000
  /// Operators of one precedence in a row. They are read in a loop, but make a tree this deep for whoever walks it.
  static let maximumChain = 400
  /// A share that leaves room on the smallest stack sessions run on (512 KiB).
  static let maximumBytes = 300 << 10

  /// What one level costs, in units of the pace.
  private static let work = 64

  /// Levels entered in all: what is written once may be meant many times.
  static let maximumEntries = 2_000_000

  private let base: UInt
  private let pace: EvaluationPace?
  private(set) var level = 0
  private var entries = 0

  init(_ pace: EvaluationPace? = nil) {
    base = StackGuard.stackAddress()
    self.pace = pace
  }

  static let error = SQLError(
    "54001", "stack depth limit exceeded",
    hint: "The statement is nested too deeply. Split it into simpler statements.")

  @inline(never)
  private static func stackAddress() -> UInt {
    var marker: UInt8 = 0
    return withUnsafeMutablePointer(to: &marker) { UInt(bitPattern: $0) }
  }

  /// Enters one level; to be paired with ``leave()``.
  mutating func enter() throws(SQLError) {
    level += 1
    entries += 1
    guard entries <= StackGuard.maximumEntries else {
      throw SQLError("54001", "statement too complex", hint: "Split it into simpler statements.")
    }
    let here = StackGuard.stackAddress()
    let distance = here < base ? base - here : here - base
    guard level <= StackGuard.maximumLevels, distance <= UInt(StackGuard.maximumBytes) else { throw StackGuard.error }
    try poll()
  }

  mutating func leave() { level -= 1 }

  /// Counts work that needs no level of its own.
  func poll(_ times: Int = 1) throws(SQLError) { try pace?.poll(work: times * StackGuard.work) }
}
