import RoostRelational
import RoostStore
import Synchronization

/// Waiting for the store no longer than the statement may take.
extension Session {
  /// A view is mostly there within a millisecond. When it is not, the cluster lacks a leader or is very busy.
  private static let promptWait = Duration.milliseconds(100)

  /// Begins a transaction in the store. A cancellation ends the wait, though not what the store does about it.
  func beginInStore() async throws(SQLError) -> Transaction {
    let options = storeOptions
    do throws(StoreError) {
      return try await database.store.begin(options, within: Session.promptWait)
    } catch {
      switch error {
      case .timedOut, .noQuorum: break
      default: throw StoreErrorMapping.error(error)
      }
    }
    let store = database.store
    let wait = InterruptibleWait<Transaction>()
    // Ended by the store's time limit.
    Task {
      do throws(StoreError) {
        wait.finish(.success(try await store.begin(options)))
      } catch {
        wait.finish(.failure(error))
      }
    }
    cancellation.onCancel { wait.interrupt() }
    let result = await wait.result()
    cancellation.onCancel(nil)
    switch result {
    case .success(let transaction): return transaction
    case .failure(let error): throw StoreErrorMapping.error(error)
    case nil:
      try cancellation.check()
      throw StoreErrorMapping.error(.cancelled)
    }
  }
}

/// A result that somebody waits for, unless interrupted: then there is none.
private final class InterruptibleWait<Value: Sendable>: Sendable {
  private enum State {
    case open
    case waiting(CheckedContinuation<Result<Value, StoreError>?, Never>)
    case over(Result<Value, StoreError>?)
  }

  private let state = Mutex(State.open)

  func finish(_ result: Result<Value, StoreError>) { end(result) }
  func interrupt() { end(nil) }

  private func end(_ result: Result<Value, StoreError>?) {
    let continuation = state.withLock { state -> CheckedContinuation<Result<Value, StoreError>?, Never>? in
      switch state {
      case .open:
        state = .over(result)
        return nil
      case .waiting(let continuation):
        state = .over(result)
        return continuation
      case .over: return nil
      }
    }
    continuation?.resume(returning: result)
  }

  func result() async -> Result<Value, StoreError>? {
    await withCheckedContinuation { continuation in
      let known = state.withLock { state -> Result<Value, StoreError>?? in
        if case .over(let result) = state { return .some(result) }
        state = .waiting(continuation)
        return .none
      }
      if let known { continuation.resume(returning: known) }
    }
  }
}
