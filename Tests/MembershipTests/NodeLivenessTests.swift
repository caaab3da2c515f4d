import RoostBase
import RoostMembership
import Testing

/// Two or more liveness cores over wires that can be cut, in steps of a millisecond.
private struct Wires {
  var cores: [NodeID: NodeLiveness] = [:]
  var now = Instant.origin
  /// Directions in which nothing arrives.
  var cut: Set<[NodeID]> = []
  var stopped: Set<NodeID> = []
  var log: [NodeID: [NodeLiveness.Action]] = [:]
  private(set) var heartbeats = 0

  init(_ count: UInt64) {
    for id in 1...count { start(NodeID(id), epoch: 1) }
    for id in cores.keys.sorted() {
      for other in cores.keys.sorted() where other != id { cores[id]!.connected(to: other, now: now) }
    }
  }

  mutating func start(_ id: NodeID, epoch: UInt64, nonce: UInt64 = 7, watermark: UInt64 = 0) {
    cores[id] = NodeLiveness(
      .init(incarnation: Incarnation(epoch: epoch, nonce: nonce), interval: .milliseconds(200)), now: now)
    cores[id]!.watermark = watermark
  }

  mutating func close(_ left: NodeID, _ right: NodeID) {
    cores[left]?.disconnected(from: right, now: now)
    cores[right]?.disconnected(from: left, now: now)
  }

  mutating func pass(milliseconds: Int) {
    for _ in 0..<milliseconds {
      now = now + .milliseconds(1)
      for id in cores.keys.sorted() where !stopped.contains(id) {
        if cores[id]!.nextDeadline <= now { cores[id]!.tick(now: now) }
        for action in cores[id]!.takeActions() {
          guard case .send(let heartbeat, let to) = action else {
            log[id, default: []].append(action)
            continue
          }
          heartbeats += 1
          guard !cut.contains([id, to]), !stopped.contains(to), cores[to] != nil else { continue }
          cores[to]!.received(heartbeat, from: id, now: now)
        }
      }
    }
  }

  func log(_ id: UInt64) -> [NodeLiveness.Action] { log[NodeID(id)] ?? [] }
}

@Suite("Liveness of nodes: who is there, and who it is")
struct NodeLivenessTests {
  private let one = NodeID(1)
  private let two = NodeID(2)
  private let three = NodeID(3)

  @Test func nodesFindEachOtherAliveWithFiveHeartbeatsASecond() {
    var wires = Wires(3)
    wires.pass(milliseconds: 10_000)
    #expect(wires.log(1) == [.returned(two, isNew: true), .returned(three, isNew: true)])
    #expect(wires.cores[one]!.isReachable(two) && wires.cores[one]!.isReachable(three))
    // Six directions, five a second, and one at the beginning.
    #expect(wires.heartbeats >= 6 * 49 && wires.heartbeats <= 6 * 52)
  }

  @Test func aClosedConnectionIsSuspiciousAtOnceAndAReturnEndsIt() {
    var wires = Wires(2)
    wires.pass(milliseconds: 1000)
    wires.close(one, two)
    wires.pass(milliseconds: 1)
    #expect(wires.log(1).last == .suspected(two) && !wires.cores[one]!.isAlive(two))
    wires.cores[one]!.connected(to: two, now: wires.now)
    wires.cores[two]!.connected(to: one, now: wires.now)
    wires.pass(milliseconds: 5)
    #expect(wires.log(1).last == .returned(two, isNew: false) && wires.cores[one]!.isReachable(two))
  }

  @Test func aReturnIsToldWhenThePeerCanBeReached() {
    var wires = Wires(2)
    wires.pass(milliseconds: 1000)
    wires.close(one, two)
    wires.start(two, epoch: 2)
    wires.log[one] = []
    // The newcomer's connection is there before this node's own.
    wires.cores[two]!.connected(to: one, now: wires.now)
    wires.pass(milliseconds: 300)
    #expect(!wires.log(1).contains(.returned(two, isNew: true)) && !wires.cores[one]!.isReachable(two))
    wires.cores[one]!.connected(to: two, now: wires.now)
    wires.pass(milliseconds: 10)
    #expect(wires.log(1).filter { $0 == .returned(two, isNew: true) }.count == 1 && wires.cores[one]!.isReachable(two))
    wires.pass(milliseconds: 1000)
    #expect(wires.log(1).filter { $0 == .returned(two, isNew: true) }.count == 1)
  }

  @Test func silenceIsSuspiciousWithinHalfASecond() {
    var wires = Wires(2)
    wires.pass(milliseconds: 20_050)
    wires.stopped = [two]
    wires.pass(milliseconds: 200)
    #expect(wires.cores[one]!.isAlive(two), "one interval of silence is nothing")
    wires.pass(milliseconds: 300)
    #expect(wires.log(1).last == .suspected(two))
    #expect(wires.cores[one]!.phi(of: two, now: wires.now) > 8)
  }

