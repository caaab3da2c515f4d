import RoostBase
import RoostPlatform
import RoostRaft

/// Wakes silent groups when a node that matters to them seems dead or is back.
///
/// Groups in which nothing happens are silent (``RaftCore/quiesce(among:now:)``) and have no timers. Those that have to do
/// with a node are woken a few at a time: thousands of elections at once would keep the loop from what keeps the other
/// nodes alive.
///
/// Touched on its loop only, which is what `@unchecked` relies on.
final class GroupWaker<Member: SilentMember>: @unchecked Sendable {
  /// A member that is to be woken, and why.
  private struct Wake {
    enum Reason {
      /// The leader's node seems dead; void if it turns out to live.
      case leaderLost
      /// The leader's process is another one now, which does not lead.
      case leaderRestarted
      /// The leader itself has something to find out.
      case resync
    }

    var member: Member
    var node: NodeID
    var reason: Reason
  }

  private let node: NodeID
  private let loop: any Loop
  /// Set before the first event.
  unowned var groups: (any SilentGroups<Member>)!
  private var waiting = FirstInFirstOut<Wake>()
  private var isArmed = false
  private var isStopped = false
  private var ticks = 0
  /// Members found that lacked something while their group was silent.
  private(set) var laggardsFound: UInt64 = 0

  /// Groups that are woken together, and the pause before the next ones.
  private static var batch: Int { 32 }
  private static var pause: Duration { .milliseconds(5) }
  /// From so many awake groups on, fewer are woken together.
  private static var awakeLimit: Int { 512 }
  private static var crowdedBatch: Int { 4 }
  /// Heartbeats between two looks for laggards.
  private static var laggardInterval: Int { 16 }
  /// How much later than its predecessor each follower of a dead leader stands for election.
  private static var successionDelay: Duration { .milliseconds(40) }

  /// - Parameter node: this node.
  init(node: NodeID, loop: any Loop) {
    self.node = node
    self.loop = loop
  }

  func stop() { isStopped = true }

  // MARK: Who has to be woken

  func nodeSuspected(_ node: NodeID) {
    for member in groups.members where member.leader == node && member.isSilent {
      waiting.append(Wake(member: member, node: node, reason: .leaderLost))
    }
    wakeWithoutQuorum(because: node)
  }

  /// Leaders whose quorum is gone look for it themselves once they are awake, and step down.
  func wakeWithoutQuorum(because node: NodeID) {
    for member in groups.members where member.isSilent && member.isLeader {
      guard member.configuration.members.contains(node), !hasQuorum(member.configuration) else { continue }
      waiting.append(Wake(member: member, node: node, reason: .resync))
    }
    arm()
  }

  private func hasQuorum(_ configuration: Configuration) -> Bool {
    JointQuorum(configuration).voteResult { $0 == node || groups.isReachable($0) } == .won
  }

  func nodeReturned(_ node: NodeID, isNew: Bool) {
    for member in groups.members where member.isSilent {
      if member.isLeader {
        // Another incarnation waits to hear of its leader; the same one only if it missed something.
        guard let isBehind = member.isBehind(node), isNew || isBehind else { continue }
        waiting.append(Wake(member: member, node: node, reason: .resync))
      } else if isNew, member.leader == node {
        waiting.append(Wake(member: member, node: node, reason: .leaderRestarted))
      }
    }
    arm()
  }

  /// Once in a while: a silent leader whose member lacks something although it can be reached. Nothing should lead to that,
  /// but if something did, the group would stay so until somebody wanted something of it.
  func heartbeatsAreMade() {
    ticks += 1
    guard ticks % Self.laggardInterval == 0, waiting.isEmpty else { return }
    for member in groups.members where member.isSilent && member.isLeader {
      let laggard = member.configuration.members.first {
        $0 != node && groups.isReachable($0) && member.isBehind($0) == true
      }
      guard let laggard else { continue }
      laggardsFound += 1
      waiting.append(Wake(member: member, node: laggard, reason: .resync))
    }
    arm()
  }

