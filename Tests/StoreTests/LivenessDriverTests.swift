import RoostBase
import RoostMembership
import RoostPlatform
import RoostRaft
import Testing

@testable import RoostStore

@Suite("Heartbeats in time, and who hears of it")
struct LivenessDriverTests {
  private static let two = NodeID(2)
  private static let interval = Duration.milliseconds(100)

  private final class Bench: LivenessWatcher {
    let loop = ManualLoop()
    let network: RecordingNetwork
    private(set) var driver: LivenessDriver!
    var durable: UInt64 = 7
    var events: [String] = []
    var condition: NodeCondition?

    init() {
      network = RecordingNetwork(loop, open: [two])
      driver = LivenessDriver(
        .init(incarnation: Incarnation(epoch: 1, nonce: 1), interval: interval), loop: loop, network: network,
        durableBatch: { [unowned self] in durable })
      driver.watcher = self
      driver.start()
    }

    func heartbeatsAreDue() {
      events.append("due")
      if let condition { _ = driver.setCondition(condition) }
    }
    func heartbeatsAreMade() { events.append("made") }
    func nodeSuspected(_ node: NodeID) { events.append("suspected") }
    func nodeReturned(_ node: NodeID, isNew: Bool) { events.append(isNew ? "new" : "returned") }
    func nodeIsDeaf(_ node: NodeID) { events.append("deaf") }
    func nodeRefused(_ node: NodeID, _ refusal: NodeLiveness.Refusal) { events.append("refused") }

    /// What the other node says next.
    private var sequence: UInt64 = 0
    func hear(epoch: UInt64 = 1) {
      sequence += 1
      driver.received(
        Heartbeat(
          tag: Incarnation(epoch: epoch, nonce: 2).tag, sequence: sequence, echo: sent().last?.sequence ?? 0,
          watermark: 0, condition: []), from: two)
    }

    /// The heartbeats sent so far.
    func sent() -> [Heartbeat] {
      network.sent.compactMap {
        var reader = ByteReader($0.payload)
        guard let kind = try? reader.readByte(), PeerPayload.Kind(rawValue: kind) == .heartbeat else { return nil }
        return try? reader.readHeartbeat()
      }
    }
  }

  @Test func nodeIsHeardThenSuspectedWhenItIsSilent() {
    let bench = Bench()
    bench.driver.connected(to: Self.two)
    bench.hear()
    #expect(bench.events == ["new"] && bench.driver.nodes.isReachable(Self.two))
    for _ in 1...20 {
      bench.loop.run(for: Self.interval)
      bench.hear()
    }
    #expect(!bench.events.contains("suspected"))
    bench.loop.run(for: .seconds(5))
    #expect(bench.events.contains("suspected") && bench.driver.nodes.isSuspected(Self.two))
  }

  @Test func closedConnectionIsSuspiciousAtOnce() {
    let bench = Bench()
    bench.driver.connected(to: Self.two)
    bench.hear()
    bench.driver.disconnected(from: Self.two)
    #expect(bench.events == ["new", "suspected"])
  }

  @Test func heartbeatsSayWhatIsTrueWhenTheyAreMade() throws {
    let bench = Bench()
    bench.driver.connected(to: Self.two)
    bench.hear()
    bench.durable = 9
    bench.condition = .diskFull
    bench.loop.run(for: Self.interval)
    let last = try #require(bench.sent().last)
    #expect(last.watermark == 9 && last.condition == .diskFull)
    #expect(bench.events == ["new", "due", "made"])
  }

  @Test func conditionThatIsKnownIsNoNews() {
    let bench = Bench()
    #expect(bench.driver.setCondition(.diskFull))
    #expect(!bench.driver.setCondition(.diskFull))
  }

  @Test func earlierIncarnationIsToldThatItIsRefused() throws {
    let bench = Bench()
    bench.driver.connected(to: Self.two)
    bench.hear(epoch: 5)
    bench.hear(epoch: 4)
    #expect(bench.events == ["new", "refused"])
    #expect(try bench.network.kinds().last == .refusal)
  }

  @Test func nothingHappensAfterTheEnd() {
    let bench = Bench()
    bench.driver.connected(to: Self.two)
    bench.hear()
    bench.driver.stop()
    let sent = bench.network.sent.count
    bench.loop.run(for: .seconds(5))
    #expect(bench.events == ["new"] && bench.network.sent.count == sent)
  }
}
