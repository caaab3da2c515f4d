import NIOCore
import NIOPosix
public import RoostBase
public import RoostPlatform

/// The peer port over TCP: connections between the nodes of a cluster, and native clients.
///
/// **Between nodes** every connection carries payloads one way. A node dials each address it knows once per lane and
/// sends there; what the other has to say comes over the connections that the other dialled. So nobody has to agree
/// on who keeps which connection when both dial at once, and each side alone decides when to dial again:
///
///     node 1 ──── consensus ───▶ node 2         greeting {lane, proofs of the join secret, cluster, 1 → 2}
///            ──── bulk ────────▶                or the reason why not
///            ◀─── consensus ────                frames …  pings ▶ ◀ pongs
///            ◀─── bulk ─────────
///
/// A payload may be lost when the connection breaks or its bounded queue is full, never altered (a code that only the
/// two nodes can make on every frame; without a join secret, a checksum) and never overtaken by a later one on the same connection. When a process dies its sockets close and the others know
/// at once; when a machine or a wire dies, pings go unanswered and the connection is closed after a few intervals.
///
/// **Clients** say so in their greeting, prove the same secret, and are handed to a ``NativeService``.
///
/// Everything happens on one loop. A network lives until ``shutdown(completion:)``.
// @unchecked: the mutable state is touched on `loop` only.
public final class TCPPeerNetwork: PeerNetwork, @unchecked Sendable {
  public let node: NodeID
  public let clusterID: UInt128
  public let authentication: PeerAuthentication
  public let configuration: PeerNetworkConfiguration
  public var loop: any Loop { nioLoop }
  public var handler: (any PeerNetworkHandler)?
  /// Serves clients; without one they are turned away.
  public var nativeService: (any NativeService)?

  let nioLoop: NIOLoop
  let flusher: TickFlusher
  private let memory: NodeMemory
  private let eventSink: @Sendable (TransportEvent) -> Void
  private var complaints = ComplaintFilter()
  /// Touched on the loop only.
  public private(set) var counters = PeerNetworkCounters()

  private var peers: [NodeID: Peer] = [:]
  private var incoming: [IncomingLane.Key: IncomingLane] = [:]
  private var clients: [ObjectIdentifier: NativeServerConnection] = [:]
  /// Clients of each source.
  private var clientCounts: [ConnectionSource: Int] = [:]
  /// Clients that have asked nothing yet.
  private var silentClients = ArrivalOrder<ObjectIdentifier>()
  /// Under way, by serial number.
  private var handshakes: [UInt64: AnswererHandshake] = [:]
  private var callers = ArrivalOrder<UInt64>()
  /// Whose payload the handler is being given.
  private var delivering: IncomingLane?
  private var nextHandshake: UInt64 = 0

  private var listener: PeerListener?
  private var channels: [ObjectIdentifier: any Channel] = [:]
  private var intervalTimer: (any LoopTimer)?
  private var isShutDown = false
  private var shutdownCompletions: [@Sendable () -> Void] = []

  /// - Parameters:
  ///   - node: This node; not `none`.
  ///   - clusterID: Connections of other clusters are turned away; not zero.
  ///   - authentication: How nodes and clients prove that they belong to the cluster.
  ///   - memory: What large frames draw from.
  ///   - events: Told what operators may want to read, on the loop.
  public init(
    loop: NIOLoop, node: NodeID, clusterID: UInt128, authentication: PeerAuthentication,
    configuration: PeerNetworkConfiguration = .init(), memory: NodeMemory = .unlimited(),
    nativeService: (any NativeService)? = nil,
    events: @escaping @Sendable (TransportEvent) -> Void = { _ in }
  ) {
    precondition(node != .none && clusterID != 0, "zero stands for no node and any cluster")
    self.nioLoop = loop
    self.node = node
    self.clusterID = clusterID
    self.authentication = authentication
    self.configuration = configuration
    self.memory = memory
    self.nativeService = nativeService
    self.eventSink = events
    self.flusher = TickFlusher(eventLoop: loop.eventLoop)
  }

  // MARK: PeerNetwork

  public func setAddress(_ address: PeerAddress?, of node: NodeID) {
    loop.preconditionCurrent()
    guard node != self.node, node != .none, !isShutDown else { return }
    startIntervals()
    let peer = peers[node] ?? Peer(node: node, network: self)
    peers[node] = address == nil ? nil : peer
    peer.setAddress(address)
  }

  @discardableResult
  public func send(_ payload: [UInt8], to node: NodeID, lane: PeerLane) -> Bool {
    peers[node]?.send(payload, lane) ?? false
  }

  public func refuse(_ reason: String, from node: NodeID, closing: Bool) {
    loop.preconditionCurrent()
    counters.refusedPayloads += 1
    if complaints.isNew(.refused(node, reason: reason)) { emit(.refused(node, reason: reason)) }
    guard closing, let delivering, delivering.key.node == node else { return }
    delivering.connection.close()
  }

