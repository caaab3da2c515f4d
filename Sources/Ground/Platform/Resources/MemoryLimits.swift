#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How much memory the machine and the process's control group have, and how much of it a node takes if nobody says.
public struct MemoryLimits: Hashable, Sendable {
  /// Bytes of the machine.
  public var machine: Int
  /// Bytes that the control group of the process may use; nil without such a limit.
  public var controlGroup: Int?

  public init(machine: Int, controlGroup: Int?) {
    self.machine = machine
    self.controlGroup = controlGroup
  }

  /// Three quarters of a control group that is smaller than the machine, which leaves the rest to the kernel's buffers
  /// and the disk's cache; half of a machine, which other programs use too.
  public var standard: Int {
    guard let controlGroup, controlGroup < machine else { return machine / 2 }
    return min(controlGroup / 4 * 3, machine / 2)
  }

  /// The limit of a node that was configured to use `setting` bytes: no more than the control group can bear.
  public func limit(setting: Int?) -> Int {
    guard let setting else { return standard }
    guard let controlGroup, controlGroup < machine else { return setting }
    return min(setting, controlGroup / 10 * 9)
  }

  /// Asks the system.
  public static func read() -> MemoryLimits {
    let machine = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(getpagesize())
    return MemoryLimits(machine: machine, controlGroup: controlGroup(SystemFile.text))
  }

  /// The narrowest limit of the process's control group and those around it. Version 2 has one hierarchy, version 1 one
  /// for memory. In a container the path may be that of the host, and the limit stands at the root of what is visible.
  static func controlGroup(_ text: (String) -> String?) -> Int? {
    var narrowest: Int?
    for line in (text("/proc/self/cgroup") ?? "").split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let roots: [String]
      let file: String
      if fields[0] == "0", fields[1].isEmpty {
        (roots, file) = (["/sys/fs/cgroup", "/sys/fs/cgroup/unified"], "memory.max")
      } else if fields[1].split(separator: ",").contains("memory") {
        (roots, file) = (["/sys/fs/cgroup/memory"], "memory.limit_in_bytes")
      } else {
        continue
      }
      for root in roots {
        var path = fields[2] == "/" ? "" : String(fields[2])
        while true {
          if let limit = text("\(root)\(path)/\(file)").flatMap({ Int($0.prefix { $0 != "\n" }) }) {
            narrowest = min(narrowest ?? limit, limit)
          }
          guard let slash = path.lastIndex(of: "/") else { break }
          path = String(path[..<slash])
        }
      }
    }
    return narrowest
  }
}

/// What the process occupies, and what the allocator could return.
public enum ResidentMemory {
  /// Bytes in memory that belong to no file; nil where the system does not tell. Costs two microseconds.
  public static func bytes() -> Int? {
    #if os(Linux)
      guard let text = SystemFile.text("/proc/self/statm") else { return nil }
      let fields = text.split(separator: " ")
      guard fields.count > 2, let resident = Int(fields[1]), let shared = Int(fields[2]) else { return nil }
      return (resident - shared) * Int(getpagesize())
    #else
      return nil
    #endif
  }

  private typealias Trim = @convention(c) (Int) -> Int32
  /// `malloc.h` is not among the headers that Swift imports of glibc, and other libraries have no such function.
  private static let mallocTrim = dlsym(nil, "malloc_trim").map { unsafeBitCast($0, to: Trim.self) }

  /// Returns freed memory to the system; may take some milliseconds.
  public static func trim() {
    _ = mallocTrim?(0)
  }
}

/// Small files of the system, which are made when they are read.
enum SystemFile {
  /// At most 4 KiB.
  static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, filled in
      count = retrying { readSome(descriptor, buffer.baseAddress, buffer.count) }
      filled = max(0, count)
    }
    return count >= 0 ? String(decoding: bytes, as: UTF8.self) : nil
  }
}

/// `read`, out of the way of members of that name.
private func readSome(_ descriptor: Int32, _ buffer: UnsafeMutablePointer<UInt8>?, _ count: Int) -> Int {
  guard let buffer else { return 0 }
  return read(descriptor, buffer, count)
}
