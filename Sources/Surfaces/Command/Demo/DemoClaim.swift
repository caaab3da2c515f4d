import Foundation

/// A demo's claim on its folder, held until its process ends however it ends: two demos over the same nodes would each
/// take the other's for started by hand.
struct DemoClaim: ~Copyable {
  static let fileName = "demo.pid"

  private let file: String
  private let lock: FileDescriptor

  static func take(_ directory: String) throws(CommandFailure) -> DemoClaim {
    let file = directory + "/" + fileName
    let number = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard number >= 0 else { throw CommandFailure("cannot write \(file): \(SystemError.text(errno))") }
    let lock = FileDescriptor(number)
    guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
      throw CommandFailure(refusal(directory, DirectoryOwner.holder(of: file)))
    }
    guard ftruncate(number, 0) == 0, lock.write(Array("\(getpid())\n".utf8)) else {
      throw CommandFailure("cannot write \(file): \(SystemError.text(errno))")
    }
    return DemoClaim(file: file, lock: lock)
  }

  private init(file: String, lock: consuming FileDescriptor) {
    self.file = file
    self.lock = lock
  }

  static func refusal(_ directory: String, _ process: Int32?) -> String {
    "a demo runs in \(directory) already (process \(process.map(String.init) ?? "unknown")); stop it first, or name another "
      + "directory with --data"
  }

  /// To be called at a clean end; the lock goes with the process anyway.
  borrowing func release() { unlink(file) }
}
