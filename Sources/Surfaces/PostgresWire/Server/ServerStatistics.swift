import Synchronization

/// What the SQL port has done since the node started.
public struct PostgresServerStatistics: Sendable, Hashable {
  /// Sockets open now, with those still in start-up.
  public var openConnections: Int
  /// Sessions open now.
  public var sessions: Int
  /// Connections accepted.
  public var acceptedConnections: Int
  /// Connections and sessions refused because there were too many, and connections that made room for others.
  public var refusedConnections: Int
  /// Simple queries and executed portals.
  public var queries: Int
  /// Errors sent to clients.
  public var errors: Int
}

/// The counters behind ``PostgresServerStatistics``, shared by all connections.
final class ServerCounters: Sendable {
  let openConnections = Atomic(0)
  let sessions = Atomic(0)
  let acceptedConnections = Atomic(0)
  let refusedConnections = Atomic(0)
  let queries = Atomic(0)
  let errors = Atomic(0)

  var snapshot: PostgresServerStatistics {
    PostgresServerStatistics(
      openConnections: openConnections.load(ordering: .relaxed),
      sessions: sessions.load(ordering: .relaxed),
      acceptedConnections: acceptedConnections.load(ordering: .relaxed),
      refusedConnections: refusedConnections.load(ordering: .relaxed),
      queries: queries.load(ordering: .relaxed),
      errors: errors.load(ordering: .relaxed))
  }

  func countQuery() { queries.wrappingAdd(1, ordering: .relaxed) }
  func countError() { errors.wrappingAdd(1, ordering: .relaxed) }

  func countSession() { sessions.wrappingAdd(1, ordering: .relaxed) }

  func countRefusal() { refusedConnections.wrappingAdd(1, ordering: .relaxed) }
}
