import RoostPlatform
import RoostTransport

/// Finds out whether the node that answers at an address belongs to a certain cluster.
struct MemberProbe {
  enum Finding: Sendable, Equatable {
    /// Nothing answers that speaks the peer protocol.
    case nobody
    case member
    /// A node of another cluster; and how that is known.
    case stranger(String)
    /// A node that does not say of which cluster it is; and what it says instead.
    case unclear(HandshakeRejection)
  }

  let clusterID: UInt128
  /// What the members of the cluster prove to one another; `withoutSecret` if that is not known.
  let authentication: PeerAuthentication
  let loop: NIOLoop

  func look(at address: PeerAddress) async -> Finding {
    switch authentication {
    case .secret:
      let finding = await greet(address, authentication)
      // It has no secret: it tells everybody of which cluster it is.
      return finding == .unclear(.insecure) ? await greet(address, .insecure) : finding
    case .insecure:
      let finding = await greet(address, authentication)
      return finding == .unclear(.secretNeeded) ? .stranger("it demands a join secret") : finding
    case .withoutSecret: return await greet(address, .insecure)
    }
  }

  private func greet(_ address: PeerAddress, _ authentication: PeerAuthentication) async -> Finding {
    await withCheckedContinuation { continuation in
      NativeClientChannel.connect(
        to: address, on: loop, timeout: .seconds(2), authentication: authentication, clusterID: clusterID
      ) { result in
        switch result {
        case .success(let channel):
          channel.close()
          continuation.resume(returning: .member)
        case .failure(.rejected(_, .otherCluster)): continuation.resume(returning: .stranger("it says so"))
        case .failure(.rejected(_, .wrongSecret)):
          continuation.resume(returning: .stranger("it has another join secret"))
        case .failure(.rejected(_, let rejection)): continuation.resume(returning: .unclear(rejection))
        case .failure: continuation.resume(returning: .nobody)
        }
      }
    }
  }
}
