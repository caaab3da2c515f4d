import Foundation
import Logging
import Synchronization

/// Tells a node's process when to stop: at a signal, when the supervisor that started it is gone, or when the node itself
/// can't go on.
///
/// A thread of its own waits for all of them, so that a request is heard whatever the node is busy with. After the first
/// request a second signal ends the process at once, and so does a limit: what was acknowledged is on disk, so that a
/// node that can't stop is better ended than left hanging. SIGHUP asks for nothing: the terminal may go, the node stays.
struct StopRequest: Sendable {
  /// More than sessions and the state engine may take to end properly.
  static let defaultLimit = Duration.seconds(8)

  private let requests: AsyncStream<String>
  private let report: AsyncStream<String>.Continuation
  private let supervisor: Int32?
  private let inside: InsideRequest

  /// - Parameters:
  ///   - supervisor: A descriptor whose other end the supervisor holds.
  ///   - end: Ends the process on the spot. It is called on the thread that waits, once the log is closed.
  init(
    supervisor: Int32?, signals: SignalWatch, log: NodeLog, limit: Duration = StopRequest.defaultLimit,
    end: @escaping @Sendable () -> Void = { _exit(1) }
  ) throws(CommandFailure) {
    self.supervisor = supervisor
    if let supervisor { _ = fcntl(supervisor, F_SETFD, FD_CLOEXEC) }
    let inside = try InsideRequest()
    self.inside = inside
    let (requests, continuation) = AsyncStream.makeStream(of: String.self)
    self.requests = requests
    report = continuation
    let thread = Thread {
      SignalWatch.admit()
      let origin = Self.awaitRequest(
        signals: signals, inside: inside.descriptor, supervisor: supervisor, log: log.start
      ) { continuation.yield($0) }
      Self.awaitImpatience(signals: signals, limit, isFirst: origin == .inside)
      let reason = inside.reason.withLock { $0 }
      log.start.error("\(reason.map { "\($0); " } ?? "")ended before the node had stopped")
      log.close()
      end()
    }
    thread.name = "stop request"
    thread.start()
  }

  /// Returns when the process is asked to stop, with the reason.
  func wait() async -> String {
    for await reason in requests { return reason }
    return "asked to"
  }

  /// The node can't go on: asks for the end from inside. From any thread; it has no more time for it than others.
  func request(_ reason: String) {
    report.yield(reason)
    inside.tell(reason)
  }

  func tellSupervisor(_ message: String) {
    guard let supervisor else { return }
    let bytes = Array(message.utf8)
    _ = write(supervisor, bytes, bytes.count)
  }

  private enum Origin { case signal, inside, supervisor }

  /// Returns when a second signal says that the end can't wait, or the limit has passed.
  private static func awaitImpatience(signals: SignalWatch, _ limit: Duration, isFirst: Bool) {
    let deadline = ContinuousClock.now + limit
    // Whoever sends the first signal does not know that the node is about to end.
    var isFirst = isFirst
    while ContinuousClock.now < deadline {
      _ = Readiness.wait(for: [signals.descriptor], timeout: deadline - ContinuousClock.now)
      guard let number = signals.next(), number != SIGHUP else { continue }
      if !isFirst { return }
      isFirst = false
    }
  }

  private static func awaitRequest(
    signals: SignalWatch, inside: Int32, supervisor: Int32?, log: Logger, report: (String) -> Void
  ) -> Origin {
    let descriptors = [signals.descriptor, inside] + (supervisor.map { [$0] } ?? [])
    while true {
      for which in Readiness.wait(for: descriptors, timeout: nil) {
        switch which {
        case 0:
          guard let number = signals.next() else { continue }
          guard number != SIGHUP else {
            log.info("the terminal is gone (SIGHUP), the node goes on")
            continue
          }
          report(number == SIGINT ? "interrupted" : "signal \(number)")
          return .signal
        case 1: return .inside
        default:
          report("its supervisor is gone")
          return .supervisor
        }
      }
    }
  }
}

/// What the node itself says when it can't go on, on a pipe, which the thread waits for beside the signals.
private final class InsideRequest: Sendable {
  /// Becomes readable at the first request.
  let descriptor: Int32
  let reason = Mutex<String?>(nil)
  private let writingEnd: Int32

  init() throws(CommandFailure) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw CommandFailure("cannot make a pipe: \(SystemError.text(errno))") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (descriptor, writingEnd) = (ends[0], ends[1])
  }

  /// Only the first request counts.
  func tell(_ reason: String) {
    let isFirst = self.reason.withLock { known in
      defer { known = known ?? reason }
      return known == nil
    }
    guard isFirst else { return }
    var byte: UInt8 = 0
    _ = write(writingEnd, &byte, 1)
  }

  deinit {
    close(descriptor)
    close(writingEnd)
  }
}
