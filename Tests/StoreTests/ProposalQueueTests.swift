import RoostBase
import RoostPlatform
import RoostRaft
import Testing

@testable import RoostStore

@Suite("Proposals that wait for their fate")
struct ProposalQueueTests {
  private func proposal(_ index: UInt64, _ term: UInt64, deadline: Int64 = 1000) -> Replica.Proposal {
    Replica.Proposal(
      index: LogIndex(index), term: Term(term), timestamp: .zero, writes: [],
      deadline: Instant(nanoseconds: deadline), completion: { _ in })
  }

  private func drain(_ queue: inout ProposalQueue) -> [[UInt64]] {
    var all: [[UInt64]] = []
    while let next = queue.popFirst() { all.append([next.index.rawValue, next.term.rawValue]) }
    return all
  }

  /// A leader of term 1 had proposed up to 6, lost its place, and proposes from 4 on in term 3. What is applied at 4 in
  /// term 3 must find its proposal, although others of term 1 wait for the fate of 5 and 6.
  @Test func aLeaderThatLeadsAgainKeepsTheOrderOfIndexes() {
    var queue = ProposalQueue()
    queue.append((3...6 as ClosedRange<UInt64>).map { proposal($0, 1) })
    queue.append((4...5 as ClosedRange<UInt64>).map { proposal($0, 3) })
    #expect(drain(&queue) == [[3, 1], [4, 1], [4, 3], [5, 1], [5, 3], [6, 1]])
  }

  @Test func onlyWhatAnEntryDecidesIsTakenOut() {
    var queue = ProposalQueue()
    queue.append((3...5 as ClosedRange<UInt64>).map { proposal($0, 1) })
    #expect(queue.popFirst(through: LogIndex(2))?.index == nil)
    #expect(queue.popFirst(through: LogIndex(4))?.index == LogIndex(3))
    #expect(queue.popFirst(through: LogIndex(4))?.index == LogIndex(4))
    #expect(queue.popFirst(through: LogIndex(4))?.index == nil && queue.count == 1)
    #expect(queue.popFirst(through: LogIndex(9))?.index == LogIndex(5))
    #expect(queue.popFirst(through: LogIndex(9))?.index == nil && queue.isEmpty)
  }

  @Test func whatWasProposedAgainIsToldWhenItHasWaitedTooLong() {
    var queue = ProposalQueue()
    for index in 3...6 as ClosedRange<UInt64> { queue.append(proposal(index, 1, deadline: 10)) }
    var told = 0
    while let late = queue.expireFirst(Instant(nanoseconds: 20)) { told += late.completion == nil ? 0 : 1 }
    #expect(told == 4)
    queue.append(proposal(4, 3, deadline: 30))
    while let late = queue.expireFirst(Instant(nanoseconds: 20)) { told += late.completion == nil ? 0 : 1 }
    #expect(told == 4)
    while let late = queue.expireFirst(Instant(nanoseconds: 40)) { told += late.completion == nil ? 0 : 1 }
    #expect(told == 5)
  }
}
