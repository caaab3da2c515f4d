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

  /// For one answer, and for leaders to be there.
  var timeLimit: Duration { .seconds(options.timeLimit) }
  private static let pollInterval = Duration.milliseconds(200)

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
    try await sql(at: PeerAddress(host: options.host, port: options.port))
  }

  /// - Parameter applicationName: who asks; "roost" has a share of the connections kept for administration.
  func sql(at address: PeerAddress, applicationName: String = "roost") async throws(CommandFailure) -> PostgresClient {
    do {
      return try await PostgresClient.connect(
        host: address.host, port: address.port, applicationName: applicationName,
        timeLimit: .milliseconds(Int64(options.timeLimit * 1000)), group: group)
    } catch {
      throw RemoteFailure.connecting(to: address, error)
    }
  }

  func peerAddress() async throws(CommandFailure) -> PeerAddress {
    let client = try await sql()
    defer { Task { try? await client.close() } }
    do {
      let results = try await client.query("SHOW roost.peer_address")
      if let text = results.first?.rows.first?.first ?? nil, let address = PeerAddress(text) { return address }
    } catch let error as PostgresClientError where error.code == "42704" {
      // Falls through: some other database answers.
    } catch {
      throw CommandFailure("\(options.host):\(options.port) does not tell its peer address: \(error)")
    }
    throw CommandFailure("\(options.host):\(options.port) is no Roost node; --host and --port name a node's SQL port")
  }

  /// How to prove to a node that this command may ask it.
  func authentication(for address: PeerAddress) throws(CommandFailure) -> PeerAuthentication {
    try secret.authentication(for: address)
  }

  func status() async throws(CommandFailure) -> ClusterStatus { try await status(from: peerAddress()) }

  func status(from address: PeerAddress) async throws(CommandFailure) -> ClusterStatus {
    try await ask(address, ClusterChannels.status, NoParts())
  }

  /// The status once every partition has a leader that is there: a cluster that is starting or electing needs a moment,
  /// and a command gives it its time limit.
  func statusWithLeaders() async throws(CommandFailure) -> ClusterStatus {
    let status = try await settledStatus()
    if let reason = status.leaderless {
      throw CommandFailure(
        "\(reason) after \(DurationText.format(timeLimit)); a majority of its nodes must run (`roost status` shows them)"
      )
    }
    return status
  }

  /// The same, or what there is when the time is up: for commands that only show it.
  func settledStatus() async throws(CommandFailure) -> ClusterStatus {
    let deadline = ContinuousClock.now + timeLimit
    let address = try await peerAddress()
    while true {
      let status = try await status(from: address)
      if status.leaderless == nil || ContinuousClock.now >= deadline { return status }
      await pause()
    }
  }

  /// Asks one node, and waits for its answer as long as it takes.
  func ask<Question, Answer>(
    _ address: PeerAddress, _ channel: ClusterChannel<Question, Answer>, _ question: Question
  ) async throws(CommandFailure) -> Answer {
    do {
      let session = try await NativeClientSession.connect(
        to: address, on: NIOLoop(group.next()), timeout: timeLimit,
        authentication: try authentication(for: address))
      defer { session.close() }
      try await session.send(NativePayload.request(1, channel.request(question)))
      let payload = try await session.receive()
      switch try NativePayload.decodeResponse(payload).response {
      case .application(let answer): return try channel.decode(answer)
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
  func askSystemLeader<Question, Answer>(
    _ channel: ClusterChannel<Question, Answer>, _ question: Question, orThrough others: [PeerAddress] = []
  ) async throws(CommandFailure) -> Answer {
    var failure = CommandFailure("partition 1 has no leader; a majority of the nodes must be there")
    let deadline = ContinuousClock.now + timeLimit
    while ContinuousClock.now < deadline {
      let status = try await status(orFrom: others)
      let leader = status.groups.first { $0.id == 1 }?.leader
      if let address = status.nodes.first(where: { $0.id == leader }).flatMap({ PeerAddress($0.peer_address) }) {
        do { return try await ask(address, channel, question) } catch {
          // Another node may have been elected since.
          failure = error
          guard error.description == RemoteCluster.leadershipMoved else { throw error }
        }
      }
      await pause()
    }
    throw failure
  }

  private static let leadershipMoved = "leadership has just changed; try again"

  private func pause() async {
    // house: the program waits for the cluster, not a node for anything
    try? await ContinuousClock().sleep(for: RemoteCluster.pollInterval)
  }
}

extension ClusterStatus {
  /// Which partition has no leader that is there, in a sentence.
  fileprivate var leaderless: String? {
    for group in groups where nodes.first(where: { $0.id == group.leader })?.isAlive != true {
      return "partition \(group.id) has no leader"
    }
    return groups.isEmpty ? "no partition is here" : nil
  }
}

/// Why a node could not be reached, without the words of libraries and systems.
enum RemoteFailure {
  static func connecting(to address: PeerAddress, _ error: any Error) -> CommandFailure {
    guard let error = error as? PostgresClientError else {
      return CommandFailure("cannot connect to \(address): \(error)")
    }
    switch error.connectFailure {
    case .refused?: return CommandFailure("nothing listens on \(address); is the node running?")
    case .unknownHost?:
      return CommandFailure("the host \(address.host) is not known; --host names the machine of a node")
    case .noAnswer?:
      return CommandFailure("\(address) does not answer; is the node running, and the port its SQL port?")
    case .unreachable(let reason)?: return CommandFailure("cannot reach \(address): \(reason)")
    case nil where error.code == "08P01":
      return CommandFailure("\(address) is no Roost node: \(error.message); --host and --port name a node's SQL port")
    case nil where error.code == "08006":
      return CommandFailure("\(address) closed the connection at once; is that port a node's SQL port?")
    case nil: return CommandFailure("\(address) refuses the connection: \(error)")
    }
  }
}
