import NIOCore
import NIOPosix
public import RoostPlatform

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What can go wrong when a port is opened or a connection made.
public enum TransportError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The peer port can't be opened. `code` is the system's (`EADDRINUSE` …), zero if there is none.
  case cannotListen(PeerAddress, code: Int32, reason: String)
  case cannotConnect(PeerAddress, reason: String)
  /// The other side answered and declined.
  case rejected(PeerAddress, HandshakeRejection)
  /// What answers there does not speak this protocol.
  case notRoost(PeerAddress)
  /// Nothing, or nothing complete, was answered in time.
  case timedOut(PeerAddress)
  /// The connection, once established, is over.
  case connectionEnded(ConnectionEnd)

  public var description: String {
    switch self {
    case .cannotListen(let address, _, let reason): "cannot listen on \(address): \(reason)"
    case .cannotConnect(let address, let reason): "cannot connect to \(address): \(reason)"
    case .rejected(let address, let rejection): "\(address) declined the connection: \(rejection)"
    case .notRoost(let address): "\(address) does not answer like a Roost peer port"
    case .timedOut(let address): "\(address) did not answer in time"
    case .connectionEnded(let end): "the connection ended: \(end)"
    }
  }
}

/// The system's own words for a failed operation of SwiftNIO, without the call's name.
func systemReason(of error: any Error) -> String {
  switch error {
  case let error as IOError:
    return String(cString: strerror(error.errnoCode))
  case let error as NIOConnectionError:
    if let single = error.connectionErrors.first { return systemReason(of: single.error) }
    return "unknown host \(error.host)"
  case ChannelError.connectTimeout:
    return "no answer in time"
  default:
    return String(describing: error)
  }
}

extension TransportError {
  static func cannotListen(_ address: PeerAddress, _ error: ListenError) -> TransportError {
    switch error {
    case .unknownHost(let host): .cannotListen(address, code: 0, reason: "unknown host \(host)")
    case .system(let code): .cannotListen(address, code: code, reason: String(cString: strerror(code)))
    case .noThread: .cannotListen(address, code: 0, reason: "the system grants no more threads")
    }
  }
}
