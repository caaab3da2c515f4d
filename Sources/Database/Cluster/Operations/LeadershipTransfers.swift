import RoostPlatform
import RoostRaft
import RoostStore

/// Gives leadership of groups that this node leads to another node, some at a time, and notes how long each took.
///
/// Requests that arrive meanwhile wait on this node and go to the new leader as soon as it is known; none fails. Touched
/// on the host's loop only.
final class LeadershipTransfers: @unchecked Sendable {
  /// One order, with what is still to do.
  private final class Run {
    let target: NodeID
    var waiting: ArraySlice<GroupID>
    var begun: [GroupID: Instant] = [:]
    var ended: [TransferResponse.Transfer] = []
    let completion: ([TransferResponse.Transfer]) -> Void

    init(
      target: NodeID, groups: [GroupID], completion: @escaping ([TransferResponse.Transfer]) -> Void
    ) {
      self.target = target
      waiting = groups[...]
      self.completion = completion
    }
  }

  private unowned let host: GroupHost
  private let name: (NodeID) -> String
  private var runs: [Run] = []
  private var timer: (any LoopTimer)?

  /// Groups of one order that are under way at the same time.
  private static let concurrency = 32
  /// How often groups that got nowhere are given another push: the first may have been lost.
  private static let interval = Duration.milliseconds(50)
  private static let timeLimit = Duration.seconds(10)

  init(host: GroupHost, name: @escaping (NodeID) -> String) {
    self.host = host
    self.name = name
  }

  func stop() { timer?.cancel() }

  /// - Parameter groups: led by this node.
  func begin(
    _ groups: [GroupID], to target: NodeID, completion: @escaping ([TransferResponse.Transfer]) -> Void
  ) {
    let run = Run(target: target, groups: groups, completion: completion)
    runs.append(run)
    advance(run)
    arm()
  }

  func leadershipChanged(_ group: GroupID) {
    for run in runs where run.begun[group] != nil {
      judge(group, of: run)
      advance(run)
    }
  }

  private func advance(_ run: Run) {
    while run.begun.count < LeadershipTransfers.concurrency, let group = run.waiting.popFirst() {
      run.begun[group] = host.loop.now
      guard let status = host.status(of: group), status.configuration.voters.contains(run.target) else {
        end(group, of: run, error: "\(name(run.target)) does not vote in it")
        continue
      }
      host.transferLeadership(of: group, to: run.target)
    }
    guard run.begun.isEmpty, run.waiting.isEmpty, let place = runs.firstIndex(where: { $0 === run }) else { return }
    runs.remove(at: place)
    run.completion(run.ended.sorted { $0.partition < $1.partition })
  }

  /// Looks whether a transfer is over.
  private func judge(_ group: GroupID, of run: Run) {
    guard let status = host.status(of: group), let begun = run.begun[group] else { return }
    if status.leader == run.target {
      end(group, of: run)
    } else if status.role != .leader, status.leader != NodeID.none, status.leader != host.configuration.node {
      end(group, of: run, error: "\(name(status.leader)) was elected instead")
    } else if begun + LeadershipTransfers.timeLimit <= host.loop.now {
      end(group, of: run, error: "\(name(run.target)) did not take over in time")
    } else if status.role == .leader {
      host.transferLeadership(of: group, to: run.target)
    }
  }

  private func end(_ group: GroupID, of run: Run, error: String? = nil) {
    guard let begun = run.begun.removeValue(forKey: group) else { return }
    run.ended.append(
      TransferResponse.Transfer(
        partition: group.rawValue, from: name(host.configuration.node), to: name(run.target),
        milliseconds: Double(host.loop.now.nanoseconds - begun.nanoseconds) / 1_000_000, error: error))
  }

  private func arm() {
    guard timer == nil, !runs.isEmpty else { return }
    timer = host.loop.schedule(at: host.loop.now + LeadershipTransfers.interval) { [weak self] in
      guard let self else { return }
      timer = nil
      for run in runs {
        for group in run.begun.keys.sorted() { judge(group, of: run) }
        advance(run)
      }
      arm()
    }
  }
}
