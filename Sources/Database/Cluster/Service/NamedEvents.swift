import RoostBase
import RoostPlatform

/// Tells operators of nodes by name, in the order of what happened: a node that has just joined hears of others before the
/// registry has told it what they are called, and numbers help nobody. What is told early waits for the names, but not
/// for long. Touched on the host's loop only.
final class NamedEvents: @unchecked Sendable {
  private struct Item {
    var nodes: [NodeID]
    var event: () -> NodeEvent
  }

  private static let patience = Duration.seconds(5)
  private static let capacity = 64

  private let loop: any Loop
  private let events: @Sendable (NodeEvent) -> Void
  private let isKnown: (NodeID) -> Bool
  private var waiting: [Item] = []
  private var timer: (any LoopTimer)?

  init(
    loop: any Loop, isKnown: @escaping (NodeID) -> Bool, events: @escaping @Sendable (NodeEvent) -> Void
  ) {
    self.loop = loop
    self.isKnown = isKnown
    self.events = events
  }

  func stop() {
    timer?.cancel()
    timer = nil
    tell(all: true)
  }

  /// - Parameter event: made when it is told, with the names there are by then.
  func tell(about nodes: [NodeID], _ event: @escaping () -> NodeEvent) {
    waiting.append(Item(nodes: nodes, event: event))
    tell(all: waiting.count > Self.capacity)
    guard !waiting.isEmpty, timer == nil else { return }
    timer = loop.schedule(at: loop.now + Self.patience) { [weak self] in
      self?.timer = nil
      self?.tell(all: true)
    }
  }

  func namesChanged() { tell(all: false) }

  private func tell(all: Bool) {
    while let first = waiting.first, all || first.nodes.allSatisfy(isKnown) {
      waiting.removeFirst()
      events(first.event())
    }
  }
}
