/// Where the SQL port listens and what its clients may take.
public struct PostgresServerConfiguration: Sendable {
  public var host: String
  /// 0 picks a free port; ``PostgresServer/port`` tells which.
  public var port: Int
  /// The name of the one database. Clients may also ask for `postgres` or for their own user name.
  public var databaseName: String
  /// Sessions at the same time; further ones are refused with 53300.
  public var maximumConnections: Int
  /// How long a client may take from connecting to the end of its start-up message.
  public var startupTimeLimit: Duration
  /// Largest message body in bytes. Larger ones are read, dropped and answered with 54000.
  public var maximumMessageSize: Int
  /// Bytes that messages beyond 1 MiB may take over all connections; the next one is refused with 53200.
  public var largeMessageMemory: Int
  /// How long a running statement may take to finish when the server shuts down, before it is cancelled. Its client
  /// has three times as long to read the news before the connection is cut.
  public var shutdownGrace: Duration

  public init(
    host: String = "127.0.0.1", port: Int = 5432, databaseName: String = "roost", maximumConnections: Int = 500,
    startupTimeLimit: Duration = .seconds(10), maximumMessageSize: Int = 64 << 20,
    largeMessageMemory: Int = 256 << 20, shutdownGrace: Duration = .seconds(1)
  ) {
    self.host = host
    self.port = port
    self.databaseName = databaseName
    self.maximumConnections = maximumConnections
    self.startupTimeLimit = startupTimeLimit
    self.maximumMessageSize = maximumMessageSize
    self.largeMessageMemory = largeMessageMemory
    self.shutdownGrace = shutdownGrace
  }
}
