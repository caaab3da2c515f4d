import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage
import Testing

@testable import RoostStore

/// Streams of a group's state: in pieces, again after a broken connection, and not too fast.
@Suite struct SnapshotStreamTests {
  private static let target = SnapshotTarget(group: GroupID(2), node: NodeID(3))

  private func sender(pairs: Int) throws -> SnapshotSender {
    let engine = MemoryEngine()
    var batch = EngineBatch()
    for number in 0..<pairs {
      batch.putVersion([1, UInt8(number >> 8), UInt8(number & 255)], at: 7, [UInt8](repeating: 5, count: 64 << 10))
    }
    try engine.write(batch)
    let header = SnapshotHeader(
      metadata: SnapshotMetadata(index: LogIndex(9), term: Term(2)), timestamp: Timestamp(7), leaderTerm: Term(3))
    return try SnapshotSender(
      target: Self.target, stream: 4, header: header, snapshot: engine.snapshot(),
      range: KeyRange(Key([1]), Key([2])), now: .origin)
  }

  private func drain(_ sender: SnapshotSender) throws -> [UInt64] {
    var sequences: [UInt64] = []
    while let chunk = try sender.nextChunk() { sequences.append(chunk.sequence) }
    return sequences
  }

  @Test func windowBoundsWhatIsUnderWay() throws {
    let sender = try sender(pairs: 30)
    #expect(try drain(sender) == [0, 1, 2, 3])
    sender.acknowledge(1, now: .origin)
    #expect(try drain(sender) == [4, 5])
    #expect(!sender.isComplete)
  }

  @Test func brokenStreamGoesOnAfterWhatWasAcknowledged() throws {
    let sender = try sender(pairs: 30)
    #expect(try drain(sender) == [0, 1, 2, 3])
    sender.acknowledge(1, now: .origin)
    sender.suspend()
    #expect(try drain(sender).isEmpty && sender.isSuspended)
    sender.resume()
    #expect(try drain(sender) == [2, 3, 4, 5])
    // An answer to what was sent before the break frees what was sent again.
    sender.suspend()
    sender.resume()
    sender.acknowledge(4, now: .origin)
    #expect(try drain(sender) == [5, 6, 7])
    sender.acknowledge(7, now: .origin)
    #expect(try drain(sender).isEmpty && sender.isComplete)
  }

  @Test func chunksSentAgainAreTheSame() throws {
    let sender = try sender(pairs: 3)
    let first = try #require(try sender.nextChunk())
    sender.suspend()
    sender.resume()
    let again = try #require(try sender.nextChunk())
    #expect(first.isLast && first.header != nil && first.encoded() == again.encoded())
  }

  @Test func throttlePaysForEveryChunk() {
    var throttle = SnapshotThrottle(maximumStreams: 2, bytesPerSecond: 1 << 20)
    #expect(throttle.maySend(.origin))
    throttle.sent(1 << 18, .origin)
    #expect(!throttle.maySend(.origin + .milliseconds(249)))
    #expect(throttle.maySend(.origin + .milliseconds(250)))
    // Idle time is not saved up.
    throttle.sent(1 << 18, .origin + .seconds(60))
    #expect(throttle.nextSend == .origin + .milliseconds(60_250))
  }

  @Test func thoseThatWaitComeInTurn() {
    var throttle = SnapshotThrottle(maximumStreams: 1, bytesPerSecond: 1)
    let targets = [(2, 3), (2, 4), (5, 3)].map { SnapshotTarget(group: GroupID($0.0), node: NodeID($0.1)) }
    for target in targets + targets { throttle.wait(target) }
    let removed = throttle.remove(NodeID(4))
    let rest = [throttle.next(), throttle.next(), throttle.next()]
    #expect(removed == [targets[1]] && rest == [targets[0], targets[2], nil])
  }
}
