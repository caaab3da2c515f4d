import RoostBase

/// One direction of one lane: payloads arrive in order, each after its delay, while the gate is open.
final class SimulatedPipe {
  private struct Item {
    var time: Instant
    var payload: [UInt8]
  }

  private let network: SimulatedNetwork
  private let node: NodeID
  /// Whether something may arrive now: the way is not blocked, the receiver reads.
  private let gate: () -> Bool
  private let deliver: ([UInt8]) -> Void
  private var queue: [Item] = []
  private var head = 0
  private var isPosted = false
  /// Runs after the last payload has arrived.
  private var atEnd: (() -> Void)?
  private(set) var bytes = 0
  private var isClosed = false

  /// - Parameter node: The receiver, for the trace.
  init(network: SimulatedNetwork, node: NodeID, gate: @escaping () -> Bool, deliver: @escaping ([UInt8]) -> Void) {
    self.network = network
    self.node = node
    self.gate = gate
    self.deliver = deliver
  }

  func push(_ payload: [UInt8], at time: Instant) {
    guard !isClosed, atEnd == nil else { return }
    queue.append(Item(time: time, payload: payload))
    bytes += payload.count
    wake()
  }

  /// Lets what is under way arrive, then runs `work`.
  func finish(_ work: @escaping () -> Void) {
    guard !isClosed, atEnd == nil else { return }
    atEnd = work
    wake()
  }

  /// Drops what is under way.
  func close() {
    isClosed = true
    queue = []
    head = 0
    bytes = 0
    atEnd = nil
  }

  /// Looks again whether something can arrive.
  func wake() {
    guard !isPosted, !isClosed else { return }
    if head < queue.count {
      post(at: queue[head].time)
    } else if atEnd != nil {
      post(at: network.world.now + network.delay())
    }
  }

  private func post(at time: Instant) {
    isPosted = true
    network.world.post(at: time, kind: .message, node: node) { [self] in
      isPosted = false
      guard !isClosed, gate() else { return }
      arrive()
      wake()
    }
  }

  /// Delivers everything that is due.
  private func arrive() {
    while head < queue.count, queue[head].time <= network.world.now, !isClosed, gate() {
      let payload = queue[head].payload
      queue[head].payload = []
      head += 1
      bytes -= payload.count
      network.world.trace(TraceHash.of(payload))
      deliver(payload)
    }
    if head == queue.count, !isClosed {
      queue.removeAll(keepingCapacity: true)
      head = 0
      if let work = atEnd {
        close()
        work()
      }
    }
  }
}
