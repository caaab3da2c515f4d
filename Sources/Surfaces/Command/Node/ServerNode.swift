import Foundation
import NIOCore
import NIOPosix
import RoostBase
import RoostCluster
import RoostPlatform
import RoostPostgresWire
import RoostRelational
import RoostSQL
import RoostStore
import RoostTransport

/// A whole node: its share of the store and the surfaces on top of it, on the loops of this process.
///
/// One loop drives consensus, peers and native clients; SQL connections have loops of their own, so that a long
/// statement never keeps heartbeats waiting.
final class ServerNode: Sendable {
  let cluster: ClusterNode
  private let sql: PostgresServer
  private let clusterLoops: MultiThreadedEventLoopGroup
  private let sqlLoops: MultiThreadedEventLoopGroup

  /// Loops for SQL connections: half of the cores, for the other half has consensus and the log to do. Never a single
  /// one, so that no session shares the fate of all others.
  private static var sqlThreads: Int { max(2, min(16, ProcessInfo.processInfo.activeProcessorCount / 2)) }

  var sqlPort: Int { sql.port }
  var peerPort: Int { cluster.peerAddress.port }

  private init(
    cluster: ClusterNode, sql: PostgresServer, clusterLoops: MultiThreadedEventLoopGroup,
    sqlLoops: MultiThreadedEventLoopGroup
  ) {
    self.cluster = cluster
    self.sql = sql
    self.clusterLoops = clusterLoops
    self.sqlLoops = sqlLoops
  }

  /// - Parameter events: told what operators may want to read.
  static func start(
    _ settings: NodeSettings, events: @escaping @Sendable (NodeEvent) -> Void
  ) async throws(CommandFailure) -> ServerNode {
    let advertised = try AdvertisedHost.choose(
      host: settings.host, advertised: settings.advertise, addresses: AdvertisedHost.machineAddresses())
    // Before anybody hears of this node: a wrong port must not leave a member behind that never comes.
    let ports = try PortClaim.take(host: settings.host, sql: settings.ports.sql, peer: settings.ports.peer)
    let clusterLoops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let sqlLoops = MultiThreadedEventLoopGroup(numberOfThreads: sqlThreads)
    let random: @Sendable () -> UInt64 = {
      // house: the system's randomness enters here
      var generator = SystemRandomNumberGenerator()
      return generator.next()
    }
    do {
      let resources = try NodeResources(settings)
      var configuration = NodeConfiguration(
        settings, resources: resources, advertising: advertised, entropy: random())
      configuration.keySpaces = [Database.keySpace]
      let loop = NIOLoop(clusterLoops.next())
      let cluster = try await ClusterNode.start(configuration, on: loop, events: events)
      resources.watch(on: loop)
      do {
        let sql = try await PostgresServer.start(
          sqlConfiguration(settings, resources),
          database: database(on: cluster, settings, advertised, resources.memory), memory: resources.memory,
          group: sqlLoops, makeLoop: { NIOLoop($0) }, randomness: random)
        ports.release()
        resources.sql.set(sql)
        cluster.announce(sqlAddress: PeerAddress(host: advertised, port: sql.port))
        return ServerNode(cluster: cluster, sql: sql, clusterLoops: clusterLoops, sqlLoops: sqlLoops)
      } catch {
        await cluster.stop()
        throw error
      }
    } catch {
      try? await sqlLoops.shutdownGracefully()
      try? await clusterLoops.shutdownGracefully()
      throw CommandFailure("\(settings.nodeID) cannot start: \(error)")
    }
  }

  private static func sqlConfiguration(
    _ settings: NodeSettings, _ resources: NodeResources
  ) -> PostgresServerConfiguration {
    PostgresServerConfiguration(
      host: settings.host, port: settings.ports.sql, maximumConnections: settings.limits.sqlConnections,
      reservedConnections: settings.limits.reservedSQLConnections,
      maximumConnectionsPerAddress: settings.limits.sqlConnectionsPerAddress,
      maximumSockets: resources.descriptors.sqlClients, maximumArrivals: resources.descriptors.arrivals)
  }

  private static func database(
    on cluster: ClusterNode, _ settings: NodeSettings, _ advertised: String, _ memory: NodeMemory
  ) -> Database {
    let facts = [
      "roost.node_id": settings.nodeID, "roost.cluster": settings.clusterName,
      "roost.peer_address": PeerAddress(host: advertised, port: cluster.peerAddress.port).description,
    ]
    // PostgreSQL counts from 2000-01-01, Unix from 1970-01-01.
    let epochDistance: Int64 = 946_684_800_000_000
    let loop = cluster.host.loop
    return Database(
      store: cluster.data(of: Database.keySpace),
      options: DatabaseOptions(
        monotonicNanoseconds: { loop.now.nanoseconds },
        wallClock: { Int64(Date().timeIntervalSince1970 * 1_000_000) - epochDistance },
        randomSeed: {
          // house: the system's randomness enters here
          var generator = SystemRandomNumberGenerator()
          return generator.next()
        }, nodeSetting: { facts[$0] }, memory: memory))
  }

  /// Waits until the data have a leader that this node reaches; returns early when cancelled.
  func waitUntilReady() async {
    let clock = ContinuousClock()
    while !Task.isCancelled {
      if await cluster.isReady() { return }
      // house: the program waits for its node, not the node for anything
      try? await clock.sleep(for: .milliseconds(10))
    }
  }

  /// Lets statements end, then leaves.
  func stop() async {
    await sql.shutDown()
    await cluster.stop()
    try? await sqlLoops.shutdownGracefully()
    try? await clusterLoops.shutdownGracefully()
  }
}
