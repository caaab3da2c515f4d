import Foundation

/// Writes whole lines to the standard streams, past any buffer: what a supervisor says must be there when it is killed.
enum Terminal {
  /// How long ``tell(_:)`` waits for a reader.
  private static let patience: Int32 = 1000

  static func print(_ line: String) { write(line + "\n", to: STDOUT_FILENO) }
  static func complain(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

  /// Writes text as it is to standard output.
  static func write(_ text: String) { write(text, to: STDOUT_FILENO) }

  /// Prints a line if somebody takes it soon, and else does without: a supervisor has more to do than to wait for a paused
  /// terminal or a pipe that nobody reads.
  static func tell(_ line: String) {
    var polled = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
    guard poll(&polled, 1, patience) > 0 else { return }
    // A pipe that is ready takes this much without blocking (PIPE_BUF of Linux).
    write(Array((line + "\n").utf8).prefix(4096), to: STDOUT_FILENO)
  }

  static func exit(_ status: Int32) -> Never { Foundation.exit(status) }

  private static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8)[...], to: descriptor) }

  private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) {
    var rest = bytes
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 {
        if errno == EINTR { continue }
        guard errno == EAGAIN || errno == EWOULDBLOCK else {
          return  // Nobody reads any more; there is no one left to tell.
        }
        // Somebody else who holds the same pipe made it non-blocking.
        var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&polled, 1, -1)
        continue
      }
      rest = rest.dropFirst(written)
    }
  }
}
