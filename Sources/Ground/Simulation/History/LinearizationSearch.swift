/// The search over one partition, whose operations and states are numbered. See ``LinearizabilityChecker``.
struct LinearizationSearch {
  /// Which operations have taken effect, and the state they led to.
  private struct Configuration: Hashable {
    var done: [UInt64]
    var state: Int
    /// The state before the last operation, if its outcome is unknown: it still has to make a difference.
    var withoutLast: Int?
  }

  /// A beginning or an end, in a doubly linked list by position; operations that took effect are lifted out. Operations
  /// of unknown outcome have no end.
  private struct Mark {
    var operation: Int
    var isEnd: Bool
    /// The position of the end that belongs to a beginning; 0 if there is none.
    var partner: Int
    var previous: Int
    var next: Int
  }

  /// An operation that took effect, and what to go back to.
  private struct Choice {
    var mark: Int
    var state: Int
    var withoutLast: Int?
  }

  private let limit: Int
  private let step: (_ state: Int, _ operation: Int) -> Int?
  /// Whether each operation has an output.
  private let isCertain: [Bool]
  /// Position 0 is the head; the list ends at `marks.count`.
  private var marks: [Mark]
  private var state = 0
  private var withoutLast: Int?
  private var done: [UInt64]
  /// Operations with an output that have not taken effect yet.
  private var missing: Int
  private var tried: Set<Configuration> = []

  /// - Parameter operations: When each began, and when it ended if it has an output.
  init(
    _ operations: [(begin: Int, end: Int?)], limit: Int, step: @escaping (_ state: Int, _ operation: Int) -> Int?
  ) {
    self.limit = limit
    self.step = step
    isCertain = operations.map { $0.end != nil }
    missing = isCertain.count { $0 }
    done = [UInt64](repeating: 0, count: (operations.count + 63) / 64)
    var order: [(time: Int, operation: Int, isEnd: Bool)] = []
    for (index, operation) in operations.enumerated() {
      order.append((operation.begin, index, false))
      if let end = operation.end { order.append((end, index, true)) }
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
        triesUnknown = !isCertain[marks[choice.mark].operation]
        position = marks[choice.mark].next
        continue
      }
      let mark = marks[position]
      if isCertain[mark.operation] != triesUnknown, let choice = take(position) {
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
    guard let next = step(state, operation) else { return nil }
    if !isCertain[operation], next == state { return nil }
    if let withoutLast, step(withoutLast, operation) == next { return nil }
    done[operation / 64] |= 1 << UInt64(operation % 64)
    let configuration = Configuration(done: done, state: next, withoutLast: isCertain[operation] ? nil : state)
    guard tried.insert(configuration).inserted else {
      done[operation / 64] &= ~(1 << UInt64(operation % 64))
      return nil
    }
    let choice = Choice(mark: begin, state: state, withoutLast: withoutLast)
    state = next
    withoutLast = configuration.withoutLast
    if isCertain[operation] { missing -= 1 }
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
    if isCertain[operation] { missing += 1 }
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
