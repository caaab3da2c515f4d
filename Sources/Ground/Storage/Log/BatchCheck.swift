import RoostRaft

/// Looks through the writes of a batch before anything of it is written: finds the slots of their groups, and refuses
/// entries that would leave a gap or rewrite what a snapshot replaced. Keeps its memory from one batch to the next.
struct BatchCheck {
  /// What the writes looked at so far make of a group.
  private struct State {
    /// The check it is of; an older one says nothing.
    var check: UInt64 = 0
    var snapshot = LogIndex.zero
    var last = LogIndex.zero
    /// Whether the first write of the batch about the group tells its hard state.
    var beginsWithHardState = false
  }

  /// By slot.
  private var states: [State] = []
  private var check: UInt64 = 0
  /// The slot of each write's group, in order.
  private(set) var slots: [Int] = []

  mutating func run(_ writes: [LogWrite], on table: inout GroupTable) throws(LogError) {
    check += 1
    slots.removeAll(keepingCapacity: true)
    for write in writes {
      let slot = table.slot(of: write.group)
      slots.append(slot)
      if slot >= states.count { states.append(contentsOf: repeatElement(State(), count: slot + 1 - states.count)) }
      let isFirst = states[slot].check != check
      if isFirst {
        let known = table.ends(at: slot)
        states[slot] = State(
          check: check, snapshot: known.snapshot, last: known.last, beginsWithHardState: write.tellsHardState)
      }
      if let marker = write.snapshot, marker.index > states[slot].snapshot {
        // A log that disagrees with the snapshot ends with it; one that agrees goes on.
        let agrees = !isFirst || table.log(at: slot)?.term(of: marker.index) == marker.term
        states[slot].snapshot = marker.index
        states[slot].last = agrees ? max(states[slot].last, marker.index) : marker.index
      }
      for entry in write.entries {
        guard entry.index > states[slot].snapshot, entry.index <= states[slot].last.next else {
          throw .outOfOrder(group: write.group, expected: states[slot].last.next, found: entry.index)
        }
        states[slot].last = entry.index
      }
      if write.removesGroup {
        states[slot].snapshot = .zero
        states[slot].last = .zero
      }
    }
  }

  /// Whether the batch speaks of a group by telling its hard state before anything else.
  func beginsWithHardState(_ slot: Int) -> Bool {
    slot < states.count && states[slot].check == check && states[slot].beginsWithHardState
  }
}