  @Test func aNodeThatStoodStillSuspectsNobody() {
    var wires = Wires(3)
    wires.pass(milliseconds: 5000)
    wires.stopped = [one]
    wires.pass(milliseconds: 3000)
    wires.stopped = []
    wires.pass(milliseconds: 500)
    #expect(wires.log(1) == [.returned(two, isNew: true), .returned(three, isNew: true)])
    #expect(wires.log(2).contains(.suspected(one)), "the others did suspect it")
    #expect(wires.cores[two]!.isAlive(one))
  }

  @Test func aPeerThatDoesNotHearIsDeaf() {
    var wires = Wires(2)
    wires.pass(milliseconds: 2000)
    wires.cut = [[one, two]]
    wires.pass(milliseconds: 1500)
    #expect(wires.log(1).contains(.deaf(two)) && wires.cores[one]!.isAlive(two) && !wires.cores[one]!.isReachable(two))
    #expect(wires.log(2).contains(.suspected(one)))
    wires.cut = []
    wires.pass(milliseconds: 500)
    #expect(wires.cores[one]!.isReachable(two) && wires.cores[two]!.isReachable(one))
  }

  @Test func aRestartIsAReturnAndTheEarlierIncarnationCountsNoMore() {
    var wires = Wires(2)
    wires.cores[two]!.watermark = 40
    wires.pass(milliseconds: 1000)
    let earlier = Incarnation(epoch: 1, nonce: 7).tag
    wires.close(one, two)
    wires.start(two, epoch: 2, watermark: 40)
    wires.cores[two]!.connected(to: one, now: wires.now)
    wires.cores[one]!.connected(to: two, now: wires.now)
    wires.pass(milliseconds: 300)
    #expect(wires.log(1).suffix(2) == [.suspected(two), .returned(two, isNew: true)])
    #expect(!wires.cores[one]!.accepts(earlier, from: two))
    #expect(wires.cores[one]!.accepts(Incarnation(epoch: 2, nonce: 7).tag, from: two))
  }

  @Test(arguments: [
    (UInt64(4), UInt64(9), UInt64(100), NodeLiveness.Refusal.epochWentBack),
    (5, 8, 100, .duplicate), (6, 9, 99, .logWentBack),
  ])
  func whatForgotIsRefused(epoch: UInt64, nonce: UInt64, watermark: UInt64, refusal: NodeLiveness.Refusal) {
    var wires = Wires(2)
    wires.start(two, epoch: 5, nonce: 9, watermark: 100)
    wires.cores[two]!.connected(to: one, now: wires.now)
    wires.pass(milliseconds: 1000)
    wires.close(one, two)
    wires.start(two, epoch: epoch, nonce: nonce, watermark: watermark)
    wires.cores[two]!.connected(to: one, now: wires.now)
    wires.pass(milliseconds: 10)
    let tag = Incarnation(epoch: epoch, nonce: nonce).tag
    #expect(wires.log(1).last == .refuse(two, tag, refusal))
    #expect(!wires.cores[one]!.accepts(tag, from: two))
  }

  /// A node that was started anew, and kept on its disk how far the others' logs were.
  @Test func whatWasRememberedOverARestartRefusesALogThatWentBack() {
    var wires = Wires(2)
    wires.start(two, epoch: 6, watermark: 99)
    wires.start(one, epoch: 2)
    wires.cores[one]!.recall(100, of: two, now: wires.now)
    #expect(wires.cores[one]!.watermarks.map(\.batch) == [100])
    wires.cores[one]!.connected(to: two, now: wires.now)
    wires.cores[two]!.connected(to: one, now: wires.now)
    wires.pass(milliseconds: 10)
    #expect(wires.log(1).last == .refuse(two, Incarnation(epoch: 6, nonce: 7).tag, .logWentBack))
    wires.start(two, epoch: 7, watermark: 100)
    wires.cores[two]!.connected(to: one, now: wires.now)
    wires.pass(milliseconds: 10)
    #expect(wires.log(1).last == .returned(two, isNew: true))
  }

  @Test func whatWasWrittenSinceTheStartMakesUpForNothing() {
    var wires = Wires(2)
    wires.start(two, epoch: 5, watermark: 100)
    wires.cores[two]!.connected(to: one, now: wires.now)
    wires.pass(milliseconds: 1000)
    wires.close(one, two)
    wires.start(two, epoch: 6, watermark: 103)
    wires.cores[two]!.watermarkAtStart = 99
    wires.cores[two]!.connected(to: one, now: wires.now)
    wires.pass(milliseconds: 10)
    #expect(wires.log(1).last == .refuse(two, Incarnation(epoch: 6, nonce: 7).tag, .logWentBack))
  }

  @Test func onceAStartIsKnownItsLogIsToldAsItGrows() {
    var wires = Wires(2)
    wires.start(two, epoch: 5, watermark: 103)
    wires.cores[two]!.watermarkAtStart = 99
    wires.cores[two]!.connected(to: one, now: wires.now)
    wires.cores[one]!.connected(to: two, now: wires.now)
    wires.pass(milliseconds: 10)
    #expect(wires.cores[one]!.watermark(of: two) == 99)
    wires.pass(milliseconds: 1000)
    #expect(wires.cores[one]!.watermark(of: two) == 103)
  }