  /// Hands a payload to the handler.
  func deliver(_ payload: [UInt8], over arrival: IncomingLane) {
    delivering = arrival
    handler?.received(payload, from: arrival.key.node)
    delivering = nil
  }

  /// Bytes that wait to be sent to a node on a lane.
  public func queuedBytes(to node: NodeID, lane: PeerLane) -> Int {
    peers[node]?.queuedBytes(lane) ?? 0
  }

  // MARK: Listening

  /// Opens the peer port; from any thread. Port 0 lets the system choose; the result is the address in use.
  public func listen(
    on address: PeerAddress, completion: @escaping @Sendable (Result<PeerAddress, TransportError>) -> Void
  ) {
    let listener: PeerListener
    do throws(TransportError) {
      listener = try PeerListener(on: address, of: self)
    } catch {
      return loop.execute { completion(.failure(error)) }
    }
    loop.execute {
      self.listener?.close()
      if self.isShutDown {
        listener.close()
      } else {
        self.listener = listener
        self.startIntervals()
      }
      completion(.success(PeerAddress(host: address.host, port: listener.port)))
    }
  }

  /// Opens the peer port. Port 0 lets the system choose; the result is the address in use.
  /// Throws a ``TransportError``.
  public func listen(on address: PeerAddress) async throws -> PeerAddress {
    let result = await withCheckedContinuation { continuation in
      listen(on: address) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  /// Why a caller that begins so is turned away, and what it is told; nil if it may go on. From any thread.
  func refusal(of bytes: [UInt8]) -> (rejection: HandshakeRejection, answer: ByteBuffer?)? {
    AnswererExchange.refusal(of: bytes, authentication, cluster: clusterID, node: node)
  }

  func accepted(_ channel: any Channel) throws {
    guard !isShutDown else { throw ChannelError.ioOnClosedChannel }
    track(channel)
    let serial = nextHandshake
    nextHandshake += 1
    let handshake = AnswererHandshake(network: self, serial: serial)
    handshakes[serial] = handshake
    try channel.pipeline.syncOperations.addHandler(handshake)
    // The address is known once the channel is active, which it is at the end of this tick.
    loop.execute { self.arrived(serial, from: channel.source) }
  }

  private func arrived(_ serial: UInt64, from source: ConnectionSource) {
    guard handshakes[serial] != nil else { return }
    // An honest caller greets within a round trip, so the oldest of many is none.
    if callers.count >= configuration.maximumHandshakes, let oldest = callers.oldestOfTheMany() {
      handshakes[oldest]?.turnAway(.tooManyConnections)
    }
    callers.insert(serial, from: source)
  }

  func handshakeSettled(_ serial: UInt64) {
    handshakes[serial] = nil
    callers.remove(serial)
  }

  /// Decides who may stay.
  func admit(_ hello: Hello, _ security: FrameSecurity?, remote: String) throws(HandshakeRejection) -> FramedConnection
  {
    switch hello.role {
    case .client:
      guard hello.cluster == clusterID || hello.cluster == 0 else { throw .otherCluster }
      guard let nativeService, !isShutDown else { throw .noService }
      let client = NativeServerConnection(network: self, service: nativeService, remote: remote)
      try makeRoom(for: client)
      let identifier = ObjectIdentifier(client.connection)
      clients[identifier] = client
      clientCounts[client.source, default: 0] += 1
      silentClients.insert(identifier, from: client.source)
      startIntervals()
      return client.connection
    case .node(let lane):
      guard hello.cluster == clusterID else { throw .otherCluster }
      guard hello.caller != node else { throw .selfConnection }
      guard hello.target == node else { throw .otherNode }
      guard hello.caller != .none else { throw .damaged }
      let key = IncomingLane.Key(node: hello.caller, lane: lane)
      guard incoming[key] != nil || incoming.count < configuration.maximumPeerConnections else {
        throw .tooManyConnections
      }
      incoming[key]?.connection.close(.replaced)
      let arrival = IncomingLane(key: key, security: security, network: self)
      incoming[key] = arrival
      return arrival.connection
    }
  }

  private func makeRoom(for client: NativeServerConnection) throws(HandshakeRejection) {
    let source = client.source
    guard source.isLoopback || clientCounts[source, default: 0] < configuration.maximumClientsPerSource else {
      throw .tooManyConnections
    }
    guard clients.count >= configuration.maximumClients else { return }
    guard let silent = silentClients.oldestOfTheMany(), let client = clients[silent] else { throw .tooManyConnections }
    counters.declinedConnections += 1
    client.connection.close(.madeRoom)
    forget(client)
  }

  /// The client has asked something: it is here for a purpose.
  func clientAsked(_ client: NativeServerConnection) { silentClients.remove(ObjectIdentifier(client.connection)) }

  private func forget(_ client: NativeServerConnection) {
    let identifier = ObjectIdentifier(client.connection)
    guard clients.removeValue(forKey: identifier) != nil else { return }
    silentClients.remove(identifier)
    let left = clientCounts[client.source, default: 1] - 1
    clientCounts[client.source] = left > 0 ? left : nil
  }

  /// The connection is in its channel's pipeline: it can be used.
  func established(_ connection: FramedConnection) {
    if let client = clients[ObjectIdentifier(connection)] {
      client.opened()
    } else if let arrival = incoming.values.first(where: { $0.connection === connection }) {
      peers[arrival.key.node]?.nodeCalled()
    }
  }

  // MARK: Connections

  var connectionLimits: FramedConnection.Limits {
    FramedConnection.Limits(payload: configuration.maximumPayload, queue: configuration.peerQueueLimit)
  }

  func makeConnection(owner: any FramedConnectionOwner, _ security: FrameSecurity?) -> FramedConnection {
    FramedConnection(
      owner: owner, limits: connectionLimits, security: security, flusher: flusher, memory: memory.frames,
      isRefusable: false)
  }

  func makeClientConnection(owner: any FramedConnectionOwner) -> FramedConnection {
    var limits = connectionLimits
    limits.queue = configuration.clientQueueLimit
    return FramedConnection(owner: owner, limits: limits, flusher: flusher, memory: memory.frames)
  }

  func connect(to address: PeerAddress, _ handshake: CallerHandshake) {
    guard !isShutDown else { return }
    SocketSetup.connect(
      to: address, on: nioLoop.eventLoop, timeout: configuration.connectTimeout, handshake
    ) { self.track($0) }
  }

  func incomingEnded(_ arrival: IncomingLane, _ reason: ConnectionEnd) {
    guard incoming[arrival.key] === arrival else { return }
    incoming[arrival.key] = nil
    switch reason {
    case .closedByPeer, .closedHere: break
    case .brokenFrame(let error):
      counters.brokenFrames += 1
      guard complaints.isNew(.brokenFrame(arrival.key.node, error)) else { break }
      emit(.broken(arrival.key.node, arrival.key.lane, reason))
    default: emit(.broken(arrival.key.node, arrival.key.lane, reason))
    }
    peers[arrival.key.node]?.incomingClosed()
  }

  func clientEnded(_ client: NativeServerConnection, _ reason: ConnectionEnd) {
    forget(client)
    switch reason {
    case .brokenFrame, .queueFull, .outOfMemory:
      if case .brokenFrame = reason { counters.brokenFrames += 1 }
      guard complaints.isNew(.clientBroken(host: client.host, reason)) else { return }
      emit(.clientBroken(remote: client.remote, reason))
    case .closedHere, .closedByPeer, .silent, .replaced, .madeRoom, .failed: break
    }
  }

  private func track(_ channel: any Channel) {
    let identifier = ObjectIdentifier(channel)
    channels[identifier] = channel
    channel.closeFuture.whenComplete { _ in
      self.channels[identifier] = nil
      self.finishShutdown()
    }
    if isShutDown { channel.close(promise: nil) }
  }

  private func startIntervals() {
    guard intervalTimer == nil, !isShutDown else { return }
    scheduleInterval()
  }

  private func scheduleInterval() {
    intervalTimer = loop.schedule(at: loop.now + configuration.pingInterval) { [weak self] in
      guard let self, !isShutDown else { return }
      // Copies: an ending connection changes the collections.
      for peer in Array(peers.values) { peer.intervalPassed() }
      for arrival in Array(incoming.values) { arrival.intervalPassed() }
      for client in Array(clients.values) { client.intervalPassed() }
      scheduleInterval()
    }
  }

  // MARK: Events

  func emit(_ event: TransportEvent) { eventSink(event) }

  func report(_ rejection: HandshakeRejection, of remote: SocketAddress?) {
    declined(1, [DeclinedCaller(source: remote?.peerAddress, rejection: rejection)])
  }

  /// - Parameter named: those of the `count` callers that are told of.
  func declined(_ count: UInt64, _ named: [DeclinedCaller]) {
    counters.declinedConnections += count
    for caller in named
    where complaints.isNew(.declined(host: caller.source?.host ?? "", caller.rejection)) {
      emit(.declined(remote: caller.source.text, caller.rejection))
    }
  }

  // MARK: Shutdown

  /// Closes the port and every connection; from any thread. The handler hears nothing any more; `completion` runs
  /// on the loop when all sockets are closed.
  public func shutdown(completion: @escaping @Sendable () -> Void) {
    loop.execute {
      self.shutdownCompletions.append(completion)
      self.beginShutdown()
      self.finishShutdown()
    }
  }

  public func shutdown() async {
    await withCheckedContinuation { continuation in
      shutdown { continuation.resume() }
    }
  }

  private func beginShutdown() {
    guard !isShutDown else { return }
    isShutDown = true
    handler = nil
    intervalTimer?.cancel()
    intervalTimer = nil
    listener?.close()
    listener = nil
    for peer in peers.values { peer.setAddress(nil) }
    peers = [:]
    for channel in channels.values { channel.close(promise: nil) }
  }

  private func finishShutdown() {
    guard isShutDown, channels.isEmpty else { return }
    let completions = shutdownCompletions
    shutdownCompletions = []
    for completion in completions { completion() }
  }
}
