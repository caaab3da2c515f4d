import Foundation

/// Which process holds the claim on a directory, without taking it: a probe that locked the file would make a start fail
/// that comes at the same moment.
enum DirectoryOwner {
  /// The process that runs in a node's data directory; nil if none does, or the system does not tell (other than Linux).
  static func process(of directory: String) -> Int32? { holder(of: directory + "/" + DataDirectory.processName) }

  /// The process that has locked a file with `flock`.
  static func holder(of file: String) -> Int32? {
    var facts = stat()
    guard stat(file, &facts) == 0, let locks = try? String(contentsOfFile: "/proc/locks", encoding: .utf8) else {
      return nil
    }
    // `1: FLOCK  ADVISORY  WRITE 4711 08:01:131 0 EOF`; the device is written in a form that file systems don't agree
    // on, so the process must be the one whose number stands in the file.
    let written = (try? String(contentsOfFile: file, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    guard let pid = written.flatMap({ Int32($0) }) else { return nil }
    for line in locks.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count > 5, fields[1] == "FLOCK", fields[3] == "WRITE",
        fields[5].split(separator: ":").last.flatMap({ UInt64($0) }) == UInt64(facts.st_ino)
      else { continue }
      // The number that locked is the one of the process as another namespace may see it; the file has its own.
      if Int32(fields[4]) == pid || kill(pid, 0) == 0 { return pid }
    }
    return nil
  }
}
