import RoostRaft

/// Looks through the writes of a batch before anything of it is written: finds the slots of their groups, and refuses
/// entries that would leave a gap or rewrite what a snapshot replaced.
///
/// What it found a group's log to be after one batch it takes for granted in the next, instead of looking it up among all
/// that is known of the group. Whoever changes the table otherwise, or fails to write a batch, has to say so: ``forget()``.
struct BatchCheck {
  /// What the writes looked at so far make of a group.
  private struct State {
    /// The last check that met the group.
    var check: UInt64 = 0
    /// Whether `snapshot` and `last` are what the table says, or will when the batch is written.
    var isKnown = false
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
    for place in writes.indices {
      let slot = table.slot(of: writes[place].group)
      slots.append(slot)
      if slot >= states.count { states.append(contentsOf: repeatElement(State(), count: slot + 1 - states.count)) }
      let isFirst = states[slot].check != check
      if isFirst {
        states[slot].check = check
        states[slot].beginsWithHardState = writes[place].tellsHardState
        if !states[slot].isKnown {
          let known = table.ends(at: slot)
          states[slot].snapshot = known.snapshot
          states[slot].last = known.last
          states[slot].isKnown = true
        }
      }
      if writes[place].snapshot != nil { takeMarker(of: writes[place], at: slot, isFirst: isFirst, on: table) }
      try takeEntries(of: writes[place], at: slot)
      if writes[place].removesGroup {
        states[slot].snapshot = .zero
        states[slot].last = .zero
      }
    }
  }

  private mutating func takeMarker(of write: LogWrite, at slot: Int, isFirst: Bool, on table: GroupTable) {
    guard let marker = write.snapshot, marker.index > states[slot].snapshot else { return }
    // A log that disagrees with the snapshot ends with it; one that agrees goes on.
    let agrees = !isFirst || table.log(at: slot)?.term(of: marker.index) == marker.term
    states[slot].snapshot = marker.index
    states[slot].last = agrees ? max(states[slot].last, marker.index) : marker.index
    // What became of it in the end is the table's to say.
    states[slot].isKnown = false
  }

  private mutating func takeEntries(of write: LogWrite, at slot: Int) throws(LogError) {
    var last = states[slot].last
    for place in write.entries.indices {
      let index = write.entries[place].index
      guard index > states[slot].snapshot, index <= last.next else {
        throw .outOfOrder(group: write.group, expected: last.next, found: index)
      }
      last = index
    }
    states[slot].last = last
  }

  /// Whether the batch speaks of a group by telling its hard state before anything else.
  func beginsWithHardState(_ slot: Int) -> Bool {
    slot < states.count && states[slot].check == check && states[slot].beginsWithHardState
  }

  /// Nothing is known about any group any more.
  mutating func forget() {
    for slot in states.indices { states[slot].isKnown = false }
  }
}
