import Foundation

/// Waits until one of some descriptors has something to read (or its other end is gone), or time is up: the only way
/// in which the commands wait.
enum Readiness {
  /// - Parameter timeout: nil waits without end.
  /// - Returns: positions in `descriptors` that can be read without waiting; none when the time is up.
  static func wait(for descriptors: [Int32], timeout: Duration?) -> [Int] {
    var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let milliseconds = timeout.map { Int32(clamping: max(0, $0.components.seconds * 1000 + $0.milliseconds)) } ?? -1
    let count = poll(&polled, nfds_t(polled.count), milliseconds)
    guard count > 0 else { return [] }
    return polled.indices.filter { polled[$0].revents != 0 }
  }
}

extension Duration {
  /// The part below a second, rounded up so that a wait never ends before its deadline.
  fileprivate var milliseconds: Int64 { (components.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000 }
}
