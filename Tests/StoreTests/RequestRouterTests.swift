import RoostBase
import RoostPlatform
import RoostRaft
import Testing

@testable import RoostStore

@Suite("Where requests go")
struct RequestRouterTests {
  private static let group = GroupID(2)
  private static let (two, three) = (NodeID(2), NodeID(3))

  private final class Bench: RoutingTable, @unchecked Sendable {
    let loop = ManualLoop()
    let network: RecordingNetwork
    let sweep: DeadlineSweep
    let router: RequestRouter
    var place = RequestRouter.Destination.node(two)
    var evaluated = 0
    var answers: [String] = []

    init(requests: Int = 100) {
      network = RecordingNetwork(loop, open: [two, three])
      sweep = DeadlineSweep(loop: loop)
      router = RequestRouter(
        loop: loop, network: network, sweep: sweep, limits: .init(requests: requests, bulkBytesInFlight: 1), firstID: 1)
      router.table = self
    }

    func destination(of request: RoutedRequest) -> RequestRouter.Destination { place }
    func evaluate(_ request: RoutedRequest) { evaluated += 1 }
    func commitIndex(of group: GroupID) -> LogIndex { LogIndex(7) }
    func voucher(for leader: NodeID, of group: GroupID) -> ReadVoucher? { nil }
    func expiryError(of request: RoutedRequest) -> StoreError { .noQuorum(group: 2, missing: []) }
    func checkReadIndex(
      _ index: LogIndex, against committed: LogIndex, in group: GroupID, from node: NodeID
    ) -> StoreError? { index < committed ? .noReplica(group: 2) : nil }

    func read(_ name: String, within limit: Duration = .seconds(10)) {
      router.route(
        RoutedRequest(
          group: group, body: .readIndex { [unowned self] in note(name, $0) }, deadline: loop.now + limit))
    }

    func commit(_ name: String, hold: RequestHold? = nil) {
      let request = CommitRequest(readTimestamp: .zero, writes: [.init(key: Key("k"), value: [1])])
      router.route(
        RoutedRequest(
          group: group, body: .commit(request) { [unowned self] in note(name, $0) }, deadline: loop.now + .seconds(10),
          hold: hold))
    }

    /// Of three slices.
    func bulk(_ name: String, hold: RequestHold? = nil) {
      var limits = BulkLimits()
      limits.sliceWrites = 1
      let writes = (1...3).map { CommitRequest.Write(key: Key("k\($0)"), value: [1]) }
      let request = CommitRequest(readTimestamp: .zero, writes: writes).makeBulk(limits)
      router.route(
        RoutedRequest(
          group: group, body: .bulk(request) { [unowned self] in note(name, $0) }, deadline: loop.now + .seconds(10),
          hold: hold))
    }

    private func note<Value>(_ name: String, _ result: Result<Value, LocalFailure>) {
      switch result {
      case .success: answers.append("\(name) done")
      case .failure(.notLeader): answers.append("\(name) not here")
      case .failure(.store(.unknownOutcome)): answers.append("\(name) unknown")
      case .failure(.store(.noQuorum)): answers.append("\(name) no quorum")
      case .failure(.store(.overloaded)): answers.append("\(name) overloaded")
      case .failure(.store(.notServing)): answers.append("\(name) not serving")
      case .failure(.store): answers.append("\(name) failed")
      }
    }
  }

  @Test("what can be decided here is, and what can't be anywhere is refused")
  func here() {
    let bench = Bench()
    bench.place = .here
    bench.read("a")
    bench.place = .refused(.noReplica(group: 2))
    bench.read("b")
    #expect(bench.evaluated == 1 && bench.answers == ["b failed"] && bench.network.sent.isEmpty)
  }

  @Test("without a leader requests wait, until there is one or their time is over")
  func waiting() {
    let bench = Bench()
    bench.place = .unknown
    bench.read("a", within: .milliseconds(100))
    bench.commit("b")
    bench.loop.run(for: .milliseconds(150))
    #expect(bench.answers == ["a no quorum"])
    bench.place = .here
    bench.router.leaderChanged(of: Self.group, to: NodeID(1))
    #expect(bench.evaluated == 1)
  }

  @Test("the leader's answer counts, and only its")
  func answers() throws {
    let bench = Bench()
    bench.commit("a")
    #expect(try bench.network.kinds() == [.request])
    bench.router.answered(1, .committed(Timestamp(5)), by: Self.three)
    #expect(bench.answers.isEmpty)
    bench.router.answered(1, .committed(Timestamp(5)), by: Self.two)
    bench.router.answered(1, .committed(Timestamp(5)), by: Self.two)
    #expect(bench.answers == ["a done"])
    bench.commit("b")
    bench.router.answered(2, .notLeader(.none, nil), by: Self.two)
    #expect(bench.answers == ["a done"] && bench.network.sent.count == 2, "not in the same turn")
    bench.loop.run(for: .milliseconds(30))
    #expect(bench.network.sent.count == 3)
    #expect(bench.router.forwardedCount == 3)
  }

  @Test("with the connection a read is asked again, and a commit has an unknown outcome")
  func lostConnection() {
    let bench = Bench()
    bench.read("a")
    bench.commit("b")
    bench.place = .unknown
    bench.router.connectionLost(to: Self.three)
    #expect(bench.answers.isEmpty)
    bench.router.connectionLost(to: Self.two)
    #expect(bench.answers == ["b unknown"])
    bench.place = .here
    bench.router.unpark()
    #expect(bench.evaluated == 1)
  }

