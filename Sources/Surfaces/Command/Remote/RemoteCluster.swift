import Foundation
import NIOCore
import NIOPosix
import RoostCluster
import RoostPlatform
import RoostPostgresClient
import RoostStore
import RoostTransport

/// A running cluster, seen from a command: asks one node, over SQL, where its peer port is, and the peer port for the
/// rest.
struct RemoteCluster {
  let options: RemoteOptions
  let group: MultiThreadedEventLoopGroup

  static let timeLimit = Duration.seconds(5)

  init(_ options: RemoteOptions, threads: Int = 1) {
    self.options = options
    group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
  }

  func shutDown() async { try? await group.shutdownGracefully() }

  /// A new SQL connection to the node the user named.
  func sql() async throws(CommandFailure) -> PostgresClient {
    do {
      return try await PostgresClient.connect(
        host: options.host, port: options.port, timeLimit: .seconds(5), group: group)
    } catch {
      throw CommandFailure("\(error); is a node running there? --host and --port name its SQL port")
    }
  }

  func peerAddress() async throws(CommandFailure) -> PeerAddress {
    let client = try await sql()
    defer { Task { try? await client.close() } }
    do {
      let results = try await client.query("SHOW roost.peer_address")
      if let text = results.first?.rows.first?.first ?? nil, let address = PeerAddress(text) { return address }
    } catch {
      throw CommandFailure("\(options.host):\(options.port) does not tell its peer address: \(error)")
    }
    throw CommandFailure("\(options.host):\(options.port) is no Roost node")
  }

  func status() async throws(CommandFailure) -> ClusterStatus { try await status(from: peerAddress()) }

  func status(from address: PeerAddress) async throws(CommandFailure) -> ClusterStatus {
    do {
      let session = try await NativeClientSession.connect(
        to: address, on: NIOLoop(group.next()), timeout: RemoteCluster.timeLimit)
      defer { session.close() }
      try await session.send(NativePayload.request(1, .application(opcode: ClusterOpcode.status, body: [])))
      let payload = try await session.receive()
      guard case .application(let body) = try NativePayload.decodeResponse(payload).response else {
        throw CommandFailure("\(address) does not tell its status")
      }
      return try JSONDecoder().decode(ClusterStatus.self, from: Data(body))
    } catch let error as CommandFailure {
      throw error
    } catch {
      throw CommandFailure("cannot ask \(address) for its status: \(error)")
    }
  }
}
