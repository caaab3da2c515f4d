import RoostPlatform
import RoostRaft
import RoostStore
import RoostTransport

/// Asks whichever node answers at an address one question, over a connection of its own: for what must be said before a
/// node takes part, or when it can't.
struct NodeQuestion {
  let loop: NIOLoop
  var timeLimit = Duration.seconds(6)

  /// Nil if no answer came in time.
  func ask(_ address: PeerAddress, _ request: Request) async -> Response? {
    let loop = loop
    let timeLimit = timeLimit
    let payload = NativePayload.request(1, request)
    return await withCheckedContinuation { (continuation: CheckedContinuation<Response?, Never>) in
      let answer = Once(continuation)
      loop.execute {
        let timer = loop.schedule(at: loop.now + timeLimit) { answer.give(nil) }
        NativeClientChannel.connect(to: address, on: loop, timeout: .seconds(1)) { result in
          guard case .success(let channel) = result else {
            timer.cancel()
            return answer.give(nil)
          }
          answer.channel = channel
          channel.onReceive = { payload in
            timer.cancel()
            answer.give(try? NativePayload.decodeResponse(payload).response)
          }
          channel.onClose = { _ in
            timer.cancel()
            answer.give(nil)
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
  private var continuation: CheckedContinuation<Response?, Never>?

  init(_ continuation: CheckedContinuation<Response?, Never>) { self.continuation = continuation }

  func give(_ response: Response?) {
    continuation?.resume(returning: response)
    continuation = nil
    channel?.close()
    channel = nil
  }
}
