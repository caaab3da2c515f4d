import RoostSQL
import Synchronization

/// All connections of a server by the process id they were told, so that a cancel request finds its session and a
/// shutdown reaches everyone.
final class ConnectionRegistry: Sendable {
  private struct Entry {
    var connection: PostgresConnection
    var secret: UInt32
    var session: Session?
  }

  private struct State {
    var entries: [UInt32: Entry] = [:]
    var lastProcessID: UInt32 = 0
    var draining: [CheckedContinuation<Void, Never>] = []
    var refusing = false
  }

  private let state = Mutex(State())

  /// Enters a connection and gives it its key; nil when the server is shutting down.
  func add(_ connection: PostgresConnection, secret: UInt32) -> BackendKey? {
    state.withLock { state in
      if state.refusing { return nil }
      // Ids wrap after four thousand million connections and then must step over those still in use.
      repeat {
        state.lastProcessID = state.lastProcessID % UInt32(Int32.max) + 1
      } while state.entries[state.lastProcessID] != nil
      state.entries[state.lastProcessID] = Entry(connection: connection, secret: secret)
      return BackendKey(processID: state.lastProcessID, secret: secret)
    }
  }

  func setSession(_ session: Session, of key: BackendKey) {
    state.withLock { $0.entries[key.processID]?.session = session }
  }

  func remove(_ key: BackendKey) {
    let drained = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      state.entries[key.processID] = nil
      guard state.entries.isEmpty else { return [] }
      defer { state.draining = [] }
      return state.draining
    }
    for waiter in drained { waiter.resume() }
  }

  /// Cancels what the session of `key` runs; a key that names none does nothing, and says nothing.
  func cancel(_ key: BackendKey) {
    let entry = state.withLock { state -> Entry? in
      guard let entry = state.entries[key.processID], entry.secret == key.secret else { return nil }
      return entry
    }
    guard let entry else { return }
    // Straight from this thread: the session's loop may be busy with the very statement.
    entry.session?.cancel()
    entry.connection.statementCancelled()
  }

  /// Takes no more connections and returns those there are, in the order they came.
  func refuseNewConnections() -> [PostgresConnection] {
    state.withLock { state in
      state.refusing = true
      return state.entries.sorted { $0.key < $1.key }.map(\.value.connection)
    }
  }

  /// Lets ``waitUntilEmpty()`` return although connections are left.
  func giveUpWaiting() {
    let waiters = state.withLock { state in
      defer { state.draining = [] }
      return state.draining
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns when the last connection is gone.
  func waitUntilEmpty() async {
    await withCheckedContinuation { continuation in
      let empty = state.withLock { state -> Bool in
        if !state.entries.isEmpty { state.draining.append(continuation) }
        return state.entries.isEmpty
      }
      if empty { continuation.resume() }
    }
  }
}
