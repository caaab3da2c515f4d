import RoostBase
import RoostPlatform
import RoostStore

/// Asks the nodes that are reached where the others are.
///
/// A node that was cut off, or has just been taken in, knows where the others *were*. Of one that has moved it would hear by
/// the cluster's records; but if that one leads the system group, and needs this node's answers to get there, there are
/// none. So whoever can't be reached is asked for, of one that is reached after the other, and believed to be where it answers
/// then. Touched on its loop only.
final class AddressInquiry: @unchecked Sendable {
  /// What is to be known of the other nodes.
  struct Other {
    var node: NodeID
    /// Where it is, as far as the records here tell.
    var address: PeerAddress?
    var isReached: Bool
  }

  private let clusterID: UInt128
  private let loop: any Loop
  private let dialer: any NodeDialer
  private let others: () -> [Other]
  private let found: (NodeID, PeerAddress) -> Void
  /// Who was unreached at the last look: one that starts again is not asked for at once.
  private var unreached: Set<NodeID> = []
  private var asked = 0
  private var pause = AddressInquiry.firstPause
  private var timer: (any LoopTimer)?
  private var isStopped = false

  private static let firstPause = Duration.seconds(2)
  /// One that is gone for long is down, and not elsewhere.
  private static let longestPause = Duration.seconds(30)
  private static let timeLimit = Duration.seconds(2)

  /// - Parameters:
  ///   - others: the nodes of the cluster but this one.
  ///   - found: told where one answers that is not reached.
  init(
    _ clusterID: UInt128, dialer: any NodeDialer, loop: any Loop, others: @escaping () -> [Other],
    found: @escaping (NodeID, PeerAddress) -> Void
  ) {
    self.clusterID = clusterID
    self.dialer = dialer
    self.loop = loop
    self.others = others
    self.found = found
  }

  func start() {
    timer = loop.schedule(at: loop.now + pause) { [self] in
      look()
      if !isStopped { start() }
    }
  }

  func stop() {
    isStopped = true
    timer?.cancel()
  }

  private func look() {
    let others = others()
    let missing = Set(others.filter { !$0.isReached }.map(\.node))
    defer { unreached = missing }
    guard !missing.isDisjoint(with: unreached) else {
      pause = AddressInquiry.firstPause
      return
    }
    pause = min(pause * 2, AddressInquiry.longestPause)
    let witnesses = others.filter(\.isReached).compactMap(\.address)
    guard !witnesses.isEmpty else { return }
    asked += 1
    dialer.ask(
      witnesses[asked % witnesses.count], ClusterChannels.addresses.request(NoParts()),
      timeLimit: AddressInquiry.timeLimit
    ) { [self] outcome in
      guard !isStopped, case .answered(let response) = outcome,
        let addresses = ClusterChannels.addresses.answer(in: response)
      else { return }
      heard(addresses)
    }
  }

  private func heard(_ addresses: [NodeAddress]) {
    for other in others() where !other.isReached {
      guard let known = addresses.first(where: { $0.node == other.node }),
        let address = PeerAddress(known.peer), address.port != 0
      else { continue }
      dialer.identify(address, of: clusterID) { [self] node in
        if !isStopped, node == other.node { found(other.node, address) }
      }
    }
  }
}

/// Where a node is, as another one knows.
struct NodeAddress: Codable, Sendable {
  var node: NodeID
  var peer: String
}

extension ClusterChannels {
  /// Where the nodes of the cluster are.
  static let addresses = ClusterChannel<NoParts, [NodeAddress]>(71)
}
