import RoostBase
import RoostPlatform
import RoostRaft
import RoostStore

/// Gives leadership of groups that this node leads to another node, some at a time, and notes how long each took.
///
/// A group takes requests until the target has caught up. Those that arrive in the last step wait on this node and go to
/// the new leader as soon as it is known; none fails. Only once per order is a group made to wait: a target that does not
/// take over then is not asked again. Touched on the host's loop only.
final class LeadershipTransfers: @unchecked Sendable {
  /// A group on its way to the target.
  private struct Attempt {
    var begun: Instant
    /// Whether the last step was seen: the group's requests waited for it.
    var wasHandedOver = false
    /// Since when the target is not heard of.
    var silentSince: Instant?
  }

  /// One order, with what is still to do.
  private final class Run {
    let target: NodeID
    var waiting: ArraySlice<GroupID>
    var begun: [GroupID: Attempt] = [:]
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
  /// How often groups are looked at: more often than the last step of a transfer is given up, so that none is missed. Those
  /// that got nowhere are given another push, for the core gives up a target that needs long to catch up.
  private static let interval = Duration.milliseconds(50)
  private static let timeLimit = Duration.seconds(10)
  /// How long the target may be silent, which may be a busy machine's fault.
  private static let patience = Duration.seconds(1)

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
      run.begun[group] = Attempt(begun: host.loop.now)
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
    guard let status = host.status(of: group), let attempt = run.begun[group] else { return }
    if status.leader == run.target {
      end(group, of: run)
    } else if status.role != .leader {
      // Until it is known who leads, or for as long as an order may take.
      if status.leader != .none, status.leader != host.configuration.node {
        end(group, of: run, error: "\(name(status.leader)) was elected instead")
      } else if attempt.begun + LeadershipTransfers.timeLimit <= host.loop.now {
        end(group, of: run, error: "\(name(run.target)) did not take over in time")
      }
    } else if status.isHandingOver {
      run.begun[group]?.wasHandedOver = true
    } else if attempt.wasHandedOver {
      end(group, of: run, error: "\(name(run.target)) did not take over in time")
    } else if attempt.begun + LeadershipTransfers.timeLimit <= host.loop.now {
      end(group, of: run, error: "\(name(run.target)) did not catch up in time")
    } else if host.isReachable(run.target) {
      run.begun[group]?.silentSince = nil
      host.transferLeadership(of: group, to: run.target)
    } else {
      let since = attempt.silentSince ?? host.loop.now
      run.begun[group]?.silentSince = since
      if since + LeadershipTransfers.patience <= host.loop.now {
        end(group, of: run, error: "\(name(run.target)) does not answer")
      }
    }
  }

  private func end(_ group: GroupID, of run: Run, error: String? = nil) {
    guard let begun = run.begun.removeValue(forKey: group)?.begun else { return }
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
