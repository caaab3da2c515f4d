/// Where the SQL port listens and what its clients may take.
public struct PostgresServerConfiguration: Sendable {
  public var host: String
  /// 0 picks a free port; ``PostgresServer/port`` tells which.
  public var port: Int
  /// The name of the one database. Clients may also ask for `postgres` or for their own user name.
  public var databaseName: String
  /// Sessions at the same time; further ones are refused with 53300.
  public var maximumConnections: Int
  /// Sessions beyond that for clients that call themselves `roost`.
  public var reservedConnections: Int
  /// Sessions of one address that is not loopback.
  public var maximumConnectionsPerAddress: Int
  /// Sockets, with clients that are starting or being refused; the descriptors this port may take.
  public var maximumSockets: Int
  /// Connections that were accepted and that no event loop has taken yet; further ones wait in the kernel.
  public var maximumArrivals: Int
  /// How long a client may take from connecting to the end of its start-up message.
  public var startupTimeLimit: Duration
  /// Largest message body in bytes. Larger ones are read, dropped and answered with 54000.
  public var maximumMessageSize: Int
  /// How long a running statement may take to finish when the server shuts down, before it is cancelled. Its client
  /// has three times as long to read the news before the connection is cut.
  public var shutdownGrace: Duration

  public init(
    host: String = "127.0.0.1", port: Int = 5432, databaseName: String = "roost", maximumConnections: Int = 500,
    reservedConnections: Int = 10, maximumConnectionsPerAddress: Int = 250, maximumSockets: Int = 1024,
    maximumArrivals: Int = 128,
    startupTimeLimit: Duration = .seconds(10), maximumMessageSize: Int = 64 << 20, shutdownGrace: Duration = .seconds(1)
  ) {
    self.host = host
    self.port = port
    self.databaseName = databaseName
    self.maximumConnections = maximumConnections
    self.reservedConnections = reservedConnections
    self.maximumConnectionsPerAddress = maximumConnectionsPerAddress
    self.maximumSockets = maximumSockets
    self.maximumArrivals = maximumArrivals
    self.startupTimeLimit = startupTimeLimit
    self.maximumMessageSize = maximumMessageSize
    self.shutdownGrace = shutdownGrace
  }

  /// Where descriptors are scarce, clients that are starting keep a part of them, and sessions are fewer than was asked
  /// for.
  var admissionLimits: ConnectionAdmission.Limits {
    let reserved = min(reservedConnections, maximumSockets / 4)
    let starting = min(256, max(8, maximumSockets / 4))
    let sessions = min(maximumConnections, max(1, maximumSockets - starting - reserved))
    return ConnectionAdmission.Limits(
      connections: min(maximumSockets, sessions + reserved + starting), starting: starting, sessions: sessions,
      reserved: reserved, sessionsPerSource: min(maximumConnectionsPerAddress, sessions))
  }
}
