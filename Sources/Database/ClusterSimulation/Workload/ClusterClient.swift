import RoostBase
import RoostPlatform
import RoostSimulation
import RoostStore

/// Which keys are in use. Keys change as time goes by, so that the history of each stays short enough to be judged, and
/// old ones are read again, so that nothing is forgotten unnoticed.
struct ClusterKeys {
  /// How long a set of keys is in use.
  static let age = Duration.seconds(4)
  /// What keys begin with, for each group.
  let prefixes: [[UInt8]]
  /// Whether nobody asks for anything now and then, so that groups fall silent and have to wake.
  var hasLulls = false
  /// How many keys every write is of, which must never be seen to differ; at most ten.
  var width = 1
  /// Whether values are short or long, as it comes.
  var mixesSizes = false

  /// What is written and read together with a key.
  func keys(with key: [UInt8]) -> [[UInt8]] {
    [key] + (1..<max(width, 1)).map { key + Array("~\($0)".utf8) }
  }

  func isLull(at time: Instant) -> Bool { hasLulls && (time - .origin).milliseconds % 1500 >= 900 }

  func pick(at time: Instant, _ generator: inout SeededGenerator) -> [UInt8] {
    let age = (time - .origin).milliseconds / ClusterKeys.age.milliseconds
    let chosen = generator.chance(0.04) ? Int64(generator.below(Int(age) + 1)) : age
    let prefix = prefixes[generator.below(prefixes.count)]
    return prefix + Array("\(chosen).\(generator.below(3))".utf8)
  }
}

/// A client that does one operation after the other through a random node, or through one it was given.
///
/// It calls a write failed only where the store promises that it did not happen; a lost answer leaves it unknown.
///
/// Stale reads are no part of the history, which asks for the newest; they must show what was written, and over one
/// connection never what is older than what they showed before.
final class ClusterClient {
  private let cluster: SimulatedCluster
  private let world: World
  private let process: Int
  private let record: ClusterRecord
  private let keys: ClusterKeys
  private let home: NodeID?
  private let padding: Int
  private var generator: SeededGenerator
  private var connection: SimulatedClientConnection?
  private var pending: Pending?
  private var number: UInt64 = 0
  /// This client's own last write of a key and when it was committed: what a compare-and-set starts from.
  private var written: [[UInt8]: (timestamp: Timestamp, value: [UInt8]?)] = [:]
  /// When the value was committed that a stale read last showed over this connection.
  private var shown: [[UInt8]: Timestamp] = [:]
  /// Requests that were answered over this connection.
  private var answered: Set<UInt64> = []
  var isRunning = true
  /// Answers so far, by partition.
  private(set) var writes: Set<GroupID> = []
  private(set) var reads: Set<GroupID> = []

  private struct Pending {
    var number: UInt64
    /// Nil for a stale read.
    var id: KeyValueHistory.OperationID?
    var input: KeyValueModel.Input
    var group: GroupID
    /// The highest timestamp that was answered before it began.
    var horizon: Timestamp
  }

  private static let patience: ClosedRange<Duration> = .milliseconds(200)...(.seconds(2))
  private static let pause: ClosedRange<Duration> = .milliseconds(1)...(.milliseconds(40))

  /// - Parameter home: The only machine it talks to, if it has one.
  init(
    _ cluster: SimulatedCluster, process: Int, record: ClusterRecord, keys: ClusterKeys, home: NodeID? = nil,
    padding: Int
  ) {
    self.cluster = cluster
    world = cluster.world
    self.process = process
    self.record = record
    self.keys = keys
    self.home = home
    self.padding = padding
    generator = world.generator.split()
  }

  func run() {
    world.after(generator.duration(ClusterClient.pause)) { [self] in
      guard isRunning else { return }
      if pending == nil, !keys.isLull(at: world.now) { issue() }
      run()
    }
  }

  private func issue() {
    if connection == nil { connect() }
    guard let connection else { return }
    let key = keys.pick(at: world.now, &generator)
    guard let group = cluster.options.groups.first(where: { $0.range.contains(Key(key)) })?.id else { return }
    let isStale = generator.chance(0.05)
    let (action, request) = isStale ? (.get, read(key, .stale)) : choose(key, group)
    number += 1
    let input = KeyValueModel.Input(key: key, action)
    let id = isStale ? nil : record.invoke(process, input, at: world.now)
    pending = Pending(number: number, id: id, input: input, group: group, horizon: record.horizon(of: group))
    connection.send(NativePayload.request(number, request))
    let waitsFor = number
    world.after(generator.duration(ClusterClient.patience)) { [self] in
      if pending?.number == waitsFor { self.connection?.close() }
    }
  }

