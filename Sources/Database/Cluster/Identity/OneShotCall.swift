import RoostBase
import RoostPlatform
package import RoostStore

/// Asks whichever node answers at an address one question: for what must be said before a node takes part, or when it
/// can't.
package struct OneShotCall: Sendable {
  let loop: any Loop
  let dialer: any NodeDialer
  var timeLimit = Duration.seconds(6)

  package enum Outcome: Sendable {
    case answered(Response)
    /// A node is there and did not let this one in, for a reason that is for people to read.
    case refused(String, isLasting: Bool)
    /// Nobody answered in time.
    case silent
  }

  /// Nil if no answer came in time.
  func ask(_ address: PeerAddress, _ request: Request) async -> Response? {
    if case .answered(let response) = await outcome(address, request) { response } else { nil }
  }

  func outcome(_ address: PeerAddress, _ request: Request) async -> Outcome {
    await loop.answer { [dialer, timeLimit] answer in
      dialer.ask(address, request, timeLimit: timeLimit, answer: answer)
    }
  }

  func rest(_ pause: Duration) async { await loop.rest(for: pause) }
}
