/// Whether a history is linearizable: whether each operation can be given one instant between its beginning and its end
/// so that the outputs are those of a sequential object.
///
/// The search is Wing and Gong's (1993) with Lowe's memory of failed configurations (2017): take any operation that began
/// before the first end still to come, let it take effect, go on; where nothing fits, undo. A configuration, which is the
/// set of operations done and the state they led to, is never tried twice. An operation of unknown outcome ends after
/// everything else; taking effect last is as good as never.
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
  }

  /// A beginning or an end, in a doubly linked list by position; operations that took effect are lifted out.
  struct Mark {
    var operation: Int
    var isEnd: Bool
    /// The position of the end that belongs to a beginning.
    var partner: Int
    var previous: Int
    var next: Int
  }

  struct Choice {
    var mark: Int
    var state: Model.State
  }

  let model: Model
  let inputs: [Model.Input]
  let outputs: [Model.Output?]
  let limit: Int
  /// Position 0 is the head; the list ends at `marks.count`.
  var marks: [Mark]

  init(_ model: Model, _ operations: [History<Model.Input, Model.Output>.Operation], limit: Int) {
    self.model = model
    self.limit = limit
    inputs = operations.map(\.input)
    outputs = operations.map { if case .ok(let output) = $0.outcome { output } else { nil } }
    var order: [(time: Int, operation: Int, isEnd: Bool)] = []
    for (index, operation) in operations.enumerated() {
      order.append((operation.begin, index, false))
      if case .ok = operation.outcome, let end = operation.end {
        order.append((end, index, true))
      } else {
        order.append((.max, index, true))
      }
    }
    order.sort { ($0.time, $0.operation) < ($1.time, $1.operation) }
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
    var state = model.initial
    var done = [UInt64](repeating: 0, count: (inputs.count + 63) / 64)
    var tried: Set<Configuration> = []
    var choices: [Choice] = []
    var position = marks[0].next
    while marks[0].next < marks.count {
      // The list still holds marks, and every beginning stands before its end: an end bounds the walk.
      let mark = marks[position]
      if !mark.isEnd {
        if let next = model.step(state, inputs[mark.operation], outputs[mark.operation]) {
          done[mark.operation / 64] |= 1 << UInt64(mark.operation % 64)
          if tried.insert(Configuration(done: done, state: next)).inserted {
            if tried.count > limit { return nil }
            choices.append(Choice(mark: position, state: state))
            state = next
            lift(position)
            position = marks[0].next
            continue
          }
          done[mark.operation / 64] &= ~(1 << UInt64(mark.operation % 64))
        }
        position = mark.next
      } else {
        guard let choice = choices.popLast() else { return false }
        let operation = marks[choice.mark].operation
        state = choice.state
        done[operation / 64] &= ~(1 << UInt64(operation % 64))
        unlift(choice.mark)
        position = marks[choice.mark].next
      }
    }
    return true
  }

  private mutating func lift(_ begin: Int) {
    remove(begin)
    remove(marks[begin].partner)
  }

  /// Puts back in the reverse order of lifting, so that neighbours are as they were.
  private mutating func unlift(_ begin: Int) {
    insert(marks[begin].partner)
    insert(begin)
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
