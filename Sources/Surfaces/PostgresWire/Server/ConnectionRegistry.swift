import RoostPlatform
import RoostRelational
import RoostSQL
import Synchronization

/// All connections of a server by the process id they were told, so that a cancel request finds its session and a
/// shutdown reaches everyone; and the counts by which they are admitted.
final class ConnectionRegistry: Sendable {
  private struct Entry {
    var connection: PostgresConnection
    var secret: UInt32
    var session: Session?
  }

  /// What becomes of a connection that was accepted.
  enum Arrival {
    /// It may start with this key. Another one has to go for it, if one is named.
    case admitted(BackendKey, insteadOf: PostgresConnection?)
    case full
    case shuttingDown
  }

  private struct State {
    var admission: ConnectionAdmission
    var entries: [UInt32: Entry] = [:]
    var lastProcessID: UInt32 = 0
    var draining: [CheckedContinuation<Void, Never>] = []
    var refusing = false
  }

  private let state: Mutex<State>

  init(_ limits: ConnectionAdmission.Limits) { state = Mutex(State(admission: ConnectionAdmission(limits))) }

  /// Enters a connection and gives it its key, if there is room.
  func add(_ connection: PostgresConnection, from source: ConnectionSource, secret: UInt32) -> Arrival {
    state.withLock { state in
      if state.refusing { return .shuttingDown }
      // Ids wrap after four thousand million connections and then must step over those still in use.
      repeat {
        state.lastProcessID = state.lastProcessID % UInt32(Int32.max) + 1
      } while state.entries[state.lastProcessID] != nil
      let id = state.lastProcessID
      switch state.admission.accept(id, from: source) {
      case .full: return .full
      case .admitted(let leaver):
        state.entries[id] = Entry(connection: connection, secret: secret)
        return .admitted(
          BackendKey(processID: id, secret: secret), insteadOf: leaver.flatMap { state.entries[$0]?.connection })
      }
    }
  }

  /// Takes a place among the sessions; returns why there is none.
  func beginSession(of key: BackendKey, applicationName: String?) -> SQLError? {
    state.withLock { $0.admission.begin(key.processID, applicationName: applicationName) }
  }

  func setSession(_ session: Session, of key: BackendKey) {
    state.withLock { $0.entries[key.processID]?.session = session }
  }

  func remove(_ key: BackendKey) {
    let drained = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      state.entries[key.processID] = nil
      state.admission.closed(key.processID)
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