  @Test(arguments: [
    (UInt64(4), UInt64(9), NodeLiveness.Refusal?.some(.epochWentBack)), (5, 8, .duplicate), (5, 9, nil), (6, 1, nil),
  ])
  func whoNeverHeardOfANodeRefusesWhatTheRecordsForbid(epoch: UInt64, nonce: UInt64, refusal: NodeLiveness.Refusal?) {
    var wires = Wires(2)
    wires.start(one, epoch: 9)
    wires.start(two, epoch: epoch, nonce: nonce)
    wires.cores[one]!.expect(Incarnation(epoch: 5, nonce: 9).tag, of: two, now: wires.now)
    wires.cores[one]!.connected(to: two, now: wires.now)
    wires.cores[two]!.connected(to: one, now: wires.now)
    wires.pass(milliseconds: 10)
    let tag = Incarnation(epoch: epoch, nonce: nonce).tag
    #expect(wires.log(1).last == refusal.map { .refuse(two, tag, $0) } ?? .returned(two, isNew: true))
    #expect(wires.cores[one]!.accepts(tag, from: two) == (refusal == nil))
  }

  @Test func aReplacedNodeStaysUntilItLearnsOfItAndDoesNotComeBack() {
    var wires = Wires(2)
    wires.pass(milliseconds: 1000)
    wires.cores[one]!.retire(two, now: wires.now)
    wires.pass(milliseconds: 1000)
    #expect(wires.cores[one]!.isAlive(two))
    wires.close(one, two)
    wires.start(two, epoch: 2)
    wires.cores[two]!.connected(to: one, now: wires.now)
    wires.pass(milliseconds: 10)
    #expect(wires.log(1).last == .refuse(two, Incarnation(epoch: 2, nonce: 7).tag, .replaced))
  }

  @Test func aSecondProcessOfALivingNodeIsRefusedAfterAWhile() {
    var wires = Wires(2)
    wires.pass(milliseconds: 1000)
    let copy = Heartbeat(tag: Incarnation(epoch: 2, nonce: 3).tag, sequence: 1)
    for _ in 0..<30 {
      wires.cores[one]!.received(copy, from: two, now: wires.now)
      wires.pass(milliseconds: 100)
    }
    #expect(wires.log(1).contains(.refuse(two, copy.tag, .duplicate)))
    #expect(wires.cores[one]!.isAlive(two) && !wires.cores[one]!.accepts(copy.tag, from: two))
    // Once the first one is gone, the second may have its place.
    wires.stopped = [two]
    wires.pass(milliseconds: 1000)
    wires.cores[one]!.received(copy, from: two, now: wires.now)
    #expect(wires.cores[one]!.accepts(copy.tag, from: two))
  }
}

@Suite("φ accrual: suspicion grows with silence")
struct PhiAccrualDetectorTests {
  private func detector(intervals: [Int]) -> (PhiAccrualDetector, Instant) {
    var detector = PhiAccrualDetector(
      expected: .milliseconds(100), minimumDeviation: .milliseconds(10), threshold: 8)
    var now = Instant.origin
    detector.heartbeat(at: now)
    for interval in intervals {
      now = now + .milliseconds(interval)
      detector.heartbeat(at: now)
    }
    return (detector, now)
  }

  @Test func growsWithSilenceAndNamesTheMomentOfSuspicion() {
    let (detector, now) = detector(intervals: Array(repeating: 100, count: 50))
    let values = [50, 100, 120, 150, 200].map { detector.phi(at: now + .milliseconds($0)) }
    #expect(values == values.sorted() && values[1] > 0.29 && values[1] < 0.31, "half of all come later than the mean")
    #expect(detector.phi(at: detector.suspicion!) >= 7.99)
    #expect(detector.suspicion! > now + .milliseconds(150) && detector.suspicion! < now + .milliseconds(160))
  }

  @Test func givesAnIrregularSenderMoreTime() {
    let (regular, _) = detector(intervals: Array(repeating: 100, count: 64))
    let (irregular, now) = detector(intervals: (0..<64).map { $0 % 2 == 0 ? 20 : 180 })
    #expect(irregular.phi(at: now + .milliseconds(200)) < 2)
    #expect(irregular.suspicion!.nanoseconds - now.nanoseconds > 400_000_000)
    #expect(regular.suspicion != nil)
  }

  @Test func forgetsOldIntervals() {
    let (detector, now) = detector(intervals: Array(repeating: 1000, count: 64) + Array(repeating: 100, count: 80))
    #expect(detector.suspicion! < now + .milliseconds(160))
  }

  @Test func neverSuspectsBeforeTheFirstHeartbeat() {
    let detector = PhiAccrualDetector(expected: .seconds(1), minimumDeviation: .milliseconds(1), threshold: 8)
    #expect(detector.phi(at: Instant(nanoseconds: .max / 2)) == 0 && detector.suspicion == nil)
  }
}
