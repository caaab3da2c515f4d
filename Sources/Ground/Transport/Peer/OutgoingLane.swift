import NIOCore
import NIOPosix
import RoostBase
import RoostPlatform

/// The connection this node made to another for one lane, and the wish to have it: performs what ``DialMachine``
/// decides.
// @unchecked: touched on the network's loop only.
final class OutgoingLane: @unchecked Sendable {
  let node: NodeID
  let lane: PeerLane
  private let network: TCPPeerNetwork
  private unowned let peer: Peer
  private var machine: DialMachine
  private var connection: FramedConnection?
  private var retry: (any LoopTimer)?
  private var intervals = 0

  init(peer: Peer, lane: PeerLane, network: TCPPeerNetwork) {
    self.peer = peer
    self.node = peer.node
    self.lane = lane
    self.network = network
    let configuration = network.configuration
    var seed = SplitMix64(state: configuration.seed ^ network.node.rawValue)
    seed.state ^= seed.next() ^ (peer.node.rawValue << 8 | UInt64(lane.rawValue))
    machine = DialMachine(
      minimum: configuration.minimumBackOff, maximum: configuration.maximumBackOff, seed: seed.next())
  }

  var queuedBytes: Int { connection?.queuedBytes ?? 0 }

  func start() { perform(machine.start()) }

  /// Gives up the connection and the wish for one.
  func stop() {
    machine.stop()
    retry?.cancel()
    retry = nil
    connection?.close()
    connection = nil
  }

  func nodeCalled() { perform(machine.nodeCalled()) }

  func send(_ payload: [UInt8]) -> Bool { connection?.send(payload) ?? false }

  /// Asks at once for a sign of life, beside the regular times.
  func probe() { connection?.sendPing() }

  func intervalPassed() {
    guard let connection else { return }
    intervals += 1
    if intervals > 1 { machine.proved() }
    if connection.intervalPassed() >= network.configuration.silentIntervals {
      connection.close(.silent)
    } else {
      connection.sendPing()
    }
  }

  private func perform(_ action: DialMachine.Action) {
    switch action {
    case .none: break
    case .dial(let attempt):
      retry?.cancel()
      retry = nil
      dial(attempt)
    case .wait(let duration, let attempt):
      retry = network.loop.schedule(at: network.loop.now + duration) { [weak self] in
        guard let self else { return }
        perform(machine.due(attempt))
      }
    }
  }

  private func dial(_ attempt: UInt64) {
    guard let address = peer.address else { return }
    let hello = Hello(role: .node(lane), cluster: network.clusterID, caller: network.node, target: node)
    let handshake = CallerHandshake(
      CallerExchange(hello, network.authentication), address: address,
      timeout: TimeAmount(network.configuration.handshakeTimeout)
    ) { result in
      self.dialled(attempt, address, result)
    }
    network.connect(to: address, handshake)
  }

  private func dialled(
    _ attempt: UInt64, _ address: PeerAddress, _ result: Result<Established, TransportError>
  ) -> FramedConnection? {
    switch result {
    case .success(let established):
      guard machine.established(attempt) else { return nil }
      let connection = network.makeConnection(
        owner: Attempt(lane: self, number: attempt), established.security)
      self.connection = connection
      intervals = 0
      // The channel's pipeline has the connection only after this returns; whoever hears of it may send at once.
      network.loop.execute { [weak self] in
        guard let self, machine.attempt == attempt, self.connection === connection else { return }
        peer.laneConnected(self, address)
      }
      return connection
    case .failure(let error):
      guard attempt == machine.attempt else { return nil }
      perform(machine.failed(attempt))
      peer.laneFailed(self, address, error)
      return nil
    }
  }

  private func ended(_ attempt: UInt64, _ reason: ConnectionEnd) {
    guard attempt == machine.attempt else { return }
    connection = nil
    perform(machine.lost(attempt))
    peer.laneLost(self, reason)
  }

  /// Ties what a connection reports to the attempt that made it.
  private final class Attempt: FramedConnectionOwner {
    let lane: OutgoingLane
    let number: UInt64

    init(lane: OutgoingLane, number: UInt64) {
      self.lane = lane
      self.number = number
    }

    /// Nodes answer over connections of their own; a payload on this one is not expected and means nothing.
    func frameReceived(_ payload: [UInt8]) {}
    func queueDrained() {}
    func connectionEnded(_ reason: ConnectionEnd) { lane.ended(number, reason) }
  }
}
