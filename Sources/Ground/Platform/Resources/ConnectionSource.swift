#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where a connection comes from, as far as shares are counted: an IPv4 address, or the /64 network of an IPv6 one, whose
/// owner has all of its addresses.
public struct ConnectionSource: Hashable, Sendable, CustomStringConvertible {
  public static let unknown = ConnectionSource("")

  private let address: String
  /// Programs of the same machine share one address, so its share is not limited.
  public let isLoopback: Bool

  /// - Parameter address: A numeric address; anything else counts as one source of its own.
  public init(_ address: String) {
    var binary = in6_addr()
    guard address.contains(":"), inet_pton(AF_INET6, address, &binary) == 1 else {
      self.address = address
      isLoopback = address.hasPrefix("127.")
      return
    }
    let bytes = withUnsafeBytes(of: &binary) { Array($0) }
    // ::ffff:a.b.c.d is an IPv4 address in an IPv6 socket.
    if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
      self.address = bytes[12...].map(String.init).joined(separator: ".")
      isLoopback = bytes[12] == 127
      return
    }
    isLoopback = bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] == 1
    let groups = stride(from: 0, to: 8, by: 2).map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
    self.address = isLoopback ? "::1" : groups.joined(separator: ":") + "::/64"
  }

  public var description: String { address.isEmpty ? "an unknown address" : address }
}