  private func choose(_ key: [UInt8], _ group: GroupID) -> (KeyValueModel.Action, Request) {
    switch generator.below(20) {
    case 0..<9: return (.get, read(key, .linearizable))
    case 9..<15:
      let value = freshValue()
      return (.put(value), write(key, value, group))
    case 15: return (.delete, write(key, nil, group))
    default:
      let value = freshValue()
      guard let last = written[key] else { return (.put(value), write(key, value, group)) }
      var commit = CommitRequest(readTimestamp: last.timestamp, readKeys: [Key(key)], writes: writes(key, value))
      // What is read and written may be named in either way.
      if generator.chance(0.5) {
        commit.readKeys = []
        commit.writes[0].isRead = true
      }
      return (.compareAndSet(expected: last.value, value: value), .commit(group, commit))
    }
  }

  private func freshValue() -> [UInt8] {
    guard keys.mixesSizes else { return record.freshValue(padding: padding) }
    return record.freshValue(padding: generator.chance(0.5) ? 0 : padding + 12)
  }

  private func read(_ key: [UInt8], _ level: TransactionOptions.ReadLevel) -> Request {
    guard keys.width > 1 else { return .get(key: Key(key), level: level) }
    return .scan(KeyRange(Key(key), Key(key + [0xFF])), limit: keys.width + 1, level: level)
  }

  private func write(_ key: [UInt8], _ value: [UInt8]?, _ group: GroupID) -> Request {
    if keys.width > 1 { return .commit(group, CommitRequest(readTimestamp: .zero, writes: writes(key, value))) }
    return value.map { .put(key: Key(key), value: $0) } ?? .delete(key: Key(key))
  }

  private func writes(_ key: [UInt8], _ value: [UInt8]?) -> [CommitRequest.Write] {
    keys.keys(with: key).map { .init(key: Key($0), value: value) }
  }

  private func connect() {
    guard let node = home ?? generator.pick(cluster.members) else { return }
    let fresh = world.network.connectClient(to: node)
    connection = fresh
    shown = [:]
    answered = []
    fresh.onPayload = { [self] payload in
      guard let (number, response) = try? NativePayload.decodeResponse(payload) else {
        return record.surprise("an answer that can't be decoded")
      }
      if !answered.insert(number).inserted { record.surprise("request \(number) is answered twice") }
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
    switch (done.input.action, response) {
    case (.get, .value(let value)): settle(done, read: value)
    case (.get, .pairs(let pairs)):
      let all = keys.keys(with: done.input.key).map { key in pairs.first { $0.key.bytes == key }?.value }
      if all.contains(where: { $0 != all[0] }) { record.surprise("a part of a write is seen: \(pairs)") }
      settle(done, read: all[0])
    case (.put(let value), .committed(let timestamp)):
      confirm(done, value, timestamp, .done)
    case (.delete, .committed(let timestamp)):
      confirm(done, nil, timestamp, .done)
    case (.compareAndSet(_, let value), .committed(let timestamp)):
      confirm(done, value, timestamp, .swapped(true))
    case (_, .failure(.unknownOutcome)):
      end(done, asUnknown: true)
    case (.compareAndSet, .failure(.conflict)):
      written[done.input.key] = nil
      end(done, asUnknown: false, isConflict: true)
    case (_, .failure(.noQuorum)), (_, .failure(.timedOut)), (_, .failure(.overloaded)),
      (_, .failure(.leaderChanged)), (_, .failure(.notServing)), (_, .failure(.noReplica)), (_, .failure(.diskFull)),
      (_, .failure(.diverged)), (_, .failure(.leftBehind)):
      end(done, asUnknown: false)
    default:
      record.surprise("\(done.input.action) was answered by \(response)")
      end(done, asUnknown: true)
    }
  }

  private func settle(_ done: Pending, read value: [UInt8]?) {
    guard let id = done.id else { return judge(stale: value, of: done.input.key) }
    reads.insert(done.group)
    record.read(id, value, at: world.now)
  }

  private func confirm(
    _ done: Pending, _ value: [UInt8]?, _ timestamp: Timestamp, _ output: KeyValueModel.Output
  ) {
    guard let id = done.id else { return }
    writes.insert(done.group)
    if written.count > 64 { written = [:] }
    written[done.input.key] = (timestamp, value)
    record.committed(
      id, done.input.action, output, timestamp, in: done.group, after: done.horizon, at: world.now)
  }

  /// A read that got no answer changed nothing, whatever became of it.
  private func end(_ lost: Pending, asUnknown: Bool, isConflict: Bool = false) {
    guard let id = lost.id else { return }
    if asUnknown, lost.input.action != .get {
      record.unknown(id, lost.input.action, at: world.now)
    } else {
      record.failed(id, lost.input.action, isConflict: isConflict, at: world.now)
    }
  }

  private func judge(stale value: [UInt8]?, of key: [UInt8]) {
    record.staleRead()
    guard let value else { return }
    guard let timestamp = record.timestamp(of: value) else {
      return record.surprise("a stale read of \(String(decoding: key, as: UTF8.self)) shows what was never written")
    }
    if let before = shown[key], timestamp != .zero, timestamp < before {
      record.surprise("stale reads of \(String(decoding: key, as: UTF8.self)) over one connection go back in time")
    }
    shown[key] = max(shown[key] ?? .zero, timestamp)
  }
}

extension Duration {
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }
}
