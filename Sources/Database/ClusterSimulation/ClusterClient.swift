import RoostPlatform
import RoostRaft
import RoostSimulation
import RoostStore

/// What all clients of a run saw, and the numbers they draw on.
final class ClusterRecord {
  var history = History<KeyValueModel.Input, KeyValueModel.Output>()
  /// Answers that no client should ever get.
  var surprises: [String] = []
  var unknownCount = 0
  var conflictCount = 0
  var values: UInt32 = 0
}

/// A client that does one operation after the other through a random node, or through one it was given.
///
/// It calls a write failed only where the store promises that it did not happen; a lost answer leaves it unknown.
final class ClusterClient {
  private let world: World
  private let process: Int
  private let record: ClusterRecord
  private let keys: [[UInt8]]
  private let members: [NodeID]
  private let padding: Int
  private var generator: SeededGenerator
  private var connection: SimulatedClientConnection?
  private var pending: Pending?
  private var number: UInt64 = 0
  /// This client's own last write of a key and when it was committed: what a compare-and-set starts from.
  private var written: [[UInt8]: (timestamp: Timestamp, value: [UInt8]?)] = [:]
  var isRunning = true
  /// Answers so far.
  private(set) var writes = 0
  private(set) var reads = 0

  private struct Pending {
    var number: UInt64
    var id: History<KeyValueModel.Input, KeyValueModel.Output>.OperationID
    var input: KeyValueModel.Input
  }

  private static let patience: ClosedRange<Duration> = .milliseconds(200)...(.seconds(2))
  private static let pause: ClosedRange<Duration> = .milliseconds(1)...(.milliseconds(40))

  init(
    _ world: World, process: Int, record: ClusterRecord, keys: [[UInt8]], members: [NodeID], padding: Int
  ) {
    self.world = world
    self.process = process
    self.record = record
    self.keys = keys
    self.members = members
    self.padding = padding
    generator = world.generator.split()
  }

  func run() {
    world.after(generator.duration(ClusterClient.pause)) { [self] in
      guard isRunning else { return }
      if pending == nil { issue() }
      run()
    }
  }

  private func issue() {
    if connection == nil { connect() }
    guard let connection, let key = generator.pick(keys) else { return }
    let (action, request) = choose(key)
    number += 1
    let input = KeyValueModel.Input(key: key, action)
    let id = record.history.invoke(process: process, input, at: world.now.nanoseconds)
    pending = Pending(number: number, id: id, input: input)
    connection.send(NativePayload.request(number, request))
    let waitsFor = number
    world.after(generator.duration(ClusterClient.patience)) { [self] in
      if pending?.number == waitsFor { self.connection?.close() }
    }
  }

  private func choose(_ key: [UInt8]) -> (KeyValueModel.Action, Request) {
    switch generator.below(20) {
    case 0..<9: return (.get, .get(key: Key(key), level: .linearizable))
    case 9..<15:
      let value = freshValue()
      return (.put(value), .put(key: Key(key), value: value))
    case 15: return (.delete, .delete(key: Key(key)))
    default:
      let value = freshValue()
      guard let last = written[key] else { return (.put(value), .put(key: Key(key), value: value)) }
      let commit = CommitRequest(
        readTimestamp: last.timestamp, readKeys: [Key(key)], writes: [.init(key: Key(key), value: value)])
      return (.compareAndSet(expected: last.value, value: value), .commit(GroupDescriptor.data.id, commit))
    }
  }

  private func freshValue() -> [UInt8] {
    record.values += 1
    let value = withUnsafeBytes(of: record.values.bigEndian) { [UInt8]($0) }
    return value + [UInt8](repeating: UInt8(truncatingIfNeeded: record.values), count: padding)
  }

  private func connect() {
    guard let node = generator.pick(members) else { return }
    let fresh = world.network.connectClient(to: node)
    connection = fresh
    fresh.onPayload = { [self] payload in
      guard let (number, response) = try? NativePayload.decodeResponse(payload) else {
        return record.surprises.append("an answer that can't be decoded")
      }
      guard let done = pending, done.number == number else { return }
      pending = nil
      settle(done, response)
      // Now and then another node, so that clients don't all stay with the survivors.
      if generator.chance(0.1) { fresh.close() }
    }
    fresh.onClose = { [self] in
      connection = nil
      guard let lost = pending else { return }
      pending = nil
      end(lost, asUnknown: true)
    }
  }

  private func settle(_ done: Pending, _ response: Response) {
    let now = world.now.nanoseconds
    switch (done.input.action, response) {
    case (.get, .value(let value)):
      reads += 1
      record.history.ok(done.id, .value(value), at: now)
    case (.put(let value), .committed(let timestamp)):
      confirm(done, value, timestamp, .done)
    case (.delete, .committed(let timestamp)):
      confirm(done, nil, timestamp, .done)
    case (.compareAndSet(_, let value), .committed(let timestamp)):
      confirm(done, value, timestamp, .swapped(true))
    case (_, .failure(.unknownOutcome)):
      end(done, asUnknown: true)
    case (.compareAndSet, .failure(.conflict)):
      record.conflictCount += 1
      written[done.input.key] = nil
      end(done, asUnknown: false)
    case (_, .failure(.noQuorum)), (_, .failure(.timedOut)), (_, .failure(.unavailable)):
      end(done, asUnknown: false)
    default:
      record.surprises.append("\(done.input.action) was answered by \(response)")
      end(done, asUnknown: true)
    }
  }

  private func confirm(
    _ done: Pending, _ value: [UInt8]?, _ timestamp: Timestamp, _ output: KeyValueModel.Output
  ) {
    writes += 1
    written[done.input.key] = (timestamp, value)
    record.history.ok(done.id, output, at: world.now.nanoseconds)
  }

  /// A read that got no answer changed nothing, whatever became of it.
  private func end(_ lost: Pending, asUnknown: Bool) {
    if asUnknown, lost.input.action != .get {
      record.unknownCount += 1
      record.history.info(lost.id, at: world.now.nanoseconds)
    } else {
      record.history.fail(lost.id, at: world.now.nanoseconds)
    }
  }
}
