import Foundation
import Logging

/// Tells a node's process when to stop: at a signal, or when the supervisor that started it is gone.
///
/// A thread of its own waits for both, so that a request is heard whatever the node is busy with. After the first
/// request a second signal ends the process at once, and so does a limit: what was acknowledged is on disk, so that a
/// node that can't stop is better ended than left hanging. SIGHUP asks for nothing: the terminal may go, the node stays.
struct StopRequest: Sendable {
  /// More than sessions and the state engine may take to end properly.
  private static let limit = Duration.seconds(8)

  private let requests: AsyncStream<String>
  private let report: AsyncStream<String>.Continuation
  private let supervisor: Int32?

  init(supervisor: Int32?, log: NodeLog) throws(CommandFailure) {
    self.supervisor = supervisor
    if let supervisor { _ = fcntl(supervisor, F_SETFD, FD_CLOEXEC) }
    let signals = try SignalWatch.start()
    let (requests, continuation) = AsyncStream.makeStream(of: String.self)
    self.requests = requests
    report = continuation
    let thread = Thread {
      SignalWatch.admit()
      Self.awaitRequest(signals: signals, supervisor: supervisor, log: log.start) { continuation.yield($0) }
      Self.awaitImpatience(signals: signals)
      log.start.error("ended before the node had stopped")
      log.close()
      _exit(1)
    }
    thread.name = "stop request"
    thread.start()
  }

  /// Returns when the process is asked to stop, with the reason.
  func wait() async -> String {
    for await reason in requests { return reason }
    return "asked to"
  }

  /// The node can't go on: asks for the end from inside.
  func request(_ reason: String) { report.yield(reason) }

  func tellSupervisor(_ message: String) {
    guard let supervisor else { return }
    let bytes = Array(message.utf8)
    _ = write(supervisor, bytes, bytes.count)
  }

  /// Returns when a second signal says that the end can't wait, or the limit has passed.
  private static func awaitImpatience(signals: SignalWatch) {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
      _ = Readiness.wait(for: [signals.descriptor], timeout: deadline - ContinuousClock.now)
      if let number = signals.next(), number != SIGHUP { return }
    }
  }

  private static func awaitRequest(
    signals: SignalWatch, supervisor: Int32?, log: Logger, report: (String) -> Void
  ) {
    let descriptors = [signals.descriptor] + (supervisor.map { [$0] } ?? [])
    while true {
      for which in Readiness.wait(for: descriptors, timeout: nil) {
        if which == 0 {
          guard let number = signals.next() else { continue }
          guard number != SIGHUP else {
            log.info("the terminal is gone (SIGHUP), the node goes on")
            continue
          }
          report(number == SIGINT ? "interrupted" : "signal \(number)")
          return
        }
        report("its supervisor is gone")
        return
      }
    }
  }
}
