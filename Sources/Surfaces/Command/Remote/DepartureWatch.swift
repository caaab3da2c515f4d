import Foundation
import RoostCluster
import RoostPlatform

/// Follows a replacement or a departure until it is over, and tells of every change on a line of its own.
///
/// Only the leader of the system group is believed, and only if it has applied what the order was answered for: any other
/// node may not have heard of the order, and would call it done before it began.
struct DepartureWatch {
  enum Report {
    case underWay(String)
    case done(String)
  }

  let number: UInt64
  let position: UInt64
  let cluster: RemoteCluster

  /// How often the leader may be missing in a row.
  private static let patience = 12

  func wait(_ report: (DepartureProgress) -> Report) async throws {
    var shown = ""
    var failures = 0
    // The node asked may be the one that leaves.
    let others = ((try? await cluster.status())?.nodes ?? []).compactMap { PeerAddress($0.peer_address) }
    let request = DepartureProgressRequest(number: number, position: position)
    while true {
      do {
        let progress: DepartureProgress = try await cluster.askSystemLeader(
          ClusterChannels.progress, request, orThrough: others)
        failures = 0
        if progress == .unknown { throw UnknownNode(number: number) }
        switch report(progress) {
        case .done(let text): return Terminal.print(text)
        case .underWay(let text):
          if text != shown { Terminal.print(text) }
          shown = text
        }
      } catch let error as UnknownNode {
        throw CommandFailure("there never was a node with number \(error.number)")
      } catch {
        // The nodes may be busy electing a leader.
        failures += 1
        if failures > DepartureWatch.patience { throw error }
      }
      // house: the program waits for the cluster, not a node for anything
      try await ContinuousClock().sleep(for: .milliseconds(300))
    }
  }

  /// No node ever had the number: asking again does not help.
  private struct UnknownNode: Error {
    var number: UInt64
  }
}
