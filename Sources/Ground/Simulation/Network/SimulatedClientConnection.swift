public import RoostBase
import RoostPlatform

/// A client's connection to one node, speaking the native protocol; the client itself is the test's code and runs as
/// events of the world.
///
/// Unchecked sendable: guarded by the world's thread.
public final class SimulatedClientConnection: @unchecked Sendable {
  public enum State: Sendable { case connecting, open, closed }

  public let node: NodeID
  public private(set) var state = State.connecting
  public var onOpen: (() -> Void)?
  public var onPayload: (([UInt8]) -> Void)?
  /// Called once, when the connection ends, was refused or timed out.
  public var onClose: (() -> Void)?
  private let network: SimulatedNetwork
  private var server: SimulatedNativeConnection?
  private var toServer: SimulatedPipe?
  private var toClient: SimulatedPipe?
  /// Sent before the connection was open.
  private var early: [[UInt8]] = []

  init(network: SimulatedNetwork, node: NodeID) {
    self.network = network
    self.node = node
    network.world.post(after: network.delay(), kind: .client, node: node) { [self] in accept() }
  }

  public func send(_ payload: [UInt8]) {
    switch state {
    case .connecting: early.append(payload)
    case .open: toServer?.push(payload, at: network.arrival())
    case .closed: break
    }
  }

  public func close() { end(tellServer: true) }

  // MARK: Inner workings

  private func accept() {
    guard state == .connecting else { return }
    guard let endpoint = network.endpoint(node), endpoint.life.isAlive, let service = endpoint.nativeService else {
      end(tellServer: false)
      return
    }
    let life = endpoint.life
    let loop = network.acceptingLoop(of: endpoint)
    let server = SimulatedNativeConnection(client: self, loop: loop, life: life)
    self.server = server
    toServer = SimulatedPipe(network: network, node: node) { [unowned server] in
      life.isRunning && server.isReading
    } deliver: { payload in
      loop.execute { server.isOpen ? service.received(payload, from: server) : () }
    }
    toClient = SimulatedPipe(network: network, node: .none) {
      true
    } deliver: { [unowned self] payload in
      onPayload?(payload)
    }
    state = .open
    loop.execute { service.clientConnected(server) }
    for payload in early { send(payload) }
    early = []
    onOpen?()
  }

  private func end(tellServer: Bool) {
    guard state != .closed else { return }
    state = .closed
    toServer?.close()
    toClient?.close()
    if tellServer, let server, let endpoint = network.endpoint(node), endpoint.life === server.life {
      server.clientClosed(endpoint.nativeService)
    }
    let notify = onClose
    release()
    notify?()
  }

  /// Lets go of all that holds this connection in its turn.
  private func release() {
    server = nil
    toServer = nil
    toClient = nil
    onOpen = nil
    onPayload = nil
    onClose = nil
  }

  /// The world ends.
  func discard() {
    state = .closed
    toServer?.close()
    toClient?.close()
    release()
  }

  /// The server sends; it may have more under way than a client reads.
  func receive(_ payload: [UInt8]) { toClient?.push(payload, at: network.arrival()) }

  /// The server closes: what it sent still arrives.
  func serverClosed() {
    toServer?.close()
    toClient?.finish { [self] in end(tellServer: false) }
  }

  /// The server's process is gone.
  func serverEnded(_ kind: CrashKind) {
    guard state == .open else { return }
    switch kind {
    case .kill:
      toClient?.finish { [self] in end(tellServer: false) }
    case .powerLoss:
      let patience = network.options.breakAfter.upperBound
      network.world.post(after: patience, kind: .client, node: node) { [self] in end(tellServer: false) }
    }
  }

  func wake() { toServer?.wake() }
}

/// The node's end of a client's connection.
///
/// Unchecked sendable: guarded by the world's thread.
final class SimulatedNativeConnection: NativeConnection, @unchecked Sendable {
  private let client: SimulatedClientConnection
  private let executor: SimulatedLoop
  let life: ProcessLife
  private(set) var isReading = true
  private(set) var isOpen = true

  init(client: SimulatedClientConnection, loop: SimulatedLoop, life: ProcessLife) {
    self.client = client
    self.executor = loop
    self.life = life
  }

  var loop: any Loop { executor }

  func send(_ payload: [UInt8]) {
    guard isOpen, life.isAlive else { return }
    client.receive(payload)
  }

  func close() {
    guard isOpen, life.isAlive else { return }
    isOpen = false
    client.serverClosed()
  }

  func setReading(_ enabled: Bool) {
    guard isReading != enabled else { return }
    isReading = enabled
    if enabled { client.wake() }
  }

  func clientClosed(_ service: (any NativeService)?) {
    executor.execute { [self] in
      guard isOpen else { return }
      isOpen = false
      service?.clientDisconnected(self)
    }
  }
}
