import RoostBase
import RoostRaft

/// When which replica has to be ticked: a heap that holds the replicas that wait for a time, and none that are silent.
///
/// Deadlines mostly move back (each heartbeat puts an election off), so an entry is left where it is until it is due,
/// and only then looked at again: a busy group costs one look per timeout, not one change per message.
struct DeadlineQueue {
  private struct Item {
    var deadline: Instant
    /// Decides between equal deadlines, so that the order does not depend on the heap's history alone.
    var sequence: UInt64
    var replica: Replica

    func precedes(_ other: Item) -> Bool {
      deadline != other.deadline ? deadline < other.deadline : sequence < other.sequence
    }
  }

  private var heap: [Item] = []
  private var sequence: UInt64 = 0

  /// The earliest deadline, or an earlier time at which there is nothing to do any more.
  var earliest: Instant { heap.first?.deadline ?? .distantFuture }

  /// Takes note of a replica's deadline as it is now.
  mutating func arm(_ replica: Replica) {
    let deadline = replica.core.nextDeadline
    guard deadline < replica.armedDeadline, !replica.isSuspended else { return }
    replica.armedDeadline = deadline
    sequence += 1
    push(Item(deadline: deadline, sequence: sequence, replica: replica))
  }

  /// How far ahead is looked for replicas that have put off their deadlines.
  private static let lookAhead = Duration.milliseconds(20)

  /// A replica whose deadline has come; nil if there is none. Those that would be looked at soon only to find that their
  /// deadlines have moved are looked at now: hundreds of busy groups don't wake the loop one by one.
  mutating func popDue(_ now: Instant) -> Replica? {
    while let first = heap.first, first.deadline <= now + DeadlineQueue.lookAhead {
      let replica = first.replica
      // Superseded by an earlier entry, which has run or will; or put off.
      let isStale = replica.armedDeadline != first.deadline || replica.core.nextDeadline > first.deadline
      guard isStale || first.deadline <= now else { return nil }
      removeFirst()
      guard replica.armedDeadline == first.deadline else { continue }
      replica.armedDeadline = .distantFuture
      if !replica.isSuspended, replica.core.nextDeadline <= now { return replica }
      arm(replica)
    }
    return nil
  }

  private mutating func push(_ item: Item) {
    heap.append(item)
    var child = heap.count - 1
    while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = 2 * parent + 1
      guard least < heap.count else { return }
      if least + 1 < heap.count, heap[least + 1].precedes(heap[least]) { least += 1 }
      guard heap[least].precedes(heap[parent]) else { return }
      heap.swapAt(least, parent)
      parent = least
    }
  }
}
