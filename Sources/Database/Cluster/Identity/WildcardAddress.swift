import RoostPlatform

/// Addresses that mean "every address of this machine": one can listen on them, and nobody can connect to them.
public enum WildcardAddress {
  /// Whether a host is one, however it is written: `0.0.0.0`, `::`, `[::]`, `0`, `0:0:0:0:0:0:0:0`, `::ffff:0.0.0.0`.
  public static func matches(_ host: String) -> Bool {
    var text = host.lowercased()
    if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
    if text.isEmpty || text == "*" { return true }
    if let zone = text.firstIndex(of: "%") { text = String(text[..<zone]) }
    if text.contains(":") {
      let parts = text.split(separator: ":").filter { $0 != "ffff" }
      return parts.allSatisfy(isZero)
    }
    return isZero(text[...])
  }

  /// `0`, `0.0`, `0.0.0.0`, `0x0` and the like: what the system reads as the number zero.
  private static func isZero(_ text: Substring) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
      let digits = part.hasPrefix("0x") ? part.dropFirst(2) : part
      return !digits.isEmpty && digits.allSatisfy { $0 == "0" }
    }
  }
}

extension NodeRecord {
  /// Why other nodes could not use what the node says of its addresses; nil if they could.
  var addressRefusal: String? {
    for text in [peerAddress, sqlAddress] {
      guard let address = PeerAddress(text) else { return "\(name) gives \"\(text)\" as its address, which is none" }
      if WildcardAddress.matches(address.host) {
        return "\(name) gives \(text) as its address, to which nobody can connect; start it with --advertise ADDR, the "
          + "address by which others reach it"
      }
    }
    return nil
  }
}
