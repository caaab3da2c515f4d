import Foundation
import Testing

/// What some tests need from the machine; where it is missing they are skipped, and say so.
enum SystemTools {
  static var isRoot: Bool { geteuid() == 0 }

  static func has(_ program: String) -> Bool {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let paths = path.components(separatedBy: ":") + ["/usr/sbin", "/sbin"]
    return paths.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
  }

  /// Whether namespaces, links between them and packet filters can be made.
  static let canCutNetworks: Bool = {
    #if os(Linux)
      guard isRoot, has("ip"), has("iptables") else { return false }
      let name = "roost-try-\(getpid())"
      guard run("ip", "netns", "add", name) else { return false }
      defer { run("ip", "netns", "del", name) }
      return run("ip", "netns", "exec", name, "iptables", "-A", "INPUT", "-s", "10.0.0.1", "-j", "DROP")
        && run("ip", "link", "add", "rt\(getpid() % 100_000)", "type", "bridge")
        && run("ip", "link", "del", "rt\(getpid() % 100_000)")
    #else
      return false
    #endif
  }()

  /// Whether small disks can be mounted.
  static let canMount: Bool = {
    #if os(Linux)
      guard isRoot, has("mount") else { return false }
      let path = FileManager.default.temporaryDirectory.appendingPathComponent("roost-try-\(getpid())").path
      try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: path) }
      guard run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path) else { return false }
      return run("umount", path)
    #else
      return false
    #endif
  }()

  /// Whether calls of the C library can be replaced in a process.
  static let canInterpose: Bool = {
    #if os(Linux)
      return has("cc")
    #else
      return false
    #endif
  }()

  /// The library that shows a process another time, if it is installed.
  static let fakeTime: String? = {
    let folders = [
      "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib",
    ]
    return folders.map { $0 + "/faketime/libfaketimeMT.so.1" }.first(where: FileManager.default.fileExists)
  }()

  /// Runs a program to its end; false if it failed or is not there.
  @discardableResult
  static func run(_ words: String...) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] = (environment["PATH"] ?? "") + ":/usr/sbin:/sbin"
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
