import Synchronization

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
    return controlGroup / 4 * 3
  }

  /// The limit of a node that was configured to use `setting` bytes: no more than the control group can bear.
  public func limit(setting: Int?) -> Int {
    guard let setting else { return standard }
    guard let controlGroup, controlGroup < machine else { return setting }
    return min(setting, controlGroup / 10 * 9)
  }

  /// Asks the system when the process starts.
  public static func read() -> MemoryLimits { readAgain() ?? MemoryLimits(machine: machineBytes, controlGroup: nil) }

  /// Asks the system again. Nil if it can't be asked now, for want of descriptors: what was found before holds.
  public static func readAgain() -> MemoryLimits? {
    readAgain { path throws(SystemFile.Unreadable) in try SystemFile.text(path) }
  }

  static func readAgain(_ text: (String) throws(SystemFile.Unreadable) -> String?) -> MemoryLimits? {
    do throws(SystemFile.Unreadable) {
      return MemoryLimits(machine: machineBytes, controlGroup: try controlGroup(text))
    } catch {
      return nil
    }
  }

  private static var machineBytes: Int { Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(getpagesize()) }

  /// The narrowest limit of the process's control group and those around it. Version 2 has one hierarchy, version 1 one
  /// for memory. In a container the path may be that of the host, and the limit stands at the root of what is visible.
  static func controlGroup<Failure>(_ text: (String) throws(Failure) -> String?) throws(Failure) -> Int? {
    var narrowest: Int?
    for line in (try text("/proc/self/cgroup") ?? "").split(separator: "\n") {
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
          if let limit = try text("\(root)\(path)/\(file)").flatMap({ Int($0.prefix { $0 != "\n" }) }) {
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
  private static let statistics = HeldSystemFile("/proc/self/statm")

  /// Opens what is needed to tell, so that it can be told when the process has used up its descriptors.
  public static func prepare() { _ = bytes() }

  /// Bytes in memory that belong to no file; nil where the system does not tell. Costs two microseconds.
  public static func bytes() -> Int? {
    #if os(Linux)
      guard let text = statistics.text() else { return nil }
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
  /// The file may be there, and there is no descriptor to open it with.
  struct Unreadable: Error {}

  /// At most 4 KiB; nil if there is no such file, or none that may be read.
  ///
  /// - Parameter opening: `open`; another one for tests.
  static func text(
    _ path: String, opening: (String) -> Int32 = { open($0, O_RDONLY | O_CLOEXEC) }
  ) throws(Unreadable) -> String? {
    let descriptor = opening(path)
    guard descriptor >= 0 else {
      if errno == EMFILE || errno == ENFILE { throw Unreadable() }
      return nil
    }
    defer { close(descriptor) }
    return text(of: descriptor)
  }

  /// What the open file says now, from its beginning.
  static func text(of descriptor: Int32) -> String? {
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, filled in
      count = retrying { pread(descriptor, buffer.baseAddress, buffer.count, 0) }
      filled = max(0, count)
    }
    return count >= 0 ? String(decoding: bytes, as: UTF8.self) : nil
  }
}

/// A small file of the system that stays open once it was read, and can be read again without a free descriptor.
final class HeldSystemFile: Sendable {
  private let path: String
  private let descriptor = Atomic<Int32>(-1)

  init(_ path: String) { self.path = path }

  deinit {
    let held = descriptor.load(ordering: .relaxed)
    if held >= 0 { close(held) }
  }

  /// At most 4 KiB of what it says now; nil if it can't be read.
  func text() -> String? {
    var held = descriptor.load(ordering: .acquiring)
    if held < 0 {
      let opened = open(path, O_RDONLY | O_CLOEXEC)
      guard opened >= 0 else { return nil }
      let (isOurs, earlier) = descriptor.compareExchange(
        expected: -1, desired: opened, ordering: .acquiringAndReleasing)
      if !isOurs { close(opened) }
      held = isOurs ? opened : earlier
    }
    return SystemFile.text(of: held)
  }
}
