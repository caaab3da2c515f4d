import NIOCore
import RoostBase
import RoostPlatform
import RoostStore
import RoostTransport

/// A closed loop over the native protocol: clients share a few connections to the nodes that lead what is asked for;
/// everything happens in callbacks on one loop.
final class NativeLoad: @unchecked Sendable {  // touched on `loop` only, once started
  private let plan: LoadPlan
  private let loop: NIOLoop
  private let value: [UInt8]
  private var generator: SeededGenerator
  private var record = LoadRecord()
  /// By node, in the order of the placement's leaders.
  private var channels: [[NativeClientChannel]] = []
  private var begun: [UInt64: (client: Int, at: Instant)] = [:]
  private let placement: KeyPlacement
  private let authentication: PeerAuthentication
  private var nextID: UInt64 = 1
  private var countsFrom = Instant.distantFuture
  private var endsAt = Instant.distantFuture
  private var isOver = false
  private var done: CheckedContinuation<LoadRecord, Never>?

  init(
    _ plan: LoadPlan, placement: KeyPlacement, authentication: PeerAuthentication, loop: NIOLoop, seed: UInt64
  ) {
    self.authentication = authentication
    self.plan = plan
    self.placement = placement
    self.loop = loop
    generator = SeededGenerator(seed: seed)
    value = (0..<plan.valueSize).map { UInt8(truncatingIfNeeded: $0 &* 31) }
  }

  /// Connects, and writes what is to be read.
  func prepare() async throws(CommandFailure) {
    for leader in placement.leaders {
      var connected: [NativeClientChannel] = []
      for _ in 0..<plan.connections { connected.append(try await connect(to: leader)) }
      channels.append(connected)
    }
    if plan.kind != .put { try await fill() }
  }

  func run() async -> LoadRecord {
    await withCheckedContinuation { continuation in
      loop.execute { [self] in begin(continuation) }
    }
  }

  private func connect(to address: PeerAddress) async throws(CommandFailure) -> NativeClientChannel {
    let (loop, authentication) = (loop, authentication)
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<NativeClientChannel, TransportError>, Never>) in
      NativeClientChannel.connect(to: address, on: loop, timeout: .seconds(5), authentication: authentication) {
        continuation.resume(returning: $0)
      }
    }
    do { return try result.get() } catch { throw CommandFailure("\(error)") }
  }

  private func begin(_ continuation: CheckedContinuation<LoadRecord, Never>) {
    done = continuation
    countsFrom = loop.now + .seconds(plan.warmUpSeconds)
    endsAt = countsFrom + .seconds(plan.seconds)
    for channel in channels.joined() {
      channel.onReceive = { [self] payload in received(payload) }
      channel.onClose = { [self] error in
        record.failed("\(error)")
        finish()
      }
    }
    for client in 0..<plan.clients { issue(client) }
    // A server that stops answering must not keep the command for ever.
    loop.schedule(at: endsAt + .seconds(15)) { [self] in finish() }
  }

  private func issue(_ client: Int) {
    let now = loop.now
    guard now < endsAt, !isOver else {
      if begun.isEmpty { finish() }
      return
    }
    let id = nextID
    nextID += 1
    begun[id] = (client, now)
    let number = Int(generator.next() % UInt64(plan.keys))
    let connections = channels[placement.leader(of: number)]
    connections[client % connections.count].send(NativePayload.request(id, request(number)))
  }

  private func request(_ number: Int) -> Request {
    let key = placement.key(number)
    let level: TransactionOptions.ReadLevel = plan.isStale ? .stale : .linearizable
    switch plan.kind {
    case .get: return .get(key: key, level: level)
    case .scan: return .scan(KeyRange(key, placement.end), limit: 100, level: level)
    case .put, .sqlInsert, .sqlSelect, .bank: return .put(key: key, value: value)
    }
  }

  private func received(_ payload: [UInt8]) {
    guard let (id, response) = try? NativePayload.decodeResponse(payload),
      let (client, start) = begun.removeValue(forKey: id)
    else {
      return record.failed("an answer that can't be read")
    }
    let now = loop.now
    if start >= countsFrom, now <= endsAt {
      switch response {
      case .committed, .value(.some), .pairs: record.succeeded(nanoseconds: now.nanoseconds - start.nanoseconds)
      case .value(nil): record.failed("a key is missing")
      case .failure(let error): record.failed("\(error)")
      default: record.failed("\(response)")
      }
    }
    issue(client)
  }

  private func finish() {
    guard let continuation = done else { return }
    done = nil
    isOver = true
    for channel in channels.joined() { channel.close() }
    continuation.resume(returning: record)
  }

  /// Writes every key once, so that reads find something.
  private func fill() async throws(CommandFailure) {
    let failure: String? = await withCheckedContinuation { continuation in
      loop.execute { [self] in
        let answer = FillAnswer(continuation)
        var sent = 0
        var answered = 0
        func send() {
          while sent < plan.keys, sent - answered < 256 {
            channels[placement.leader(of: sent)][0].send(
              NativePayload.request(UInt64(sent), .put(key: placement.key(sent), value: value)))
            sent += 1
          }
        }
        for channel in channels.joined() {
          channel.onClose = { answer.give("\($0)") }
          channel.onReceive = { [keys = plan.keys] payload in
            guard case .committed? = try? NativePayload.decodeResponse(payload).response else {
              return answer.give("a key could not be written")
            }
            answered += 1
            if answered == keys { answer.give(nil) } else { send() }
          }
        }
        send()
      }
    }
    if let failure { throw CommandFailure("cannot prepare the keys: \(failure)") }
  }

}

/// Resumes once. Touched on one loop only.
private final class FillAnswer {
  private var continuation: CheckedContinuation<String?, Never>?

  init(_ continuation: CheckedContinuation<String?, Never>) { self.continuation = continuation }

  func give(_ failure: String?) {
    continuation?.resume(returning: failure)
    continuation = nil
  }
}
