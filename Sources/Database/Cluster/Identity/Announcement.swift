import Foundation
import RoostBase
import RoostPlatform
import RoostStore

/// A node that starts tells the cluster that it did, and where it is: the leader of the system group compares the start
/// with what it knows, and writes it down.
///
/// ```
///   node ── record (epoch, nonce, addresses) ──▶ leader of the system group
///        ◀── accepted ──────────────────────────  later than every start before, or the same one
///        ◀── contested ─────────────────────────  an earlier start of it is still heard of: ask again
///        ◀── refused ───────────────────────────  an old copy of the directory, a second process, a replaced node
/// ```
/// The question goes over a connection of its own, not through the groups: a process that uses another one's identity
/// would never hear from them.
struct Announcement {
  let question: OneShotCall
  let request: AnnounceRequest
  /// Answers here if this node leads; nil if it does not.
  let local: @Sendable () async -> AnnounceResponse?
  /// Where to ask, the most likely first.
  let candidates: @Sendable () async -> [PeerAddress]

  private static let pause = Duration.milliseconds(100)
  /// How long an earlier start may be heard of before this one gives up: longer than it takes to suspect a dead node.
  private static let contest = Duration.seconds(4)

  /// Asks until there is an answer; nil if cancelled.
  func make() async -> AnnounceResponse? {
    var contestedSince: Instant?
    var attempt = 0
    var leader: PeerAddress?
    while !Task.isCancelled {
      switch await ask(&leader, attempt) {
      case .contested?:
        let since = contestedSince ?? question.loop.now
        contestedSince = since
        if since + Announcement.contest <= question.loop.now {
          return .refused(reason: AnnounceResponse.duplicate)
        }
      case let answer?: return answer
      case nil: break
      }
      attempt += 1
      await question.rest(Announcement.pause)
    }
    return nil
  }

  private func ask(_ leader: inout PeerAddress?, _ attempt: Int) async -> AnnounceResponse? {
    if let answer = await local() { return answer }
    let others = await candidates()
    guard let address = leader ?? (others.isEmpty ? nil : others[attempt % others.count]) else { return nil }
    leader = nil
    guard let response = await question.ask(address, ClusterChannels.announce.request(request)) else { return nil }
    if case .notLeader(_, let other?) = response { leader = other }
    return ClusterChannels.announce.answer(in: response)
  }
}

extension Announcement {
  /// Asks everybody, before the node opens a connection as itself, whether it may start: what it does in the name of a
  /// process that lives would cut that one off. Whoever does not answer has nothing against it.
  ///
  /// - Returns: why it may not.
  static func objection(
    to record: NodeRecord, of clusterID: String, from addresses: [PeerAddress], on loop: any Loop,
    dialer: any NodeDialer
  ) async -> String? {
    let question = OneShotCall(loop: loop, dialer: dialer, timeLimit: .seconds(1))
    let request = AnnounceRequest(clusterID: clusterID, record: record, isQuestion: true)
    let deadline = loop.now + contest
    while true {
      let answers = await withTaskGroup(of: AnnounceResponse?.self) { group in
        for address in addresses {
          group.addTask {
            await question.ask(address, ClusterChannels.announce.request(request))
              .flatMap(ClusterChannels.announce.answer(in:))
          }
        }
        var answers: [AnnounceResponse] = []
        for await answer in group { if let answer { answers.append(answer) } }
        return answers
      }
      for case .refused(let reason) in answers { return reason }
      guard answers.contains(.contested) else { return nil }
      if deadline <= loop.now { return AnnounceResponse.duplicate }
      await question.rest(pause)
    }
  }
}

extension ClusterChannels {
  static let announce = ClusterChannel<AnnounceRequest, AnnounceResponse>(67)
}

struct AnnounceRequest: Codable, Equatable {
  var clusterID: String
  var record: NodeRecord
  /// Whether the node only asks for objections; any node can answer that, by what it knows itself.
  var isQuestion = false
}

enum AnnounceResponse: Codable, Equatable {
  case accepted
  case contested
  case refused(reason: String)

  static let duplicate =
    "another process uses the same identity; stop one of the two, and if one is a copy of the other's data directory, "
    + "give it a data directory of its own"
}
