import RoostBase
import RoostPlatform

/// What connects two processes: in each direction one pipe per lane. The directions open one after the other, and are gone
/// together.
final class SimulatedConnection {
  let endpoints: [SimulatedPeerNetwork]
  private let network: SimulatedNetwork
  /// By direction (index of the sender) and lane.
  private var pipes: [[SimulatedPipe]] = []
  private(set) var isOpen = true
  /// By direction: whether the sender may send.
  private var isReady = [false, false]

  init(network: SimulatedNetwork, _ first: SimulatedPeerNetwork, _ second: SimulatedPeerNetwork) {
    self.network = network
    endpoints = [first, second]
    for sender in 0...1 {
      let source = endpoints[sender]
      let target = endpoints[1 - sender]
      pipes.append(
        PeerLane.allCases.map { _ in
          SimulatedPipe(
            network: network, node: target.id,
            gate: { [unowned network] in
              target.life.isRunning && !network.isBlocked(from: source.id, to: target.id)
            },
            deliver: { target.deliver($0, from: source.id) })
        })
    }
  }

  /// Opens the direction in which the endpoint with this number sends, and tells it.
  func open(_ direction: Int) {
    guard isOpen else { return }
    isReady[direction] = true
    endpoints[direction].connected(to: endpoints[1 - direction].id)
  }

  func send(_ payload: [UInt8], from source: SimulatedPeerNetwork, lane: PeerLane) -> Bool {
    let direction = source === endpoints[0] ? 0 : 1
    let pipe = pipes[direction][Int(lane.rawValue)]
    guard isOpen, isReady[direction], pipe.bytes + payload.count <= network.options.laneBytes else { return false }
    let target = endpoints[source === endpoints[0] ? 1 : 0]
    switch network.fate() {
    case .arrives:
      pipe.push(payload, at: network.arrival())
    case .isDropped:
      break
    case .resets:
      breakUp()
      network.redial(source.id, target.id)
    case .arrivesTwice:
      pipe.push(payload, at: network.arrival())
      if network.mayRepeat(payload) { stray(payload, from: source, to: target) }
    case .strays:
      stray(payload, from: source, to: target)
    }
    return true
  }

  func wake() {
    for direction in pipes { for pipe in direction { pipe.wake() } }
  }

  /// Breaks the connection: what is under way is lost, and both ends learn of it.
  func breakUp() {
    guard isOpen else { return }
    isOpen = false
    for direction in pipes { for pipe in direction { pipe.close() } }
    endpoints[0].disconnected(from: endpoints[1].id)
    endpoints[1].disconnected(from: endpoints[0].id)
  }

  /// One end's process died and its machine says so: what it had sent still arrives, then the other end learns of it.
  func end(by dead: SimulatedPeerNetwork, _ work: @escaping () -> Void) {
    let direction = dead === endpoints[0] ? 0 : 1
    pipes[direction][Int(PeerLane.consensus.rawValue)].finish { [self] in
      breakUp()
      work()
    }
  }

  private func stray(_ payload: [UInt8], from source: SimulatedPeerNetwork, to target: SimulatedPeerNetwork) {
    network.world.post(after: network.strayDelay(), kind: .message, node: target.id) { [self] in
      guard target.life.isRunning, !network.isBlocked(from: source.id, to: target.id) else { return }
      network.world.trace(TraceHash.of(payload))
      target.deliver(payload, from: source.id)
    }
  }
}
