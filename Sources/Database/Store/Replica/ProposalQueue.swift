import RoostBase
import RoostPlatform
import RoostRaft

/// Proposals in order of their index: appended at the back, taken from the front.
///
/// A leader that lost its place and leads again proposes at indexes where proposals of its earlier term still wait for
/// their fate, since the next leader cut them off its log. They stay in order of index with the new ones, so that the
/// entry which is applied at an index finds all proposals for that index, and no one else's.
struct ProposalQueue {
  private var storage: [Replica.Proposal?] = []
  private var head = 0
  /// Everything before this was told that it has waited too long. At least `head`.
  private var expired = 0

  var isEmpty: Bool { head == storage.count }
  var count: Int { storage.count - head }

  /// Appends proposals in order of their index.
  mutating func append(_ proposals: [Replica.Proposal]) {
    if let last = storage.last.flatMap(\.self), let first = proposals.first, last.index > first.index, !isEmpty {
      for proposal in proposals { append(proposal) }
    } else {
      for proposal in proposals { storage.append(proposal) }
    }
  }

  mutating func append(_ proposal: Replica.Proposal) {
    var place = storage.count
    while place > head, let before = storage[place - 1], before.index > proposal.index { place -= 1 }
    storage.insert(proposal, at: place)
    // It has not been told; those behind it that were have no completion any more.
    expired = min(expired, place)
  }

  /// Takes the oldest proposal out if its index is at most `index`.
  mutating func popFirst(through index: LogIndex) -> Replica.Proposal? {
    guard head < storage.count, let first = storage[head]?.index, first <= index else { return nil }
    return popFirst()
  }

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
