import Synchronization

/// What the SQL port has done since the node started.
public struct PostgresServerStatistics: Sendable, Hashable {
  /// Sockets open now, with those still in start-up.
  public var openConnections: Int
  /// Sessions open now.
  public var sessions: Int
  /// Connections accepted.
  public var acceptedConnections: Int
  /// Sessions refused because there were too many.
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
  /// Bytes of large messages in memory.
  private let largeMessageBytes = Atomic(0)

  var snapshot: PostgresServerStatistics {
    PostgresServerStatistics(
      openConnections: openConnections.load(ordering: .relaxed),
      sessions: sessions.load(ordering: .relaxed),
      acceptedConnections: acceptedConnections.load(ordering: .relaxed),
      refusedConnections: refusedConnections.load(ordering: .relaxed),
      queries: queries.load(ordering: .relaxed),
      errors: errors.load(ordering: .relaxed))
  }

  /// Takes room for a large message, unless all of them together would go beyond `limit`.
  func reserveLargeMessage(_ size: Int, limit: Int) -> Bool {
    let total = largeMessageBytes.wrappingAdd(size, ordering: .relaxed).newValue
    if total <= limit { return true }
    releaseLargeMessage(size)
    return false
  }

  func countQuery() { queries.wrappingAdd(1, ordering: .relaxed) }
  func countError() { errors.wrappingAdd(1, ordering: .relaxed) }

  func releaseLargeMessage(_ size: Int) { largeMessageBytes.wrappingSubtract(size, ordering: .relaxed) }

  /// Takes one of `limit` sessions.
  func openSession(limit: Int) -> Bool {
    if sessions.wrappingAdd(1, ordering: .relaxed).newValue <= limit { return true }
    sessions.wrappingSubtract(1, ordering: .relaxed)
    refusedConnections.wrappingAdd(1, ordering: .relaxed)
    return false
  }
}
