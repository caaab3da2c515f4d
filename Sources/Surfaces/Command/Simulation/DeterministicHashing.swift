import Foundation

/// Sees to it that hashes, and so the order of dictionaries, are the same in every process: without that a seed tells
/// the same story only within one process.
///
/// The runtime reads the setting when it starts, so the program starts itself anew with it.
enum DeterministicHashing {
  private static let variable = "SWIFT_DETERMINISTIC_HASHING"

  static func require() throws(CommandFailure) {
    guard getenv(variable) == nil else { return }
    setenv(variable, "1", 1)
    let path = try ChildProcess.ownExecutable()
    var words = ([path] + CommandLine.arguments.dropFirst()).map { strdup($0) }
    words.append(nil)
    execv(path, words)
    throw CommandFailure("cannot start \(path) anew: \(SystemError.text(errno))")
  }
}
