import RoostPlatform

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The SQL port can't be opened.
public struct PostgresServerError: Error, Sendable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    case addressInUse
    case permissionDenied
    /// The host isn't an address of this machine, or its name can't be resolved.
    case unknownAddress
    case other(String)
  }

  public var host: String
  public var port: Int
  public var reason: Reason

  public init(host: String, port: Int, reason: Reason) {
    self.host = host
    self.port = port
    self.reason = reason
  }

  init(host: String, port: Int, cause: ListenError) {
    let reason: Reason =
      switch cause {
      case .unknownHost: .unknownAddress
      case .system(EADDRINUSE): .addressInUse
      case .system(EACCES), .system(EPERM): .permissionDenied
      case .system(EADDRNOTAVAIL): .unknownAddress
      case .system(let code): .other(String(cString: strerror(code)))
      case .noThread: .other("the system grants no more threads")
      }
    self.init(host: host, port: port, reason: reason)
  }

  public var description: String {
    let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    let why =
      switch reason {
      case .addressInUse: "the port is in use"
      case .permissionDenied: "permission denied; ports below 1024 need privileges"
      case .unknownAddress: "that is not an address of this machine"
      case .other(let text): text
      }
    return "cannot listen for SQL clients on \(place): \(why)"
  }
}
