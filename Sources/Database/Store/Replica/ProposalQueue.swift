import RoostPlatform
import RoostRaft

/// Proposals in order of their index: appended at the back, taken from the front.
struct ProposalQueue {
  private var storage: [Replica.Proposal?] = []
  private var head = 0
  /// Everything before this was told that it has waited too long. At least `head`.
  private var expired = 0

  var isEmpty: Bool { head == storage.count }
  var count: Int { storage.count - head }
  var first: Replica.Proposal? { isEmpty ? nil : storage[head] }

  mutating func append(_ proposal: Replica.Proposal) { storage.append(proposal) }

  mutating func popFirst() -> Replica.Proposal? {
    guard !isEmpty else { return nil }
    let proposal = storage[head]
    storage[head] = nil
    head += 1
    expired = max(expired, head)
    if head == storage.count {
      storage.removeAll(keepingCapacity: true)
      head = 0
      expired = 0
    } else if head >= 1024, head * 2 >= storage.count {
      storage.removeFirst(head)
      expired -= head
      head = 0
    }
    return proposal
  }

  /// The oldest proposal whose deadline has passed, once; it stays in the queue without its completion. Deadlines grow
  /// with the index, nearly, since all clients have the same time limit.
  mutating func expireFirst(_ now: Instant) -> Replica.Proposal? {
    guard expired < storage.count, let proposal = storage[expired], proposal.deadline <= now else { return nil }
    storage[expired]?.completion = nil
    expired += 1
    return proposal
  }
}
