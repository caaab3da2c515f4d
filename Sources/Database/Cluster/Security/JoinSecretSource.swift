import RoostBase
import RoostPlatform
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
  private let question: OneShotCall
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
    question = OneShotCall(
      loop: loop, dialer: TransportDialer(loop: loop, authentication: .withoutSecret), timeLimit: .seconds(2))
  }

  private var others: [PeerAddress] {
    let known = configuration.join + (identity?.peers ?? []).compactMap { PeerAddress($0.address) }
    return Set(known).subtracting([configuration.peerAddress]).sorted { $0.description < $1.description }
  }

  /// Whether this node is the one to make a secret where there is none: the founder of a new cluster, later the member
  /// with the lowest number. Numbers only grow, so a node that knows of an earlier time never takes itself for that one
  /// when it is another.
  var founds: Bool {
    if let identity { return identity.peers.allSatisfy { identity.node < $0.node } }
    return configuration.join.first == configuration.peerAddress
      || configuration.join.allSatisfy { $0 == configuration.peerAddress }
  }

  func secret() async throws(NodeError) -> JoinSecret {
    do throws(JoinSecretFileError) { return try JoinSecretFile.load(file) } catch {
      guard case .missing = error else { throw .joinSecret("\(error)") }
    }
    let deadline = question.loop.now + configuration.joinTimeLimit
    var refusedSince: Instant?
    while true {
      if let found = try copyFromThisMachine() { return found }
      let others = others
      let refusal = await whoRefuses(others)
      // Whoever is there, and be it too busy to say more, has a secret already.
      if refusal == nil, founds { return try make() }
      if let refusal, refusal.isLasting {
        let since = refusedSince ?? question.loop.now
        refusedSince = since
        if since + Self.patience <= question.loop.now { throw .joinSecret(missing(refusal.reason)) }
      }
      if deadline <= question.loop.now { throw .joinSecret(missing(refusal?.reason ?? silence(of: others))) }
      await question.rest(Self.pause)
    }
  }

  private struct Refusal {
    var address: PeerAddress
    var rejection: String
    var isLasting: Bool
    var reason: String { "\(address) refuses this node: \(rejection)" }
  }

  /// What the nodes say to one that has no secret, a lasting refusal first; nil if none is there.
  private func whoRefuses(_ others: [PeerAddress]) async -> Refusal? {
    var transient: Refusal?
    for address in others {
      guard
        case .refused(let rejection, let isLasting) = await question.outcome(
          address, .application(opcode: 0, body: []))
      else { continue }
      let refusal = Refusal(address: address, rejection: rejection, isLasting: isLasting)
      if isLasting { return refusal }
      transient = transient ?? refusal
    }
    return transient
  }

  private func silence(of others: [PeerAddress]) -> String {
    var maker = ""
    if let identity, let first = identity.peers.min(by: { $0.node < $1.node }), first.node < identity.node {
      maker =
        "; where no node has one any more, node number \(first.node) makes it at its start (last at \(first.address))"
    }
    let names = others.map(\.description).joined(separator: ", ")
    return "none of the nodes to join (\(names)) answers, or runs here under this user\(maker)"
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
