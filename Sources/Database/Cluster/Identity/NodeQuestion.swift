import RoostPlatform
import RoostRaft
import RoostStore
import RoostTransport

/// Asks whichever node answers at an address one question, over a connection of its own: for what must be said before a
/// node takes part, or when it can't.
struct NodeQuestion {
  let loop: NIOLoop
  let authentication: PeerAuthentication
  var timeLimit = Duration.seconds(6)

  enum Outcome: Sendable {
    case answered(Response)
    /// A node is there and did not let this one in.
    case refused(HandshakeRejection)
    /// Nobody answered in time.
    case silent
  }

  /// Nil if no answer came in time.
  func ask(_ address: PeerAddress, _ request: Request) async -> Response? {
    if case .answered(let response) = await outcome(address, request) { response } else { nil }
  }

  func outcome(_ address: PeerAddress, _ request: Request) async -> Outcome {
    let loop = loop
    let (authentication, timeLimit) = (authentication, timeLimit)
    let payload = NativePayload.request(1, request)
    return await withCheckedContinuation { (continuation: CheckedContinuation<Outcome, Never>) in
      let answer = Once(continuation)
      loop.execute {
        let timer = loop.schedule(at: loop.now + timeLimit) { answer.give(.silent) }
        NativeClientChannel.connect(
          to: address, on: loop, timeout: .seconds(1), authentication: authentication
        ) { result in
          let channel: NativeClientChannel
          switch result {
          case .success(let connected): channel = connected
          case .failure(let error):
            timer.cancel()
            if case .rejected(_, let rejection) = error { return answer.give(.refused(rejection)) }
            return answer.give(.silent)
          }
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
  }

  func rest(_ pause: Duration) async {
    let loop = loop
    await withCheckedContinuation { continuation in
      _ = loop.schedule(at: loop.now + pause) { continuation.resume() }
    }
  }
}

/// Resumes a continuation with whichever answer comes first, and hangs up. Touched on one loop only.
private final class Once: @unchecked Sendable {
  var channel: NativeClientChannel?
  private var continuation: CheckedContinuation<NodeQuestion.Outcome, Never>?

  init(_ continuation: CheckedContinuation<NodeQuestion.Outcome, Never>) { self.continuation = continuation }

  func give(_ outcome: NodeQuestion.Outcome) {
    continuation?.resume(returning: outcome)
    continuation = nil
    channel?.close()
    channel = nil
  }
}
