import RoostBase
import RoostPlatform
import RoostRaft
import RoostStore

/// Tells operators who leads: the system and the data group at once and one by one, all other partitions together and at
/// most once a second, for there may be thousands. Touched on the host's loop only.
final class LeadershipEvents: @unchecked Sendable {
  private unowned let host: GroupHost
  private let news: NamedEvents
  private var timer: (any LoopTimer)?
  private static let interval = Duration.seconds(1)

  init(host: GroupHost, news: NamedEvents) {
    self.host = host
    self.news = news
  }

  func stop() { timer?.cancel() }

  func leadershipChanged(_ group: GroupID, name: @escaping @Sendable (NodeID) -> String) {
    if group <= GroupDescriptor.data.id {
      guard let status = host.status(of: group) else { return }
      let leader = status.leader
      news.tell(about: leader == .none ? [] : [leader]) {
        .leader(group, leader == .none ? nil : name(leader), status.term)
      }
    } else if timer == nil {
      timer = host.loop.schedule(at: host.loop.now + LeadershipEvents.interval) { [weak self] in self?.tell(name) }
    }
  }

  private func tell(_ name: @escaping @Sendable (NodeID) -> String) {
    timer = nil
    let census = LeaderCensus(host.status().filter { $0.id > GroupDescriptor.data.id }.map(\.leader))
    news.tell(about: census.counts.map(\.node)) {
      .leaders(census.counts.map { (name($0.node), $0.count) }, none: census.withoutLeader)
    }
  }
}

/// How many groups each node leads.
struct LeaderCensus {
  /// In order of node.
  let counts: [(node: NodeID, count: Int)]
  let withoutLeader: Int

  init(_ leaders: [NodeID]) {
    var counts: [NodeID: Int] = [:]
    for leader in leaders { counts[leader, default: 0] += 1 }
    withoutLeader = counts.removeValue(forKey: .none) ?? 0
    self.counts = counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}
