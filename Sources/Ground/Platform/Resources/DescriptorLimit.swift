#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The system's limit of descriptors for this process.
public enum DescriptorLimit {
  /// Raises the soft limit to the hard one and returns what holds then. The soft limit is a default for programs that
  /// use `select`, and commonly 1024.
  public static func raise() -> Int {
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return DescriptorBudget.minimum }
    if limit.rlim_cur < limit.rlim_max {
      var raised = limit
      raised.rlim_cur = limit.rlim_max
      if setrlimit(resource, &raised) == 0 { limit = raised }
    }
    return Int(clamping: limit.rlim_cur)
  }

  /// Descriptors open now; nil where the system does not tell.
  public static func inUse() -> Int? {
    #if os(Linux)
      guard let directory = opendir("/proc/self/fd") else { return nil }
      defer { closedir(directory) }
      var count = 0
      while readdir(directory) != nil { count += 1 }
      // Without `.`, `..` and the directory itself.
      return max(0, count - 3)
    #else
      return nil
    #endif
  }

  #if canImport(Glibc)
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  #else
    private static let resource = RLIMIT_NOFILE
  #endif
}
