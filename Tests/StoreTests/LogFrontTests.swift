import Foundation
import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage
import Testing

@testable import RoostStore

@Suite("One append of all groups' writes per turn")
struct LogFrontTests {
  private final class Member: @unchecked Sendable { var durable: [LogIndex] = [] }

  private final class Owner: Sendable {}

  private struct Bench {
    let owner = Owner()
    let loop = ManualLoop()
    let worker = ManualWorker()
    let writer: LogWriter
    let front: LogFront<Member>

    init(_ disk: any Disk) throws {
      writer = LogWriter(
        store: try LogStore(disk: disk, directory: "log"), worker: worker, clock: { .origin },
        onFailure: { Issue.record("\($0)") })
      front = LogFront(loop: loop, writer: writer)
      front.onDurable = { member, responses, _ in member.durable += responses.map(\.index) }
    }

    func add(_ index: UInt64, of group: UInt64, _ member: Member) {
      let entry = Entry(index: LogIndex(index), term: Term(1), payload: [1])
      front.add(
        LogWrite(group: GroupID(group), entries: [entry]),
        responses: [
          Message(.appendResponse, from: NodeID(1), to: NodeID(2), term: Term(1), index: LogIndex(index))
        ], of: member)
    }

    func settle() {
      worker.drain()
      loop.run(for: .zero)
    }
  }

  private func withBench(_ body: (Bench) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "roost-log-front-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(try Bench(try PosixDisk(root: path)))
  }

  @Test func responsesWaitUntilTheirWritesAreDurable() throws {
    try withBench { bench in
      let (first, second) = (Member(), Member())
      bench.add(1, of: 1, first)
      bench.add(1, of: 2, second)
      bench.settle()
      #expect(first.durable.isEmpty, "nothing is written before the end of the turn")
      bench.front.append(for: bench.owner)
      #expect(first.durable.isEmpty)
      bench.settle()
      #expect(first.durable == [LogIndex(1)] && second.durable == [LogIndex(1)])
      #expect(bench.writer.status.batches == 1)
    }
  }

  @Test func nothingIsAppendedTwice() throws {
    try withBench { bench in
      let member = Member()
      bench.add(1, of: 1, member)
      bench.front.append(for: bench.owner)
      bench.front.append(for: bench.owner)
      bench.settle()
      #expect(member.durable == [LogIndex(1)] && bench.writer.status.entries == 1)
    }
  }

  @Test func nobodyIsCalledBackAfterTheEnd() throws {
    try withBench { bench in
      let member = Member()
      bench.add(1, of: 1, member)
      bench.front.append(for: bench.owner)
      bench.front.stop()
      bench.settle()
      #expect(member.durable.isEmpty)
    }
  }

  @Test func fullLogIsNewsOnceUntilItWasTriedAgain() throws {
    try withBench { bench in
      #expect(bench.front.retryUntilThereIsRoom())
      #expect(!bench.front.retryUntilThereIsRoom())
      bench.loop.run(for: .milliseconds(200))
      #expect(bench.front.retryUntilThereIsRoom())
    }
  }
}
