/// Whether a history is linearizable: whether each operation can be given one instant between its beginning and its end
/// so that the outputs are those of a sequential object.
///
/// The search is Wing and Gong's (1993) with Lowe's memory of failed configurations (2017): take any operation that began
/// before the first end still to come, let it take effect, go on; where nothing fits, undo. A configuration, which is the
/// set of operations done and the state they led to, is never tried twice.
///
/// An operation of unknown outcome may take effect at any time after its beginning, or never. Left at that, each would
/// double the configurations. But one whose effect makes no difference to the operation right after it may as well never
/// have taken effect; so it is tried last, and only kept if the next operation answers or ends up differently because of
/// it. Then unseen writes cost next to nothing.
public struct LinearizabilityChecker<Model: SequentialModel>: Sendable {
  public enum Verdict: Hashable, Sendable {
    case linearizable
    /// No order explains what clients saw, already among the operations of one partition.
    case violation(partition: String)
    /// Too many configurations; nothing is known.
    case unknown
  }

  public var model: Model
  /// How many configurations one partition may need; bounds time and memory without a clock.
  public var configurationLimit: Int

  public init(_ model: Model, configurationLimit: Int = 2_000_000) {
    self.model = model
    self.configurationLimit = configurationLimit
  }

  public func check(_ history: History<Model.Input, Model.Output>) -> Verdict {
    var partitions: [Model.Partition: [History<Model.Input, Model.Output>.Operation]] = [:]
    for operation in history.operations {
      if case .failed = operation.outcome { continue }
      partitions[model.partition(of: operation.input), default: []].append(operation)
    }
    var verdict = Verdict.linearizable
    for (partition, operations) in partitions.sorted(by: { $0.key < $1.key }) {
      var search = Search(model, operations, limit: configurationLimit)
      switch search.run() {
      case true?: continue
      case false?: return .violation(partition: "\(partition)")
      case nil: verdict = .unknown
      }
    }
    return verdict
  }
}

/// The search over one partition.
private struct Search<Model: SequentialModel> {
  /// Which operations have taken effect, and the state they led to.
  struct Configuration: Hashable {
    var done: [UInt64]
    var state: Model.State
    /// The state before the last operation, if its outcome is unknown: it still has to make a difference.
    var withoutLast: Model.State?
  }

  /// A beginning or an end, in a doubly linked list by position; operations that took effect are lifted out. Operations
  /// of unknown outcome have no end.
  struct Mark {
    var operation: Int
    var isEnd: Bool
    /// The position of the end that belongs to a beginning; 0 if there is none.
    var partner: Int
    var previous: Int
    var next: Int
  }

  /// An operation that took effect, and what to go back to.
  struct Choice {
    var mark: Int
    var state: Model.State
    var withoutLast: Model.State?
  }

  let model: Model
  let inputs: [Model.Input]
  let outputs: [Model.Output?]
  let limit: Int
  /// Position 0 is the head; the list ends at `marks.count`.
  var marks: [Mark]
  var state: Model.State
  var withoutLast: Model.State?
  var done: [UInt64]
  /// Operations with an output that have not taken effect yet.
  var missing: Int
  var tried: Set<Configuration> = []

  init(_ model: Model, _ operations: [History<Model.Input, Model.Output>.Operation], limit: Int) {
    self.model = model
    self.limit = limit
    state = model.initial
    inputs = operations.map(\.input)
    outputs = operations.map { if case .ok(let output) = $0.outcome { output } else { nil } }
    missing = outputs.count { $0 != nil }
    done = [UInt64](repeating: 0, count: (operations.count + 63) / 64)
    var order: [(time: Int, operation: Int, isEnd: Bool)] = []
    for (index, operation) in operations.enumerated() {
      order.append((operation.begin, index, false))
      if case .ok = operation.outcome, let end = operation.end { order.append((end, index, true)) }
    }
    order.sort { $0.time < $1.time }
    marks = [Mark(operation: -1, isEnd: false, partner: 0, previous: 0, next: 1)]
    var begins = [Int](repeating: 0, count: operations.count)
    for (offset, mark) in order.enumerated() {
      let position = offset + 1
      marks.append(
        Mark(operation: mark.operation, isEnd: mark.isEnd, partner: 0, previous: position - 1, next: position + 1))
      if mark.isEnd { marks[begins[mark.operation]].partner = position } else { begins[mark.operation] = position }
    }
  }

  /// True if an order exists, false if none does, nil if that would take more than the limit.
  mutating func run() -> Bool? {
    var choices: [Choice] = []
    var position = marks[0].next
    // First the operations that must take effect, then those that may.
    var triesUnknown = false
    while missing > 0 {
      // Something with an output is missing, so its end is still in the list and stops the walk.
      if marks[position].isEnd {
        if !triesUnknown {
          triesUnknown = true
          position = marks[0].next
          continue
        }
        guard let choice = choices.popLast() else { return false }
        undo(choice)
        triesUnknown = outputs[marks[choice.mark].operation] == nil
        position = marks[choice.mark].next
        continue
      }
      let mark = marks[position]
      if (outputs[mark.operation] == nil) == triesUnknown, let choice = take(position) {
        if tried.count > limit { return nil }
        choices.append(choice)
        triesUnknown = false
        position = marks[0].next
      } else {
        position = mark.next
      }
    }
    return true
  }

  /// Lets an operation take effect, if the state allows and that was not tried before.
  private mutating func take(_ begin: Int) -> Choice? {
    let operation = marks[begin].operation
    let output = outputs[operation]
    guard let next = model.step(state, inputs[operation], output) else { return nil }
    if output == nil, next == state { return nil }
    if let withoutLast, model.step(withoutLast, inputs[operation], output) == next { return nil }
    done[operation / 64] |= 1 << UInt64(operation % 64)
    let configuration = Configuration(done: done, state: next, withoutLast: output == nil ? state : nil)
    guard tried.insert(configuration).inserted else {
      done[operation / 64] &= ~(1 << UInt64(operation % 64))
      return nil
    }
    let choice = Choice(mark: begin, state: state, withoutLast: withoutLast)
    state = next
    withoutLast = configuration.withoutLast
    if output != nil { missing -= 1 }
    remove(begin)
    if marks[begin].partner != 0 { remove(marks[begin].partner) }
    return choice
  }

  /// Puts back in the reverse order of lifting out, so that neighbours are as they were.
  private mutating func undo(_ choice: Choice) {
    let operation = marks[choice.mark].operation
    state = choice.state
    withoutLast = choice.withoutLast
    done[operation / 64] &= ~(1 << UInt64(operation % 64))
    if outputs[operation] != nil { missing += 1 }
    if marks[choice.mark].partner != 0 { insert(marks[choice.mark].partner) }
    insert(choice.mark)
  }

  private mutating func remove(_ position: Int) {
    let mark = marks[position]
    marks[mark.previous].next = mark.next
    if mark.next < marks.count { marks[mark.next].previous = mark.previous }
  }

  private mutating func insert(_ position: Int) {
    let mark = marks[position]
    marks[mark.previous].next = position
    if mark.next < marks.count { marks[mark.next].previous = position }
  }
}
