/// When to dial a node: one attempt at a time, the waits between them growing from failure to failure.
///
///     idle ─start→ dialling ─established→ connected ─lost→ waiting ─due→ dialling …
///                     └──────────failed──────────────────────↑
///
/// A connection that is lost before it has proved itself counts as a failure, so that one that is accepted and
/// closed in a circle is not dialled at full speed. Every attempt has a number; what is reported of an earlier one
/// than the present changes nothing.
struct DialMachine {
  private enum State: Equatable {
    case idle
    case dialling
    case connected
    case waiting
  }

  enum Action: Equatable {
    case none
    case dial(attempt: UInt64)
    case wait(Duration, attempt: UInt64)
  }

  private var state = State.idle
  private(set) var attempt: UInt64 = 0
  /// Failures since the last connection that proved itself.
  private var failures = 0
  private let minimum: Duration
  private let maximum: Duration
  private var random: SplitMix64

  init(minimum: Duration, maximum: Duration, seed: UInt64) {
    self.minimum = minimum
    self.maximum = maximum
    self.random = SplitMix64(state: seed)
  }

  var isConnected: Bool { state == .connected }

  /// The node's address is known, or has changed.
  mutating func start() -> Action {
    failures = 0
    return dial()
  }

  /// The node's address is forgotten. What is under way becomes stale.
  mutating func stop() {
    attempt += 1
    state = .idle
  }

  /// True if the connection is wanted; otherwise it is to be closed.
  mutating func established(_ attempt: UInt64) -> Bool {
    guard attempt == self.attempt, state == .dialling else { return false }
    state = .connected
    return true
  }

  mutating func failed(_ attempt: UInt64) -> Action {
    guard attempt == self.attempt, state == .dialling else { return .none }
    return wait()
  }

  mutating func lost(_ attempt: UInt64) -> Action {
    guard attempt == self.attempt, state == .connected else { return .none }
    return wait()
  }

  /// The connection has answered for a while: the next loss is a new matter.
  mutating func proved() {
    guard state == .connected else { return }
    failures = 0
  }

  mutating func due(_ attempt: UInt64) -> Action {
    guard attempt == self.attempt, state == .waiting else { return .none }
    return dial()
  }

  /// The node has called us, so it is there: no reason to wait on.
  mutating func nodeCalled() -> Action {
    guard state == .waiting else { return .none }
    return dial()
  }

  private mutating func dial() -> Action {
    attempt += 1
    state = .dialling
    return .dial(attempt: attempt)
  }

  private mutating func wait() -> Action {
    state = .waiting
    // 2^20 times any sensible minimum is past any maximum; the bound keeps the shift within its type.
    let full = min(maximum, minimum * (1 << min(failures, 20)))
    failures += 1
    let varied = full / 2 + full * Int(random.next() % 512) / 1024
    return .wait(varied, attempt: attempt)
  }
}

/// Sebastiano Vigna's splitmix64: enough randomness to keep nodes from dialling in step.
struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
