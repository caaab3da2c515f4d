import RoostStore
import Synchronization

/// A store whose majority goes away: from then on commits are proposed and never decided, or views never come, until the
/// wait is interrupted.
final class MajorityStore: TransactionBackend {
  let commitsWait = Atomic(false)
  let viewsWait = Atomic(false)
  /// Waits begun and not yet over.
  let waits = Atomic(0)
  private let inner = MemoryBackend()

  func openView(_ options: TransactionOptions) async throws(StoreError) -> any ReadView {
    guard viewsWait.load(ordering: .relaxed) else { return try await inner.openView(options) }
    await waitForever(options)
    throw .cancelled
  }

  func commit(_ request: CommitRequest, _ options: TransactionOptions) async throws(StoreError) -> Timestamp {
    guard commitsWait.load(ordering: .relaxed) else { return try await inner.commit(request, options) }
    await waitForever(options)
    throw .unknownOutcome
  }

  private func waitForever(_ options: TransactionOptions) async {
    let (woken, wake) = AsyncStream.makeStream(of: Void.self)
    options.interruption?.onCancel { wake.finish() }
    waits.wrappingAdd(1, ordering: .relaxed)
    for await _ in woken {}
    options.interruption?.onCancel(nil)
    waits.wrappingSubtract(1, ordering: .relaxed)
  }
}
