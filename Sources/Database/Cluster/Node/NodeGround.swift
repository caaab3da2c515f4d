package import RoostBase
package import RoostPlatform
package import RoostStorage

/// What a node stands on: a real one on threads, files and sockets, a simulated one on a world.
package struct NodeGround: Sendable {
  /// Drives the node's groups, peers and native clients.
  let loop: any Loop
  let disk: any Disk
  let space: DiskSpace
  let dialer: any NodeDialer
  let logWorker: any BlockingWorker
  let stateWorker: any BlockingWorker
  let logOptions: LogOptions
  /// Milliseconds since 1970.
  let wallClock: @Sendable () -> UInt64
  /// Opens the state engine. It hears of damage that is met later, and the report says what was done about what was met.
  let openEngine: @Sendable (@escaping @Sendable (EngineError) -> Void) throws -> (engine: any Engine, report: String?)
  /// Makes the network of a node of a cluster.
  let makeNetwork: @Sendable (NodeID, _ clusterID: UInt128) -> NodeNetwork

  package init(
    loop: any Loop, disk: any Disk, space: DiskSpace, dialer: any NodeDialer, logWorker: any BlockingWorker,
    stateWorker: any BlockingWorker, logOptions: LogOptions, wallClock: @escaping @Sendable () -> UInt64,
    openEngine:
      @escaping @Sendable (@escaping @Sendable (EngineError) -> Void) throws -> (engine: any Engine, report: String?),
    makeNetwork: @escaping @Sendable (NodeID, _ clusterID: UInt128) -> NodeNetwork
  ) {
    self.loop = loop
    self.disk = disk
    self.space = space
    self.dialer = dialer
    self.logWorker = logWorker
    self.stateWorker = stateWorker
    self.logOptions = logOptions
    self.wallClock = wallClock
    self.openEngine = openEngine
    self.makeNetwork = makeNetwork
  }
}

/// A node's network, before it is open.
package struct NodeNetwork: Sendable {
  let peers: any PeerNetwork
  /// Opens the peer port. Returns where others reach it.
  let listen: @Sendable () async throws(NodeError) -> PeerAddress
  /// Who serves native clients.
  let serve: @Sendable (any NativeService) -> Void
  /// Closes the port and all connections, if the node can't start after all.
  let close: @Sendable () async -> Void
  /// Who tells the network's news from now on, on the loop.
  var connect: @Sendable (ClusterService) -> Void = { _ in }

  package init(
    peers: any PeerNetwork, listen: @escaping @Sendable () async throws(NodeError) -> PeerAddress,
    serve: @escaping @Sendable (any NativeService) -> Void, close: @escaping @Sendable () async -> Void = {}
  ) {
    self.peers = peers
    self.listen = listen
    self.serve = serve
    self.close = close
  }
}
