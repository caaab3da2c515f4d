/// What kind of thing an event of the world is; part of the trace.
public enum EventKind: UInt8, Sendable {
  case boot, turn, timers, piece, dial, message, close, client, crash, fault, driver
}

/// One thing that will happen at a virtual instant.
struct Event {
  var time: Int64
  /// Drawn from the seed: decides between events of one instant, so that no order is favoured.
  var tie: UInt64
  /// Decides what is left, so that the order is total.
  var sequence: UInt64
  var kind: EventKind
  var node: UInt64
  var run: () -> Void

  func precedes(_ other: Event) -> Bool {
    if time != other.time { return time < other.time }
    if tie != other.tie { return tie < other.tie }
    return sequence < other.sequence
  }
}

/// A binary heap of events, earliest first.
struct EventQueue {
  private var heap: [Event] = []

  var count: Int { heap.count }
  var nextTime: Int64? { heap.first?.time }

  mutating func removeAll() { heap.removeAll() }

  mutating func push(_ event: Event) {
    heap.append(event)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].precedes(heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func pop() -> Event? {
    guard let last = heap.popLast() else { return nil }
    guard let first = heap.first else { return last }
    heap[0] = last
    var parent = 0
    while true {
      var least = 2 * parent + 1
      guard least < heap.count else { break }
      if least + 1 < heap.count, heap[least + 1].precedes(heap[least]) { least += 1 }
      guard heap[least].precedes(heap[parent]) else { break }
      heap.swapAt(least, parent)
      parent = least
    }
    return first
  }
}
