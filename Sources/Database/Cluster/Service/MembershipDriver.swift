import RoostBase
import RoostPlatform
import RoostRaft
import RoostStore

/// Brings the members of every group this node leads in line with the registry, by the steps of ``MembershipPlan``, one
/// change of a group at a time.
///
/// It keeps no plan of its own: each look compares what is with what should be and proposes the next step, so a leader
/// that dies half-way loses nothing; its successor looks at the same registry. A node may lead thousands of groups, so
/// only those that something happened to are looked at, and only some of them change at once. Touched on the host's
/// loop only.
final class MembershipDriver: @unchecked Sendable {
  /// A learner that lacks no more entries than this votes.
  private static let caughtUp: UInt64 = 64
  private static let interval = Duration.milliseconds(20)
  /// Groups that may be in the middle of a change at the same time.
  private static let concurrency = 64
  /// Looks between two attempts to give a group's leadership away: each may make its requests wait, and the one that was
  /// asked may be unable to lead.
  private static let handOverPause = 50
  /// After that many looks a group that gets nowhere gives its place to another one.
  private static let patience = 250
  /// Groups that are looked at before the loop is given to others.
  private static let batch = 1024

  private unowned let host: GroupHost
  private var timer: (any LoopTimer)?
  /// Groups to look at, first come first served.
  private var waiting: [GroupID] = []
  private var isWaiting: Set<GroupID> = []
  /// Groups with something left to do, and how often they were looked at.
  private var active: [(group: GroupID, looks: Int)] = []

  var plan = MembershipPlan() {
    didSet {
      guard plan != oldValue else { return }
      for status in host.status() where status.role == .leader { enqueue(status.id) }
      arm()
    }
  }

  init(host: GroupHost) { self.host = host }

  /// Something happened to a group: it is looked at soon.
  func note(_ group: GroupID) {
    enqueue(group)
    arm()
  }

  func stop() { timer?.cancel() }

  private func enqueue(_ group: GroupID) {
    if isWaiting.insert(group).inserted { waiting.append(group) }
  }

  private func look() {
    timer = nil
    let current = active
    active.removeAll(keepingCapacity: true)
    for (group, looks) in current where advance(group, looks) {
      if looks < MembershipDriver.patience { active.append((group, looks + 1)) } else { enqueue(group) }
    }
    var position = 0
    while position < min(waiting.count, MembershipDriver.batch), active.count < MembershipDriver.concurrency {
      let group = waiting[position]
      position += 1
      isWaiting.remove(group)
      if !active.contains(where: { $0.group == group }), advance(group, 0) { active.append((group, 1)) }
    }
    waiting.removeFirst(position)
    arm()
  }

  /// Proposes a group's next step; false if there is none.
  private func advance(_ group: GroupID, _ looks: Int) -> Bool {
    guard let status = host.status(of: group), status.role == .leader else { return false }
    let step = plan.nextStep(
      for: MembershipPlan.View(
        configuration: status.configuration, leader: host.configuration.node, isLive: { self.host.isReachable($0) },
        hasCaughtUp: { node in
          guard let matched = self.host.matchedIndex(of: node, in: group), matched > .zero else { return false }
          return matched + MembershipDriver.caughtUp >= status.commitIndex
        }))
    switch step {
    case .done: return false
    case .wait: return true
    case .handOver(let candidates):
      guard looks % MembershipDriver.handOverPause == 0 else { return true }
      // Another one for every group, so that what one node led does not fall to one other; and another one each time.
      let turn = group.rawValue + UInt64(looks / MembershipDriver.handOverPause)
      host.transferLeadership(of: group, to: candidates[Int(turn % UInt64(candidates.count))])
      return true
    case .propose(let change):
      // Refused while an earlier change is under way or leadership is fresh: the next look tries again.
      try? host.propose(change, in: group)
      return true
    }
  }

  private func arm() {
    guard timer == nil, !waiting.isEmpty || !active.isEmpty else { return }
    timer = host.loop.schedule(at: host.loop.now + MembershipDriver.interval) { [weak self] in self?.look() }
  }
}
