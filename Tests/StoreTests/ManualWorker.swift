import RoostPlatform

/// Runs nothing by itself: a test decides when the next piece of work happens. For one thread.
final class ManualWorker: BlockingWorker, @unchecked Sendable {
  private var waiting: [@Sendable () -> Void] = []

  var count: Int { waiting.count }

  func submit(_ work: @escaping @Sendable () -> Void) { waiting.append(work) }

  func drain() { while !waiting.isEmpty { waiting.removeFirst()() } }
}
