import RoostPlatform
import RoostRaft

/// Finds out which nodes answer at the addresses a node was started with.
///
/// A node that was restarted knows where the others *were*. When all of them have moved at once, to other ports for
/// instance, no one finds anyone by that, and without a quorum no record of the new places can be written. The
/// addresses given at the start are then the only fresh ones; the greeting tells who is there. Touched on its loop
/// only.
final class SeedFinder: @unchecked Sendable {
  private let loop: any Loop
  private let clusterID: UInt128
  private let dialer: any NodeDialer
  private let found: (NodeID, PeerAddress) -> Void
  private var pending: [PeerAddress]
  private var pause = SeedFinder.firstPause
  private var timer: (any LoopTimer)?
  private var isStopped = false

  private static let firstPause = Duration.milliseconds(100)
  private static let longestPause = Duration.seconds(5)

  /// - Parameter found: told once for every address, when a node of this cluster answers there.
  init(
    _ seeds: [PeerAddress], clusterID: UInt128, dialer: any NodeDialer, loop: any Loop,
    found: @escaping (NodeID, PeerAddress) -> Void
  ) {
    pending = seeds
    self.clusterID = clusterID
    self.dialer = dialer
    self.loop = loop
    self.found = found
  }

  func start() { ask() }

  func stop() {
    isStopped = true
    timer?.cancel()
  }

  private func ask() {
    guard !isStopped, !pending.isEmpty else { return }
    for address in pending {
      dialer.identify(address, of: clusterID) { [self] node in
        guard let node, !isStopped, pending.contains(address) else { return }
        pending.removeAll { $0 == address }
        found(node, address)
      }
    }
    timer = loop.schedule(at: loop.now + pause) { [self] in ask() }
    pause = min(pause * 2, SeedFinder.longestPause)
  }
}
