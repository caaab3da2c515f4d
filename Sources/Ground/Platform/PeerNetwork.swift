public import RoostBase

/// Best-effort, ordered-per-connection delivery of opaque payloads between the nodes of a cluster: the network seam.
///
/// A payload may be lost (queue full, connection broken) but never altered: production checks a CRC per frame. Every
/// call and every callback happens on `loop`.
public protocol PeerNetwork: AnyObject, Sendable {
  /// The loop that owns the network's state and runs its handler.
  var loop: any Loop { get }
  var handler: (any PeerNetworkHandler)? { get set }
  /// Tells where a node listens; the network connects and keeps trying with back-off until told `nil`.
  func setAddress(_ address: PeerAddress?, of node: NodeID)
  /// Hands over a payload. Returns false when it was dropped at once (no connection, or the bounded queue is full).
  @discardableResult
  func send(_ payload: [UInt8], to node: NodeID, lane: PeerLane) -> Bool
  /// The payload being received from a node can't be used: counts it, tells operators once, and closes the connection
  /// it came over if that is worth more than what else may come. The node may connect anew.
  func refuse(_ reason: String, from node: NodeID, closing: Bool)
  var counters: PeerNetworkCounters { get }
}

/// What came over the peer port and could not be used, since the network started.
public struct PeerNetworkCounters: Hashable, Sendable {
  /// Connections turned away at the greeting: other protocols, versions, clusters, nodes.
  public var declinedConnections: UInt64 = 0
  /// Connections closed for a frame of wrong length, checksum or kind.
  public var brokenFrames: UInt64 = 0
  /// Payloads of nodes that the floor above refused.
  public var refusedPayloads: UInt64 = 0

  public init() {}
}

/// Separate queues so that bulk never delays what liveness depends on.
public enum PeerLane: UInt8, Sendable, CaseIterable {
  /// Consensus and requests.
  case consensus = 0
  /// Snapshot chunks and other bulk.
  case bulk = 1
}

public protocol PeerNetworkHandler: AnyObject, Sendable {
  /// A connection over which `node` can be reached is up.
  func peerConnected(_ node: NodeID)
  /// The connection over which `node` could be reached closed, was refused or timed out.
  func peerDisconnected(_ node: NodeID)
  func received(_ payload: [UInt8], from node: NodeID)
}

/// Where a node's peer port is: a host name or address and a port.
public struct PeerAddress: Hashable, Sendable, Codable, CustomStringConvertible {
  public var host: String
  public var port: Int

  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Parses `HOST:PORT` and `[IPV6]:PORT`.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65535).contains(port)
    else { return nil }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard !host.isEmpty else { return nil }
    self.init(host: host, port: port)
  }

  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// A client (not a node) that speaks the native protocol over the peer port. Touched on its loop only.
public protocol NativeConnection: AnyObject, Sendable {
  var loop: any Loop { get }
  /// Queues a payload for the client; sent at the end of the tick.
  func send(_ payload: [UInt8])
  func close()
  /// Stops or resumes reading requests: back-pressure.
  func setReading(_ enabled: Bool)
}

/// Serves native clients.
public protocol NativeService: AnyObject, Sendable {
  func clientConnected(_ connection: any NativeConnection)
  func received(_ payload: [UInt8], from connection: any NativeConnection)
  func clientDisconnected(_ connection: any NativeConnection)
}
