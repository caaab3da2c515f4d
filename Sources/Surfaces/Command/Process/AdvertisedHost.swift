import Foundation
import RoostCluster

/// The host that a node tells others to reach it by. A wildcard is none: who listens on every address of a machine has to
/// be reached at one of them.
enum AdvertisedHost {
  /// - Parameters:
  ///   - host: where the node listens.
  ///   - advertised: what the user says; nil if nothing.
  ///   - addresses: this machine's own addresses, without loopback.
  static func choose(host: String, advertised: String?, addresses: [String]) throws(CommandFailure) -> String {
    if let advertised { return advertised }
    guard WildcardAddress.matches(host) else { return host }
    let isIPv6 = host.contains(":")
    // Who listens on :: listens on the machine's IPv4 addresses as well.
    let usable = isIPv6 ? addresses : addresses.filter { !$0.contains(":") }
    let preferred = usable.filter { !$0.contains(":") }
    let candidates = preferred.isEmpty ? usable : preferred
    guard candidates.count == 1, let only = candidates.first else {
      let found =
        candidates.isEmpty
        ? "this machine has none besides loopback" : "this machine has \(candidates.joined(separator: ", "))"
      throw CommandFailure(
        "--host \(host) listens on every address, and others must be told one: \(found); say which with --advertise ADDR"
      )
    }
    return only
  }

  /// The addresses of this machine's interfaces that are up, without loopback and link-local ones, in order.
  static func machineAddresses() -> [String] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    var addresses: Set<String> = []
    var next = list
    while let interface = next?.pointee {
      next = interface.ifa_next
      let flags = Int32(bitPattern: UInt32(interface.ifa_flags))
      guard let address = interface.ifa_addr, flags & Int32(IFF_UP) != 0, flags & Int32(IFF_LOOPBACK) == 0 else {
        continue
      }
      let family = Int32(address.pointee.sa_family)
      let size: Int
      switch family {
      case AF_INET: size = MemoryLayout<sockaddr_in>.size
      case AF_INET6: size = MemoryLayout<sockaddr_in6>.size
      default: continue
      }
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      guard
        getnameinfo(address, socklen_t(size), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
      else { continue }
      let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      if !name.hasPrefix("fe80:"), !name.hasPrefix("169.254.") { addresses.insert(name) }
    }
    return addresses.sorted()
  }
}
