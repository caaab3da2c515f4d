import RoostPlatform
import RoostRaft
import RoostSimulation
import RoostStore

typealias StoreHistory = History<KeyValueModel.Input, KeyValueModel.Output>

/// What all clients of a run saw, and whether they go on.
final class StoreRecord {
  var history = StoreHistory()
  var isOver = false
  private var lastValue = 0

  /// A value nobody wrote before, so that every read says which write it saw.
  func freshValue() -> [UInt8] {
    lastValue += 1
    return Array(String(lastValue).utf8)
  }
}

/// One client with one operation at a time: it asks some node, waits so long and no longer, and goes to another node
/// when something went wrong.
///
/// Unchecked sendable: guarded by the world's thread.
class StoreClient: @unchecked Sendable {
  static let patience = Duration.milliseconds(1500)
  static let keys = ["a", "b", "c"].map { Key($0) }

  let world: World
  let cluster: StoreCluster
  let record: StoreRecord
  let process: Int
  var generator: SeededGenerator
  private(set) var okCount = 0
  /// The operation under way, and its number, so that what comes too late is not taken for the answer to the next.
  private var pending: StoreHistory.OperationID?
  private(set) var number: UInt64 = 0

  init(_ cluster: StoreCluster, _ record: StoreRecord, process: Int) {
    world = cluster.world
    self.cluster = cluster
    self.record = record
    self.process = process
    generator = world.generator.split()
  }

  /// Waits a while, then asks for something.
  final func think() {
    guard !record.isOver else { return }
    world.after(generator.duration(.milliseconds(1)...(.milliseconds(60)))) { [self] in
      if !record.isOver { act() }
    }
  }

  func act() {}
  func giveUp() {}

  final func begin(_ key: Key, _ action: KeyValueModel.Action) -> UInt64 {
    number += 1
    let mine = number
    pending = record.history.invoke(process: process, .init(key: key.bytes, action), at: world.now.nanoseconds)
    world.after(StoreClient.patience) { [self] in
      guard mine == number, pending != nil else { return }
      end(mine, .unknown)
      giveUp()
      think()
    }
    return mine
  }

  /// Notes how an operation ended. False if it had been given up before.
  @discardableResult
  final func end(_ number: UInt64, _ outcome: StoreHistory.Outcome) -> Bool {
    guard number == self.number, let id = pending else { return false }
    pending = nil
    switch outcome {
    case .ok(let output):
      okCount += 1
      record.history.ok(id, output, at: world.now.nanoseconds)
    case .failed: record.history.fail(id, at: world.now.nanoseconds)
    case .unknown: record.history.info(id, at: world.now.nanoseconds)
    }
    return true
  }

  /// Only one error leaves open whether a write happened; the others promise that it did not.
  final func outcome(of error: StoreError) -> StoreHistory.Outcome {
    error == .unknownOutcome ? .unknown : .failed
  }
}

/// Gets, puts and deletes over the native protocol.
///
/// Unchecked sendable: guarded by the world's thread.
final class NativeStoreClient: StoreClient, @unchecked Sendable {
  private var connection: SimulatedClientConnection?

  override func act() {
    guard let key = generator.pick(StoreClient.keys) else { return }
    let connection = connection ?? connect()
    let request: Request
    let action: KeyValueModel.Action
    switch generator.below(10) {
    case 0..<5:
      action = .get
      request = .get(key: key, level: .linearizable)
    case 5..<9:
      let value = record.freshValue()
      action = .put(value)
      request = .put(key: key, value: value)
    default:
      action = .delete
      request = .delete(key: key)
    }
    connection.send(NativePayload.request(begin(key, action), request))
  }

  override func giveUp() {
    connection?.close()
    connection = nil
  }

  private func connect() -> SimulatedClientConnection {
    let node = generator.pick(cluster.ids) ?? NodeID(1)
    let fresh = world.network.connectClient(to: node)
    connection = fresh
    fresh.onPayload = { [self] payload in received(payload) }
    fresh.onClose = { [weak self, weak fresh] in
      guard let self, connection === fresh else { return }
      connection = nil
      if end(number, .unknown) { think() }
    }
    return fresh
  }

  private func received(_ payload: [UInt8]) {
    guard let (number, response) = try? NativePayload.decodeResponse(payload) else { return giveUp() }
    let ended: Bool
    switch response {
    case .committed: ended = end(number, .ok(.done))
    case .value(let value): ended = end(number, .ok(.value(value)))
    case .failure(let error):
      ended = end(number, outcome(of: error))
      // This node can't help at the moment.
      if ended { giveUp() }
    default: ended = end(number, .failed)
    }
    if ended { think() }
  }
}

/// Reads a key and writes it back changed, if nobody changed it meanwhile: a compare-and-set through the store's own
/// interface, on a node of its choice.
///
/// Unchecked sendable: guarded by the world's thread.
final class TransactingStoreClient: StoreClient, @unchecked Sendable {
  override func act() {
    guard let id = generator.pick(cluster.ids), let host = cluster.host(of: id), let key = generator.pick(StoreClient.keys)
    else { return think() }
    let number = begin(key, .get)
    host.loop.execute { [self] in
      host.openView(of: GroupDescriptor.data.id, timeLimit: .seconds(1)) { [self] result in
        do throws(StoreError) {
          let view = try result.get()
          let value = try view.get(key)
          guard end(number, .ok(.value(value))) else { return }
          swap(key, from: value, readAt: view.timestamp, on: host)
        } catch {
          if end(number, .failed) { think() }
        }
      }
    }
  }

  private func swap(_ key: Key, from value: [UInt8]?, readAt timestamp: Timestamp, on host: GroupHost) {
    let fresh = record.freshValue()
    let number = begin(key, .compareAndSet(expected: value, value: fresh))
    let request = CommitRequest(
      readTimestamp: timestamp, readKeys: [key], writes: [CommitRequest.Write(key: key, value: fresh)])
    host.commit(request, in: GroupDescriptor.data.id, timeLimit: .seconds(1)) { [self] result in
      let outcome: StoreHistory.Outcome =
        switch result {
        case .success: .ok(.swapped(true))
        case .failure(let error): self.outcome(of: error)
        }
      if end(number, outcome) { think() }
    }
  }
}
