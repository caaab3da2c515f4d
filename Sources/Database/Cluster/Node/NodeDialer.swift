package import RoostBase
package import RoostPlatform
package import RoostStore
import RoostTransport

/// How a node reaches others by address, over connections of their own: before it takes part, or when it can't.
package protocol NodeDialer: Sendable {
  /// Asks whichever node is there one question.
  ///
  /// - Parameter answer: called once, on the node's loop.
  func ask(
    _ address: PeerAddress, _ request: Request, timeLimit: Duration,
    answer: @escaping @Sendable (OneShotCall.Outcome) -> Void)

  /// Finds out who is there.
  ///
  /// - Parameter answer: called once, on the node's loop; with nil if no node of the cluster answers.
  func identify(_ address: PeerAddress, of clusterID: UInt128, answer: @escaping @Sendable (NodeID?) -> Void)
}

/// Dials over TCP, as a native client.
struct TransportDialer: NodeDialer {
  let loop: NIOLoop
  let authentication: PeerAuthentication

  private static let connectLimit = Duration.seconds(1)

  func ask(
    _ address: PeerAddress, _ request: Request, timeLimit: Duration,
    answer: @escaping @Sendable (OneShotCall.Outcome) -> Void
  ) {
    let payload = NativePayload.request(1, request)
    loop.execute { [loop, authentication] in
      let answer = FirstAnswer(answer)
      let timer = loop.schedule(at: loop.now + timeLimit) { answer.give(.silent) }
      NativeClientChannel.connect(
        to: address, on: loop, timeout: TransportDialer.connectLimit, authentication: authentication
      ) { result in
        let channel: NativeClientChannel
        switch result {
        case .success(let connected): channel = connected
        case .failure(let error):
          timer.cancel()
          if case .rejected(_, let rejection) = error {
            return answer.give(.refused("\(rejection)", isLasting: rejection.isLasting))
          }
          return answer.give(.silent)
        }
        // Too late: nobody waits any more.
        guard answer.isAwaited else { return channel.close() }
        answer.channel = channel
        channel.onReceive = { payload in
          timer.cancel()
          answer.give((try? NativePayload.decodeResponse(payload).response).map { .answered($0) } ?? .silent)
        }
        channel.onClose = { _ in
          timer.cancel()
          answer.give(.silent)
        }
        channel.send(payload)
      }
    }
  }

  func identify(_ address: PeerAddress, of clusterID: UInt128, answer: @escaping @Sendable (NodeID?) -> Void) {
    NativeClientChannel.connect(
      to: address, on: loop, timeout: TransportDialer.connectLimit, authentication: authentication,
      clusterID: clusterID
    ) { result in
      guard case .success(let channel) = result else { return answer(nil) }
      let node = channel.node
      channel.close()
      answer(node)
    }
  }
}

/// Gives whichever answer comes first, and hangs up. Touched on one loop only, which is what `@unchecked` relies on.
private final class FirstAnswer: @unchecked Sendable {
  var channel: NativeClientChannel?
  private var receiver: (@Sendable (OneShotCall.Outcome) -> Void)?

  init(_ receiver: @escaping @Sendable (OneShotCall.Outcome) -> Void) { self.receiver = receiver }

  var isAwaited: Bool { receiver != nil }

  func give(_ outcome: OneShotCall.Outcome) {
    let receiver = receiver.take()
    channel?.close()
    channel = nil
    receiver?(outcome)
  }
}
