import NIOCore
import NIOPosix

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension PostgresClientError.ConnectFailure {
  /// Out of what SwiftNIO says, which names calls and numbers that help nobody.
  init(_ error: any Error) {
    switch error {
    case let error as NIOConnectionError:
      // One for each address of the host; they fail alike as a rule.
      if let single = error.connectionErrors.first { self.init(single.error) } else { self = .unknownHost }
    case ChannelError.connectTimeout: self = .noAnswer
    case let error as IOError where error.errnoCode == ECONNREFUSED: self = .refused
    case let error as IOError where error.errnoCode == ETIMEDOUT: self = .noAnswer
    default: self = .unreachable(systemReason(of: error))
    }
  }
}

/// The system's own words for a failed operation of SwiftNIO, without the call's name and number.
func systemReason(of error: any Error) -> String {
  (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? String(describing: error)
}
