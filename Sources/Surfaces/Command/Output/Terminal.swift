import Foundation

/// Writes whole lines to the standard streams, past any buffer: what a supervisor says must be there when it is killed.
enum Terminal {
  static func print(_ line: String) { write(line + "\n", to: STDOUT_FILENO) }
  static func complain(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

  /// Writes text as it is to standard output.
  static func write(_ text: String) { write(text, to: STDOUT_FILENO) }

  static func exit(_ status: Int32) -> Never { Foundation.exit(status) }

  private static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 {
        if errno == EINTR { continue }
        return  // Nobody reads any more; there is no one left to tell.
      }
      rest = rest.dropFirst(written)
    }
  }
}
