import RoostPlatform
import RoostRaft
import RoostStore
import RoostTransport

/// How a node comes by the join secret before it speaks to anybody: it has it in its file; a node of the same user on
/// this machine has it; or, if it is to found the cluster, it makes one.
///
/// Without one it asks the nodes it is to join all the same: they refuse it, and so both sides' logs say what is missing.
struct JoinSecretSource {
  private let configuration: NodeConfiguration
  private let file: String
  private let identity: NodeIdentity?
  private let question: NodeQuestion
  private let tell: @Sendable (String) -> Void

  private static let pause = Duration.milliseconds(100)
  /// How long a node that refused this one may take to be found in the registry: it listens a moment before.
  private static let patience = Duration.seconds(1)

  /// - Parameters:
  ///   - file: where this node keeps the secret.
  ///   - identity: nil in a new data directory.
  ///   - tell: told what operators want to know.
  init(
    _ configuration: NodeConfiguration, file: String, identity: NodeIdentity?, loop: NIOLoop,
    tell: @escaping @Sendable (String) -> Void
  ) {
    self.configuration = configuration
    self.file = file
    self.identity = identity
    self.tell = tell
    question = NodeQuestion(loop: loop, authentication: .withoutSecret, timeLimit: .seconds(2))
  }

  private var others: [PeerAddress] {
    let known = configuration.join + (identity?.peers ?? []).compactMap { PeerAddress($0.address) }
    return Set(known).subtracting([configuration.peerAddress]).sorted { $0.description < $1.description }
  }

  /// Whether this node is the one to make a secret where there is none.
  private var founds: Bool {
    if let identity { return identity.node == identity.founders.min() }
    return configuration.join.first == configuration.peerAddress
      || configuration.join.allSatisfy { $0 == configuration.peerAddress }
  }

  func secret() async throws(NodeError) -> JoinSecret {
    do throws(JoinSecretFileError) { return try JoinSecretFile.load(file) } catch {
      guard case .missing = error else { throw .joinSecret("\(error)") }
    }
    let deadline = question.loop.now + configuration.joinTimeLimit
    var refusal: (address: PeerAddress, rejection: HandshakeRejection, since: Instant)?
    while true {
      if let found = try copyFromThisMachine() { return found }
      if let refusal, refusal.since + Self.patience <= question.loop.now {
        throw .joinSecret(missing("\(refusal.address) refuses this node: \(refusal.rejection)"))
      }
      let others = others
      if let (address, rejection) = await whoRefuses(others) {
        refusal = (address, rejection, refusal?.since ?? question.loop.now)
      } else if founds {
        return try make()
      }
      if deadline <= question.loop.now {
        let names = others.map(\.description).joined(separator: ", ")
        throw .joinSecret(missing("none of the nodes to join (\(names)) answers, or runs here under this user"))
      }
      await question.rest(Self.pause)
    }
  }

  /// What the nodes say to one that has no secret; nil if none is there.
  private func whoRefuses(_ others: [PeerAddress]) async -> (PeerAddress, HandshakeRejection)? {
    for address in others {
      if case .refused(let rejection) = await question.outcome(address, .application(opcode: 0, body: [])) {
        return (address, rejection)
      }
    }
    return nil
  }

  private func copyFromThisMachine() throws(NodeError) -> JoinSecret? {
    guard let nodes = configuration.localNodes else { return nil }
    for address in others {
      guard case .secret(let secret, let source) = nodes.find(address, isRunning: true) else { continue }
      let kept = try keep(secret)
      tell("took the join secret of the node at \(address), \(source), and keeps it in \(file)")
      return kept
    }
    return nil
  }

  private func make() throws(NodeError) -> JoinSecret {
    let secret = try keep(JoinSecret())
    tell(
      "made the cluster's join secret, \(file); nodes of this user on this machine find it by themselves, one on another "
        + "machine needs a copy: scp -p \(file) HOST:DATA/\(JoinSecretFile.name)")
    return secret
  }

  private func keep(_ secret: JoinSecret) throws(NodeError) -> JoinSecret {
    do { return try JoinSecretFile.keep(secret, at: file) } catch { throw .joinSecret("\(error)") }
  }

  private func missing(_ reason: String) -> String {
    "this node has no join secret (\(file)), and \(reason); copy the one of a node of the cluster: "
      + "scp -p HOST:DATA/\(JoinSecretFile.name) \(file)"
  }
}
