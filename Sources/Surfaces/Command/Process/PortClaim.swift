import Foundation

/// Ports taken before a node says anything to a cluster: a port that another program has is found while nobody has heard
/// of the node yet, and nobody else takes one in between.
///
/// The claim binds and does not listen, so that who knocks before the node serves is turned away at once; the node's own
/// servers may bind beside it. Give it back when they do.
struct PortClaim: ~Copyable {
  private let sql: FileDescriptor
  private let peer: FileDescriptor

  /// Port 0 takes any free one, which does no harm.
  static func take(host: String, sql: Int, peer: Int) throws(CommandFailure) -> PortClaim {
    let sql = try claim(host, "SQL", sql)
    let peer = try claim(host, "peer", peer)
    return PortClaim(sql: sql, peer: peer)
  }

  private init(sql: consuming FileDescriptor, peer: consuming FileDescriptor) {
    self.sql = sql
    self.peer = peer
  }

  /// Gives the ports to who listens on them.
  consuming func release() {}

  private static func claim(_ host: String, _ use: String, _ port: Int) throws(CommandFailure) -> FileDescriptor {
    do {
      return try PortProbe.claim(host: host, port: port)
    } catch {
      let setting = use == "SQL" ? "--port" : "--peer-port (or --port; it is 2000 above that if not given)"
      let holder = PortHolder.find(port: port).map { ", which \($0) has" } ?? ""
      throw CommandFailure(
        "cannot listen on \(use) port \(port) of \(host)\(holder): \(error.description); end what uses it, or choose "
          + "another with \(setting)")
    }
  }
}
