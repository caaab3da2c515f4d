import RoostBase
import RoostPlatform

/// Finds out which nodes answer at the addresses a node was started with.
///
/// A node that was restarted knows where the others *were*. When all of them have moved at once, to other ports for
/// instance, no one finds anyone by that, and without a quorum no record of the new places can be written. The
/// addresses given at the start are then the only fresh ones; the greeting tells who is there. Records of earlier places may
/// be applied afterwards, so whoever can't be reached is looked for again. Touched on its loop only.
final class SeedFinder: @unchecked Sendable {
  private let loop: any Loop
  private let clusterID: UInt128
  private let dialer: any NodeDialer
  private let isReached: (NodeID) -> Bool
  private let found: (NodeID, PeerAddress) -> Void
  private let seeds: [PeerAddress]
  /// Who was found where.
  private var nodes: [PeerAddress: NodeID] = [:]
  private var pause = SeedFinder.firstPause
  private var timer: (any LoopTimer)?
  private var isStopped = false

  private static let firstPause = Duration.milliseconds(100)
  private static let longestPause = Duration.seconds(5)

  /// - Parameters:
  ///   - isReached: whether a node that was found is connected.
  ///   - found: told for every address, when a node of this cluster answers there.
  init(
    _ seeds: [PeerAddress], clusterID: UInt128, dialer: any NodeDialer, loop: any Loop,
    isReached: @escaping (NodeID) -> Bool, found: @escaping (NodeID, PeerAddress) -> Void
  ) {
    self.seeds = seeds
    self.clusterID = clusterID
    self.dialer = dialer
    self.loop = loop
    self.isReached = isReached
    self.found = found
  }

  func start() { ask() }

  func stop() {
    isStopped = true
    timer?.cancel()
  }

  private func ask() {
    guard !isStopped, !seeds.isEmpty else { return }
    for address in seeds where nodes[address].map({ !isReached($0) }) ?? true {
      dialer.identify(address, of: clusterID) { [self] node in
        guard let node, !isStopped else { return }
        nodes[address] = node
        if !isReached(node) { found(node, address) }
      }
    }
    timer = loop.schedule(at: loop.now + pause) { [self] in ask() }
    pause = min(pause * 2, SeedFinder.longestPause)
  }
}
