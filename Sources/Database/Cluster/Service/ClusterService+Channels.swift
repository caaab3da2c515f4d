import RoostPlatform
import RoostStore

extension ClusterService {
  /// Registers what this service answers.
  func serveChannels() {
    let channels = host.channels
    channels.register(ClusterChannels.status) { [unowned self] _, answer in
      // A long list takes long to write, and the loop has more urgent things to do.
      let status = status()
      host.runOnStateWorker { [loop] in
        let response = answer.response(status)
        loop.execute { answer.respond(response) }
      }
    }
    channels.register(ClusterChannels.join) { [unowned self] in admit($0, $1) }
    channels.register(ClusterChannels.transfer) { [unowned self] in transfer($0, $1) }
    channels.register(ClusterChannels.replace) { [unowned self] in replace($0, $1) }
    channels.register(ClusterChannels.takeOut) { [unowned self] in takeOut($0, $1) }
    channels.register(ClusterChannels.progress) { [unowned self] in progress($0, $1) }
    channels.register(ClusterChannels.announce) { [unowned self] request, answer in
      let refusal = notLeaderOfSystem
      judge(request) { if let response = $0 { answer(response) } else { answer.respond(refusal) } }
    }
    channels.register(ClusterChannels.addresses) { [unowned self] _, answer in
      answer(registry.active.map { NodeAddress(node: $0.id, peer: $0.peerAddress) })
    }
  }
}
