/// The limits and times of a ``TCPPeerNetwork``. The defaults suit a local network.
public struct PeerNetworkConfiguration: Sendable {
  /// The longest payload, in bytes, that is sent or accepted.
  public var maximumPayload = 64 << 20
  /// Bytes that may wait for one node on one lane before payloads are dropped.
  public var peerQueueLimit = 64 << 20
  /// Bytes that may wait for one client: above the high mark its requests are no longer read, until all of it has
  /// been taken; above the limit its connection is closed.
  public var clientHighWater = 1 << 20
  public var clientQueueLimit = 80 << 20

  public var connectTimeout: Duration = .seconds(1)
  /// For the greeting, once the connection is there.
  public var handshakeTimeout: Duration = .seconds(3)
  /// How often every outgoing connection is asked for a sign of life.
  public var pingInterval: Duration = .seconds(2)
  /// So many intervals in a row without one close the connection.
  public var silentIntervals = 3
  /// The first wait before dialling again; doubles up to the maximum, each varied by half.
  public var minimumBackOff: Duration = .milliseconds(10)
  public var maximumBackOff: Duration = .seconds(1)
  /// Seeds the variation of the waits; give each node its own.
  public var seed: UInt64 = 0

  /// Connections that were accepted and that the event loop has not taken yet; further ones wait in the kernel.
  public var maximumArrivals = 128
  /// Connections whose greeting is awaited; beyond it the address that has most of them loses its oldest.
  public var maximumHandshakes = 256
  /// Beyond it a client that never asked anything makes room, the oldest of the address that has most of them.
  public var maximumClients = 1024
  /// Clients from one address, unless it is this machine's.
  public var maximumClientsPerSource = 512
  /// A client that has asked nothing in so many ping intervals is let go.
  public var idleIntervals = 15
  /// Connections from nodes, two for each.
  public var maximumPeerConnections = 2048

  public init() {}
}
