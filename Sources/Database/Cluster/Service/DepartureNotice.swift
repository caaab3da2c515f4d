import RoostBase
import RoostPlatform
import RoostStore

/// Finds out, on a node that leaves or may have been taken out while it was away, when it is out: what the system group
/// decides does not reach it any more from then on, so it asks whoever may know.
struct DepartureNotice {
  let question: OneShotCall
  let node: NodeID
  /// Where to ask, in no particular order.
  let candidates: @Sendable () async -> [PeerAddress]

  private static let pause = Duration.milliseconds(250)

  /// Returns true when it is out; false if cancelled, if it is not leaving after all, or if that could not be found out.
  ///
  /// - Parameter attempts: how often it is asked.
  func wait(attempts: Int = .max) async -> Bool {
    let request = ClusterChannels.progress.request(DepartureProgressRequest(number: node.rawValue, position: 0))
    var leader: PeerAddress?
    var attempt = 0
    while !Task.isCancelled, attempt < attempts {
      let addresses = await candidates()
      if let address = leader ?? (addresses.isEmpty ? nil : addresses[attempt % addresses.count]) {
        leader = nil
        switch await question.ask(address, request) {
        case .notLeader(_, let other?)?: leader = other
        case let response?:
          switch ClusterChannels.progress.answer(in: response) {
          case .out?: return true
          case .unknown?: return false
          case .some: leader = address
          case nil: break
          }
        case nil: break
        }
      }
      attempt += 1
      await question.rest(DepartureNotice.pause)
    }
    return false
  }
}
