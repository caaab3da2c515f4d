#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The system's list of addresses for a host and a port.
final class ResolvedAddress {
  private let list: UnsafeMutablePointer<addrinfo>

  /// The one to use: the system lists the best first.
  var first: addrinfo { list.pointee }

  /// - Parameter host: a numeric address, or a name, which may have to be asked for and so takes time.
  init(host: String, port: Int) throws(ListenError) {
    var hints = addrinfo()
    #if canImport(Darwin)
      hints.ai_socktype = SOCK_STREAM
    #else
      hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    #endif
    hints.ai_flags = AI_PASSIVE
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    guard code == 0, let list else { throw .unknownHost(host) }
    self.list = list
  }

  deinit { freeaddrinfo(list) }
}

extension PeerAddress {
  /// Nil for other families than the internet's.
  init?(_ storage: sockaddr_storage) {
    var host = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let length = socklen_t(host.count)
    let port: in_port_t? = withUnsafePointer(to: storage) { storage in
      switch CInt(storage.pointee.ss_family) {
      case AF_INET:
        return storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
          var binary = address.pointee.sin_addr
          return inet_ntop(AF_INET, &binary, &host, length).map { _ in address.pointee.sin_port }
        }
      case AF_INET6:
        return storage.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
          var binary = address.pointee.sin6_addr
          return inet_ntop(AF_INET6, &binary, &host, length).map { _ in address.pointee.sin6_port }
        }
      default: return nil
      }
    }
    guard let port else { return nil }
    let text = host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    self.init(host: String(decoding: text, as: UTF8.self), port: Int(in_port_t(bigEndian: port)))
  }
}