  @Test("a read that is not answered is asked again after a second; a commit is not")
  func lostAnswer() {
    let bench = Bench()
    bench.read("a")
    bench.commit("b")
    bench.loop.run(for: .milliseconds(900))
    #expect(bench.network.sent.count == 2)
    bench.loop.run(for: .milliseconds(200))
    #expect(bench.network.sent.count == 3)
    // The first answer after all: nobody waits for it.
    bench.router.answered(1, .index(LogIndex(9)), by: Self.two)
    #expect(bench.answers.isEmpty)
    bench.router.answered(3, .index(LogIndex(9)), by: Self.two)
    #expect(bench.answers == ["a done"])
    bench.loop.run(for: .seconds(10))
    #expect(bench.answers == ["a done", "b unknown"])
  }

  @Test("a read of which another node has become the leader is asked again at once")
  func otherLeader() {
    let bench = Bench()
    bench.read("a")
    bench.commit("b")
    bench.place = .node(Self.three)
    bench.router.leaderChanged(of: Self.group, to: Self.three)
    #expect(bench.network.sent.map(\.node) == [Self.two, Self.two, Self.three])
  }

  @Test("a leader that answers a read from before what is known to be committed is not believed")
  func contradiction() {
    let bench = Bench()
    bench.read("a")
    bench.router.answered(1, .index(LogIndex(6)), by: Self.two)
    bench.read("b")
    bench.router.answered(2, .index(LogIndex(7)), by: Self.two)
    #expect(bench.answers == ["a failed", "b done"])
  }

  @Test("a bulk commit goes slice by slice, as the leader acknowledges them")
  func bulkWindow() throws {
    let bench = Bench()
    bench.bulk("a")
    #expect(try bench.network.kinds() == [.bulkPart, .bulkPart], "the head, and one slice")
    bench.router.creditReceived(for: 1, slices: 1, from: Self.three)
    bench.router.creditReceived(for: 1, slices: 2, from: Self.two)
    #expect(bench.network.sent.count == 2, "not its leader, and not sent yet")
    bench.router.creditReceived(for: 1, slices: 1, from: Self.two)
    bench.router.creditReceived(for: 1, slices: 2, from: Self.two)
    #expect(bench.network.sent.count == 4 && bench.network.sent.allSatisfy { $0.lane == .bulk })
    bench.router.answered(1, .committed(Timestamp(5)), by: Self.two)
    #expect(bench.answers == ["a done"] && bench.network.sent.count == 4, "nothing is left to be cancelled")
  }

  @Test("a bulk commit of which the leader lacks a part certainly did not happen", arguments: [true, false])
  func bulkLost(isWhole: Bool) {
    let bench = Bench()
    bench.bulk("a")
    if isWhole {
      bench.router.creditReceived(for: 1, slices: 1, from: Self.two)
      bench.router.creditReceived(for: 1, slices: 2, from: Self.two)
    }
    bench.router.connectionLost(to: Self.two)
    #expect(bench.answers == (isWhole ? ["a unknown"] : []))
    bench.place = .here
    bench.loop.run(for: .milliseconds(30))
    #expect(bench.evaluated == (isWhole ? 0 : 1))
  }

  @Test("a bulk commit that stands still begins anew")
  func bulkStuck() throws {
    let bench = Bench()
    bench.bulk("a")
    bench.loop.run(for: .milliseconds(1900))
    #expect(bench.network.sent.count == 2)
    bench.loop.run(for: .milliseconds(200))
    #expect(bench.network.sent.count == 5, "it is cancelled, and begins anew")
    #expect(bench.answers.isEmpty)
  }

  @Test("a full lane is tried again")
  func fullLane() {
    let bench = Bench()
    bench.bulk("a")
    bench.network.open = []
    bench.router.creditReceived(for: 1, slices: 1, from: Self.two)
    bench.loop.run(for: .milliseconds(20))
    #expect(bench.network.sent.count == 2)
    bench.network.open = [Self.two]
    bench.loop.run(for: .milliseconds(20))
    #expect(bench.network.sent.count == 3)
  }

  @Test("who gives up a commit is told whether it may have happened")
  func givingUp() throws {
    let bench = Bench()
    let (commit, bulk) = (RequestHold(), RequestHold())
    bench.commit("a", hold: commit)
    bench.bulk("b", hold: bulk)
    #expect(commit.mayHappen && !bulk.mayHappen)
    bench.sweep.forget(bulk)
    #expect(try bench.network.kinds() == [.request, .bulkPart, .bulkPart, .bulkPart], "the leader is told")
    bench.sweep.forget(commit)
    bench.router.answered(1, .committed(Timestamp(5)), by: Self.two)
    #expect(bench.answers.isEmpty && !bench.router.hasWaiters)
  }

  @Test("only so many requests wait")
  func limit() {
    let bench = Bench(requests: 2)
    for name in ["a", "b", "c"] { bench.commit(name) }
    #expect(bench.answers == ["c overloaded"])
    bench.router.answered(1, .committed(Timestamp(5)), by: Self.two)
    bench.commit("d")
    #expect(bench.answers == ["c overloaded", "a done"])
  }

  @Test("when the node stops everybody is told, and nobody waits any more")
  func stopping() {
    let bench = Bench()
    bench.commit("a")
    bench.read("b")
    bench.place = .unknown
    bench.commit("c")
    bench.router.stop(.notServing)
    #expect(bench.answers == ["c not serving", "a unknown", "b not serving"])
    bench.read("d")
    #expect(bench.answers.last == "d not serving")
  }
}
