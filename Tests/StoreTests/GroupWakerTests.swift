import RoostBase
import RoostPlatform
import RoostRaft
import Testing

@testable import RoostStore

@Suite("Which silent groups are woken, and when")
struct GroupWakerTests {
  private static let (one, two, three) = (NodeID(1), NodeID(2), NodeID(3))

  private final class Member: SilentMember, @unchecked Sendable {
    let group: GroupID
    var leader: NodeID
    var isSuspended = false
    var isSilent = true
    var configuration = Configuration(voters: [one, two, three])
    var behind: Set<NodeID> = []
    var events: [String] = []

    init(_ group: UInt64, leader: NodeID) {
      self.group = GroupID(group)
      self.leader = leader
    }

    var isLeader: Bool { leader == one }
    func isBehind(_ node: NodeID) -> Bool? { configuration.members.contains(node) ? behind.contains(node) : nil }
    func wake(now: Instant) { events.append("woken") }

    func leaderLost(_ leader: NodeID, now: Instant, standingAfter delay: Duration) {
      self.leader = .none
      events.append("lost \(leader.rawValue), stands after \(delay / .milliseconds(1))")
    }
  }

  private final class Bench: SilentGroups {
    let loop = ManualLoop()
    let waker: GroupWaker<Member>
    var members: [Member]
    var awakeCount = 0
    var reachable: Set<NodeID> = [two, three]
    var suspected: Set<NodeID> = []
    var woken: [GroupID] = []

    init(_ members: [Member]) {
      self.members = members
      waker = GroupWaker(node: one, loop: loop)
      waker.groups = self
    }

    func isReachable(_ node: NodeID) -> Bool { reachable.contains(node) }
    func isSuspected(_ node: NodeID) -> Bool { suspected.contains(node) }
    func woken(_ member: Member) { woken.append(member.group) }

    func suspect(_ node: NodeID) {
      suspected.insert(node)
      reachable.remove(node)
      waker.nodeSuspected(node)
    }
  }

  @Test func followersOfADeadLeaderStandOneAfterTheOther() {
    let members = [Member(6, leader: Self.two), Member(7, leader: Self.two), Member(8, leader: Self.three)]
    let bench = Bench(members)
    bench.suspect(Self.two)
    #expect(bench.woken.isEmpty)
    bench.loop.run(for: .milliseconds(5))
    // Of the voters 1 and 3 the first is another one for every group.
    #expect(members.map(\.events) == [["lost 2, stands after 0.0"], ["lost 2, stands after 40.0"], []])
    #expect(bench.woken == [GroupID(6), GroupID(7)])
  }

  @Test func leaderThatLivesAfterAllIsKept() {
    let member = Member(6, leader: Self.two)
    let bench = Bench([member])
    bench.suspect(Self.two)
    bench.suspected = []
    bench.loop.run(for: .seconds(1))
    #expect(member.events.isEmpty && bench.woken.isEmpty)
  }

  @Test func leaderLooksForItsQuorumOnlyWhenThatIsGone() {
    let member = Member(6, leader: Self.one)
    let bench = Bench([member])
    bench.suspect(Self.two)
    bench.loop.run(for: .seconds(1))
    #expect(member.events.isEmpty)
    bench.suspect(Self.three)
    bench.loop.run(for: .seconds(1))
    #expect(member.events == ["woken"])
  }

  @Test func onlyWhoMissedSomethingIsWokenForANodeThatIsBack() {
    let (complete, behind) = (Member(6, leader: Self.one), Member(7, leader: Self.one))
    behind.behind = [Self.two]
    let bench = Bench([complete, behind])
    bench.waker.nodeReturned(Self.two, isNew: false)
    bench.loop.run(for: .seconds(1))
    #expect(bench.woken == [GroupID(7)])
  }

  @Test func everyGroupOfANewIncarnationIsWoken() {
    let (led, followed) = (Member(6, leader: Self.one), Member(7, leader: Self.two))
    let bench = Bench([led, followed])
    bench.waker.nodeReturned(Self.two, isNew: true)
    bench.loop.run(for: .seconds(1))
    #expect(led.events == ["woken"])
    #expect(followed.leader == .none)
  }

  @Test func thousandsAreWokenAFewAtATimeAndFewerWhereManyAreAwake() {
    let bench = Bench((0..<100).map { Member($0, leader: Self.two) })
    bench.suspect(Self.two)
    bench.loop.run(for: .milliseconds(5))
    #expect(bench.woken.count == 32)
    bench.awakeCount = 512
    bench.loop.run(for: .milliseconds(5))
    #expect(bench.woken.count == 36)
    bench.loop.run(for: .seconds(1))
    #expect(bench.woken == (0..<100).map { GroupID($0) })
  }

  @Test func membersThatTakeNoPartAreLeftAlone() {
    let (suspended, awake) = (Member(6, leader: Self.two), Member(7, leader: Self.two))
    suspended.isSuspended = true
    awake.isSilent = false
    let bench = Bench([suspended, awake])
    bench.suspect(Self.two)
    bench.loop.run(for: .seconds(1))
    #expect(suspended.events.isEmpty && awake.events.isEmpty)
  }

  @Test func messageOfALostLeadersGroupWakesItBeforeItsTurn() {
    let member = Member(6, leader: Self.two)
    let bench = Bench([member])
    bench.waker.wakeIfLeaderIsLost(member)
    #expect(member.events.isEmpty)
    bench.suspect(Self.two)
    bench.waker.wakeIfLeaderIsLost(member)
    #expect(member.events == ["lost 2, stands after 0.0"])
  }

  @Test func laggardsAreLookedForOnceInAWhile() {
    let member = Member(6, leader: Self.one)
    member.behind = [Self.three]
    let bench = Bench([member])
    for _ in 1...15 { bench.waker.heartbeatsAreMade() }
    bench.loop.run(for: .seconds(1))
    #expect(bench.woken.isEmpty)
    bench.waker.heartbeatsAreMade()
    bench.loop.run(for: .seconds(1))
    #expect(bench.woken == [GroupID(6)] && bench.waker.laggardsFound == 1)
  }

  @Test func laggardThatCannotBeReachedIsNone() {
    let member = Member(6, leader: Self.one)
    member.behind = [Self.three]
    let bench = Bench([member])
    bench.reachable = [Self.two]
    for _ in 1...16 { bench.waker.heartbeatsAreMade() }
    bench.loop.run(for: .seconds(1))
    #expect(bench.woken.isEmpty && bench.waker.laggardsFound == 0)
  }

  @Test func nothingIsWokenAfterTheEnd() {
    let bench = Bench([Member(6, leader: Self.two)])
    bench.suspect(Self.two)
    bench.waker.stop()
    bench.loop.run(for: .seconds(1))
    #expect(bench.woken.isEmpty)
  }

  @Test func successionBeginsWithAnotherVoterForEachGroup() {
    let configuration = Configuration(voters: [Self.one, Self.two, Self.three], learners: [NodeID(4)])
    func positions(_ group: UInt64, without leader: NodeID = .none) -> [Int] {
      (1...4).map { Succession.position(of: NodeID($0), in: GroupID(group), configuration, without: leader) }
    }
    #expect(positions(0) == [0, 1, 2, 3])
    #expect(positions(1) == [2, 0, 1, 3])
    #expect(positions(1, without: Self.one) == [2, 1, 0, 2])
  }
}
