import RoostPlatform
import RoostTransport

/// What a node does at its start to know, and to be known by, the others of its cluster.
extension ClusterNode {
  /// Finds or makes the join secret.
  static func authentication(
    _ configuration: NodeConfiguration, disk: any Disk, loop: NIOLoop, events: @escaping @Sendable (NodeEvent) -> Void
  ) async throws(NodeError) -> PeerAuthentication {
    switch configuration.security {
    case .insecure:
      events(
        .security(
          "INSECURE (--insecure): whoever reaches the peer port \(configuration.peerAddress) is believed to be a node of "
            + "the cluster or its client; only for trying things on this machine"))
      return .insecure
    case .joinSecret(let file):
      let source = JoinSecretSource(
        configuration, file: file, identity: try NodeIdentity.load(from: disk), loop: loop
      ) { events(.security($0)) }
      return .secret(try await source.secret())
    }
  }

  /// Lets this user's other nodes and commands know where the secret is, under the address told to others and the one that
  /// the node listens on.
  static func register(
    _ address: PeerAddress, _ configuration: NodeConfiguration, on loop: any Loop, events: (NodeEvent) -> Void
  ) async -> [LocalNodeRegistration] {
    guard let nodes = configuration.localNodes else { return [] }
    var file: String?
    if case .joinSecret(let path) = configuration.security { file = path }
    var addresses = [address]
    if let host = configuration.listenHost, host != address.host {
      addresses.append(PeerAddress(host: host, port: address.port))
    }
    var registrations: [LocalNodeRegistration] = []
    for address in addresses {
      if let made = await nodes.register(address, secretFile: file, on: loop) { registrations.append(made) }
    }
    if registrations.isEmpty {
      events(
        .security(
          "this user's other nodes and commands can't find this node by themselves: the folder for the user's state can't be "
            + "used (it has to be the user's alone), or another process has this address there; `roost` commands need "
            + "--join-secret-file"))
    }
    return registrations
  }
}

extension NodeSecurity {
  /// What an operator can do about an event of the network, to be put behind it.
  func advice(on event: TransportEvent) -> String {
    guard case .joinSecret(let file) = self, case .declined(_, let rejection) = event else { return "" }
    switch rejection {
    case .noSecret, .wrongSecret:
      return "; if it belongs to this cluster, copy the secret to its data directory: "
        + "scp -p \(file) HOST:DATA/\(JoinSecretFile.name)"
    default: return ""
    }
  }
}
