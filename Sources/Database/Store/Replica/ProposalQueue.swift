import RoostRaft

/// Proposals in order of their index: appended at the back, taken from the front.
struct ProposalQueue {
  private var storage: [Replica.Proposal?] = []
  private var head = 0

  var isEmpty: Bool { head == storage.count }
  var count: Int { storage.count - head }
  var first: Replica.Proposal? { isEmpty ? nil : storage[head] }

  mutating func append(_ proposal: Replica.Proposal) { storage.append(proposal) }

  mutating func popFirst() -> Replica.Proposal? {
    guard !isEmpty else { return nil }
    let proposal = storage[head]
    storage[head] = nil
    head += 1
    if head == storage.count {
      storage.removeAll(keepingCapacity: true)
      head = 0
    } else if head >= 1024, head * 2 >= storage.count {
      storage.removeFirst(head)
      head = 0
    }
    return proposal
  }
}