  /// A message of a member's group came while its leader is suspected here, but its turn to be woken has not come.
  func wakeIfLeaderIsLost(_ member: Member) {
    let leader = member.leader
    guard member.isSilent, leader != .none, groups.isSuspected(leader) else { return }
    forget(leader, of: member)
  }

  // MARK: Waking

  private func arm() {
    guard !waiting.isEmpty, !isArmed else { return }
    isArmed = true
    loop.schedule(at: loop.now + Self.pause) { [self] in
      isArmed = false
      guard !isStopped else { return }
      // What is awake already needs its share of the loop: then only a few more join in.
      let isCrowded = groups.awakeCount >= Self.awakeLimit
      for wake in waiting.take(isCrowded ? Self.crowdedBatch : Self.batch) { perform(wake) }
      arm()
    }
  }

  private func perform(_ wake: Wake) {
    guard !wake.member.isSuspended else { return }
    switch wake.reason {
    case .leaderLost where !groups.isSuspected(wake.node): return
    case .leaderLost, .leaderRestarted: forget(wake.node, of: wake.member)
    case .resync: wake.member.wake(now: loop.now)
    }
    groups.woken(wake.member)
  }

  /// Makes a follower of `leader` stand for election, each in its turn.
  private func forget(_ leader: NodeID, of member: Member) {
    guard member.leader == leader else { return }
    let position = Succession.position(of: node, in: member.group, member.configuration, without: leader)
    member.leaderLost(leader, now: loop.now, standingAfter: Self.successionDelay * position)
  }
}

/// A member of a group as its waker sees it.
protocol SilentMember: AnyObject, Sendable {
  var group: GroupID { get }
  /// Takes no part for now.
  var isSuspended: Bool { get }
  /// Has no timers, because nothing happens in its group.
  var isSilent: Bool { get }
  var isLeader: Bool { get }
  var leader: NodeID { get }
  var configuration: Configuration { get }
  /// Whether a node lacks entries, as the leader knows it; nil if it is no member.
  func isBehind(_ node: NodeID) -> Bool?
  func wake(now: Instant)
  /// Forgets a leader; the member stands for election once it has waited for its turn.
  func leaderLost(_ leader: NodeID, now: Instant, standingAfter delay: Duration)
}

/// The groups of a node, and what it knows of the other nodes.
protocol SilentGroups<Member>: AnyObject {
  associatedtype Member: SilentMember
  var members: [Member] { get }
  /// How many of them are not silent.
  var awakeCount: Int { get }
  func isReachable(_ node: NodeID) -> Bool
  func isSuspected(_ node: NodeID) -> Bool
  /// A member has something to do.
  func woken(_ member: Member)
}

/// Who stands for election after whom.
enum Succession {
  /// A node's place among the voters of a group, from 0 on: in order, but beginning with another one for every group, so that
  /// a dead node's groups fall to all the others alike. Behind all of them for a node that does not vote.
  ///
  /// - Parameter leader: a voter that is not counted.
  static func position(
    of node: NodeID, in group: GroupID, _ configuration: Configuration, without leader: NodeID = .none
  ) -> Int {
    let voters = configuration.voters.filter { $0 != leader }.sorted()
    guard let index = voters.firstIndex(of: node) else { return voters.count }
    let first = Int(group.rawValue % UInt64(voters.count))
    return (index + voters.count - first) % voters.count
  }
}

/// A queue that is taken from in batches.
struct FirstInFirstOut<Element> {
  private var elements: [Element] = []
  private var head = 0

  var isEmpty: Bool { head == elements.count }

  mutating func append(_ element: Element) { elements.append(element) }

  /// The first ones, at most `count`.
  mutating func take(_ count: Int) -> ArraySlice<Element> {
    let end = min(head + count, elements.count)
    let taken = elements[head..<end]
    head = end
    if isEmpty {
      elements = []
      head = 0
    }
    return taken
  }
}
