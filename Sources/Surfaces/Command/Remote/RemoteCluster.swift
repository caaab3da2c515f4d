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
  private let secret: RemoteSecret

  static let timeLimit = Duration.seconds(5)

  init(_ options: RemoteOptions, threads: Int = 1) {
    self.options = options
    secret = RemoteSecret(options, environment: ProcessInfo.processInfo.environment)
    group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
  }

  func shutDown() async { try? await group.shutdownGracefully() }

  /// Runs a command against a cluster, and lets go of the connections however it ends.
  static func use(_ options: RemoteOptions, _ body: (RemoteCluster) async throws -> Void) async throws {
    let cluster = RemoteCluster(options)
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await body(cluster)) } catch { outcome = .failure(error) }
    await cluster.shutDown()
    try outcome.get()
  }

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

  /// How to prove to a node that this command may ask it.
  func authentication(for address: PeerAddress) throws(CommandFailure) -> PeerAuthentication {
    try secret.authentication(for: address)
  }

  func status() async throws(CommandFailure) -> ClusterStatus { try await status(from: peerAddress()) }

  func status(from address: PeerAddress) async throws(CommandFailure) -> ClusterStatus {
    try await ask(address, ClusterOpcode.status, body: [])
  }

  /// Asks one node, and waits for its answer as long as it takes.
  func ask<Question: Encodable, Answer: Decodable>(
    _ address: PeerAddress, _ opcode: UInt8, _ question: Question
  ) async throws(CommandFailure) -> Answer {
    let body: Data
    do { body = try JSONEncoder().encode(question) } catch { throw CommandFailure("\(error)") }
    return try await ask(address, opcode, body: [UInt8](body))
  }

  /// What a node says that is there: the one the user named, else one of the others.
  private func status(orFrom others: [PeerAddress]) async throws(CommandFailure) -> ClusterStatus {
    do { return try await status() } catch {
      for address in others {
        if let status = try? await status(from: address) { return status }
      }
      throw error
    }
  }

  /// Asks the node that leads the cluster itself, whoever that is by now.
  ///
  /// - Parameter others: peer addresses of nodes that know who leads, if the one the user named is not there any more.
  func askSystemLeader<Question: Encodable, Answer: Decodable>(
    _ opcode: UInt8, _ question: Question, orThrough others: [PeerAddress] = []
  ) async throws(CommandFailure) -> Answer {
    var failure = CommandFailure("partition 1 has no leader; a majority of the nodes must be there")
    let deadline = ContinuousClock.now + RemoteCluster.timeLimit
    while ContinuousClock.now < deadline {
      let status = try await status(orFrom: others)
      let leader = status.groups.first { $0.id == 1 }?.leader
      if let address = status.nodes.first(where: { $0.id == leader }).flatMap({ PeerAddress($0.peer_address) }) {
        do { return try await ask(address, opcode, question) } catch {
          // Another node may have been elected since.
          failure = error
          guard error.description == RemoteCluster.leadershipMoved else { throw error }
        }
      }
      // house: the program waits for the cluster, not a node for anything
      try? await ContinuousClock().sleep(for: .milliseconds(200))
    }
    throw failure
  }

  private static let leadershipMoved = "leadership has just changed; try again"

  private func ask<Answer: Decodable>(
    _ address: PeerAddress, _ opcode: UInt8, body: [UInt8]
  ) async throws(CommandFailure) -> Answer {
    do {
      let session = try await NativeClientSession.connect(
        to: address, on: NIOLoop(group.next()), timeout: RemoteCluster.timeLimit,
        authentication: try authentication(for: address))
      defer { session.close() }
      try await session.send(NativePayload.request(1, .application(opcode: opcode, body: body)))
      let payload = try await session.receive()
      switch try NativePayload.decodeResponse(payload).response {
      case .application(let answer): return try JSONDecoder().decode(Answer.self, from: Data(answer))
      case .failure(let error): throw CommandFailure("\(error)")
      case .notLeader: throw CommandFailure(RemoteCluster.leadershipMoved)
      default: throw CommandFailure("\(address) does not know this request; is it of the same version?")
      }
    } catch let error as CommandFailure {
      throw error
    } catch TransportError.rejected(_, let rejection) where rejection.isAboutSecret {
      throw CommandFailure("\(address) declined to answer: \(rejection); \(secret.remedy)")
    } catch {
      throw CommandFailure("cannot ask \(address): \(error)")
    }
  }
}
