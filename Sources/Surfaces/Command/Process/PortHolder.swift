import Foundation

/// Which process listens on a TCP port, as far as /proc tells: that of other users' processes is not to be seen.
enum PortHolder {
  /// Like "process 4711 (postgres)"; nil if it can't be told.
  static func find(port: Int) -> String? {
    let inodes = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { file in
      (try? String(contentsOfFile: file, encoding: .utf8)).map { listeningInodes(in: $0, port: port) } ?? []
    }
    guard !inodes.isEmpty else { return nil }
    let wanted = Set(inodes.map { "socket:[\($0)]" })
    let manager = FileManager.default
    for process in (try? manager.contentsOfDirectory(atPath: "/proc")) ?? [] where Int32(process) != nil {
      let folder = "/proc/\(process)/fd"
      for descriptor in (try? manager.contentsOfDirectory(atPath: folder)) ?? [] {
        guard let target = try? manager.destinationOfSymbolicLink(atPath: "\(folder)/\(descriptor)"),
          wanted.contains(target)
        else { continue }
        let name = (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)) ?? ""
        let command = name.trimmingCharacters(in: .whitespacesAndNewlines)
        return command.isEmpty ? "process \(process)" : "process \(process) (\(command))"
      }
    }
    return nil
  }

  /// The inodes of sockets that listen on a port, out of a table like /proc/net/tcp: the second field is
  /// `ADDRESS:PORT` in hexadecimal digits, the fourth the state (0A: listening), the tenth the inode.
  static func listeningInodes(in table: String, port: Int) -> [String] {
    table.split(separator: "\n").dropFirst().compactMap { line in
      let fields = line.split(separator: " ")
      guard fields.count > 9, fields[3] == "0A", let digits = fields[1].split(separator: ":").last,
        Int(digits, radix: 16) == port
      else { return nil }
      return String(fields[9])
    }
  }
}
