import Foundation
import RoostCluster

/// A node's claim on its data directory: nobody else's folder is written into, and no two processes share one.
///
/// The claim is an exclusive lock on `roost.pid`, held until the process ends however it ends, so that a file left
/// behind by a killed process is no obstacle. Whose data it is stands in the data itself, which the node checks.
struct DataDirectory: ~Copyable, Sendable {
  let path: String
  private let lock: FileDescriptor

  static let processName = "roost.pid"
  /// What may be there before the first start: a supervisor's log, the claim of a start that failed, and the join secret
  /// that was copied from another node.
  private static let harmless: Set<String> = ["roost.log", processName, JoinSecretFile.name]

  /// Makes the directory where it is missing, and claims it.
  ///
  /// - Parameter content: the folder in it that holds a node's data. Where it is missing this is a first start, and
  ///   anything else in the directory belongs to somebody else.
  static func claim(_ path: String, content: String) throws(CommandFailure) -> DataDirectory {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      if !names.contains(content), let foreign = names.first(where: { !harmless.contains($0) }) {
        throw CommandFailure(
          "\(path) holds \(foreign) and is no data directory of Roost; name an empty or a new directory with --data")
      }
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure(
        "cannot use the data directory \(path): \(SystemError.reason(error)); name another with --data")
    }

    let file = path + "/" + processName
    let number = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard number >= 0 else {
      throw CommandFailure("cannot write \(file): \(SystemError.text(errno)); name another directory with --data")
    }
    let lock = FileDescriptor(number)
    guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
      let owner = lock.read(atMost: 32).flatMap { String(decoding: $0, as: UTF8.self).split(separator: "\n").first }
      throw CommandFailure(
        "the data directory \(path) is in use by process \(owner.map(String.init) ?? "unknown"); "
          + "stop it first, or name another directory with --data")
    }
    // The number is for people, and the lock holds without it: a full disk keeps nobody from making room on it.
    guard ftruncate(number, 0) == 0, lock.write(Array("\(getpid())\n".utf8)) || [ENOSPC, EDQUOT].contains(errno) else {
      throw CommandFailure("cannot write \(file): \(SystemError.text(errno))")
    }
    return DataDirectory(path: path, lock: lock)
  }

  private init(path: String, lock: consuming FileDescriptor) {
    self.path = path
    self.lock = lock
  }

  /// Gives the claim back at a clean stop: `roost.pid` is gone.
  consuming func release() {
    unlink(path + "/" + Self.processName)
  }
}
