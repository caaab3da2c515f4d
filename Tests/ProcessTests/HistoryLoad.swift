import Foundation
import NIOCore
import NIOPosix
import RoostBase
import RoostPlatform
import RoostSimulation
import RoostStore
import RoostTransport
import Synchronization
import Testing

/// Clients that write and read shared keys over the native protocol, each waiting for its answer, and the history of
/// what they saw. A client whose connection breaks goes on with the next node; whose answer does not come in time, with
/// the next operation.
final class HistoryLoad: @unchecked Sendable {  // touched on `loop` only, but for what `published` holds
  struct Progress: Sendable {
    var writes = 0
    var reads = 0
    var failures: [String: Int] = [:]
    /// When a write was acknowledged last, and when that write began.
    var lastWrite = Instant.origin
    var lastWriteBegan = Instant.origin
  }

  let loop: NIOLoop
  private let addresses: [PeerAddress]
  private let keys: [Key]
  private var history = KeyValueHistory()
  private var clients: [Client] = []
  private var isStopping = false
  private var generator = SeededGenerator(seed: 1)
  private let published = Mutex(Progress())

  /// An operation that takes longer is of unknown outcome.
  private static let patience = Duration.milliseconds(400)
  /// Between two operations of a client: a history that is judged in seconds is long enough.
  private static let pause = Duration.milliseconds(3)

  init(_ addresses: [PeerAddress], clients count: Int = 8, keys keyCount: Int = 64) {
    loop = NIOLoop(DemoCluster.group.next())
    self.addresses = addresses
    keys = (0..<keyCount).map { Key(Array("\u{1}Kh\($0)".utf8)) }
    clients = (0..<count).map { Client(process: $0, load: self) }
  }

  var progress: Progress { published.withLock { $0 } }
  var now: Instant { loop.now }

  func start() {
    loop.execute { [self] in for client in clients { client.connect() } }
  }

  /// Waits until a write that began from now on is acknowledged; returns how long that took.
  @discardableResult
  func nextWrite(within limit: Duration = .seconds(30)) async throws -> Duration {
    let begin = now
    try await eventually("a write succeeds", within: limit) { self.progress.lastWriteBegan >= begin }
    return progress.lastWrite - begin
  }

  /// Waits until so many more writes are acknowledged.
  func moreWrites(_ count: Int) async throws {
    let wanted = progress.writes + count
    try await eventually("\(count) more writes succeed", within: .seconds(60)) { self.progress.writes >= wanted }
  }

  /// Ends the load, reads every key back through one node, and judges the history.
  func check(readingThrough address: PeerAddress) async throws {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      loop.execute { [self] in
        isStopping = true
        for client in clients { client.stop() }
        clients = []
        continuation.resume()
      }
    }
    let session = try await NativeClientSession.connect(
      to: address, on: loop, timeout: .seconds(5), authentication: try DemoCluster.authentication(for: address))
    for (number, key) in keys.enumerated() {
      let id = begin(1_000_000, KeyValueModel.Input(key: key.bytes, .get))
      try await session.send(NativePayload.request(UInt64(number), .get(key: key, level: .linearizable)))
      guard case .value(let value) = try NativePayload.decodeResponse(try await session.receive()).response else {
        throw DemoCluster.Failure(description: "\(key) can't be read back")
      }
      end(id, .value(value))
    }
    session.close()
    let seen = history
    #expect(LinearizabilityChecker(KeyValueModel()).check(seen) == .linearizable)
  }

  // MARK: What clients report

  fileprivate func draw() -> (key: Key, isWrite: Bool) {
    (keys[Int(generator.next() % UInt64(keys.count))], generator.next() % 2 == 0)
  }

  fileprivate var isOver: Bool { isStopping }
  fileprivate func address(_ number: Int) -> PeerAddress { addresses[number % addresses.count] }

  fileprivate func begin(_ process: Int, _ input: KeyValueModel.Input) -> KeyValueHistory.OperationID {
    history.invoke(process: process, input, at: loop.now.nanoseconds)
  }

  fileprivate func end(_ id: KeyValueHistory.OperationID, _ output: KeyValueModel.Output) {
    history.ok(id, output, at: loop.now.nanoseconds)
  }

  fileprivate func endUnknown(_ id: KeyValueHistory.OperationID, _ reason: String) {
    history.info(id, at: loop.now.nanoseconds)
    published.withLock { $0.failures[$0.failures.count < 32 ? reason : "other", default: 0] += 1 }
  }

  fileprivate func wrote(begun: Instant) {
    let now = loop.now
    published.withLock {
      $0.writes += 1
      $0.lastWrite = now
      $0.lastWriteBegan = max($0.lastWriteBegan, begun)
    }
  }

  fileprivate func read() { published.withLock { $0.reads += 1 } }

  /// One client. Its operations are numbered; what is not the answer to the present one came too late.
  private final class Client: @unchecked Sendable {  // touched on the load's loop only
    private let process: Int
    private let load: HistoryLoad
    private var channel: NativeClientChannel?
    private var target: Int
    private var serial: UInt64 = 0
    private var current: (id: KeyValueHistory.OperationID, begun: Instant, isWrite: Bool)?

    init(process: Int, load: HistoryLoad) {
      self.process = process
      self.load = load
      target = process
    }

    func connect() {
      guard !load.isOver else { return }
      let address = load.address(target)
      guard let authentication = try? DemoCluster.authentication(for: address) else { return moveOn() }
      NativeClientChannel.connect(
        to: address, on: load.loop, timeout: .milliseconds(500), authentication: authentication
      ) { [self, load] result in
        guard !load.isOver, case .success(let channel) = result else {
          moveOn()
          return
        }
        self.channel = channel
        channel.onReceive = { [self] in received($0) }
        channel.onClose = { [self] _ in
          self.channel = nil
          lose("the connection broke")
          moveOn()
        }
        issue()
      }
    }

    private func moveOn() {
      target += 1
      load.loop.schedule(at: load.loop.now + .milliseconds(10)) { [self] in connect() }
    }

    private func issue() {
      guard !load.isOver, current == nil, let channel else { return }
      serial += 1
      let number = serial
      let (key, isWrite) = load.draw()
      let value = Array("\(process).\(number)".utf8)
      let action: KeyValueModel.Action = isWrite ? .put(value) : .get
      current = (load.begin(process, .init(key: key.bytes, action)), load.loop.now, isWrite)
      channel.send(
        NativePayload.request(number, isWrite ? .put(key: key, value: value) : .get(key: key, level: .linearizable)))
      load.loop.schedule(at: load.loop.now + HistoryLoad.patience) { [self] in
        guard serial == number, current != nil else { return }
        lose("no answer in time")
        // The node may be stopped or cut off. Another one may know better.
        channel.close()
        self.channel = nil
        moveOn()
      }
    }

    private func received(_ payload: [UInt8]) {
      guard let (number, response) = try? NativePayload.decodeResponse(payload), number == serial, let done = current
      else { return }
      switch response {
      case .committed where done.isWrite:
        load.end(done.id, .done)
        load.wrote(begun: done.begun)
      case .value(let value) where !done.isWrite:
        load.end(done.id, .value(value))
        load.read()
      default: load.endUnknown(done.id, "\(response)")
      }
      current = nil
      load.loop.schedule(at: load.loop.now + HistoryLoad.pause) { [self] in issue() }
    }

    private func lose(_ reason: String) {
      if let lost = current { load.endUnknown(lost.id, reason) }
      current = nil
    }

    func stop() {
      lose("the test ended")
      channel?.close()
      channel = nil
    }
  }
}
