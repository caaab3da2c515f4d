import RoostCluster
import RoostPlatform
import RoostTransport
import Synchronization

/// Where a command has the join secret from: the file it was told; else what a node of the same user on this machine
/// left to be known. What it found for the first node it asks counts for all of them.
final class RemoteSecret: Sendable {
  private let file: String?
  private let isInsecure: Bool
  private let localNodes: LocalNodeRegistry?
  private let found = Mutex<(authentication: PeerAuthentication, source: String)?>(nil)

  init(_ options: RemoteOptions, environment: [String: String]) {
    file = options.joinSecretFile ?? environment["ROOST_JOIN_SECRET_FILE"]
    // As a node reads it.
    let insecure = environment["ROOST_INSECURE"].flatMap { try? SettingKind.boolean.parse(text: $0) }
    isInsecure = options.joinSecretFile == nil && insecure == .boolean(true)
    localNodes = LocalNodeRegistry(environment: environment)
  }

  func authentication(for address: PeerAddress) throws(CommandFailure) -> PeerAuthentication {
    if let known = found.withLock({ $0?.authentication }) { return known }
    let (authentication, source) = try look(for: address)
    found.withLock { $0 = (authentication, source) }
    return authentication
  }

  private func look(for address: PeerAddress) throws(CommandFailure) -> (PeerAuthentication, source: String) {
    if isInsecure { return (.insecure, "ROOST_INSECURE") }
    if let file {
      do { return (.secret(try JoinSecretFile.load(file)), file) } catch { throw CommandFailure("\(error)") }
    }
    switch localNodes?.find(address) ?? .unknown {
    case .secret(let secret, let file): return (.secret(secret), file)
    case .insecure: return (.insecure, "the node at \(address)")
    case .unusable(let reason):
      throw CommandFailure("\(reason); name the secret of its cluster with --join-secret-file")
    case .unknown:
      throw CommandFailure(
        "\(address) answers only those that have its cluster's join secret, and no node of this user on this machine "
          + "has told where it is; name it with --join-secret-file (a node keeps it as \(JoinSecretFile.name) in its data "
          + "directory)")
    }
  }

  /// What to do when the node does not accept what was found.
  var remedy: String {
    let source = found.withLock { $0?.source } ?? ""
    return "this command used \(source); name the secret of the node's cluster with --join-secret-file"
  }
}
