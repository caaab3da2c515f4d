import RoostBase
import RoostPlatform
import RoostSimulation

/// The smallest durable service, to try the world on: one node holding one register, each write a record of its log,
/// answered after the sync — or before, which is the bug that simulation must find.
final class LoneKeeper: NativeService {
  /// Requests are `[number, kind, value]`, answers `[number, value]`. Kind 0 reads.
  static let recordSize = 600

  private let process: SimulatedProcess
  private let worker: SimulatedWorker
  private let answersBeforeSync: Bool
  private let file: any DiskFile
  private let state: State

  /// Touched on the process's loop only.
  private final class State: @unchecked Sendable {
    var value: UInt8 = 0
    var length = 0
  }

  init(_ process: SimulatedProcess, answersBeforeSync: Bool) throws {
    self.process = process
    self.answersBeforeSync = answersBeforeSync
    worker = process.makeWorker()
    state = State()
    file = try process.disk.open("log", create: true)
    try process.disk.syncDirectory("")
    let content = try file.read(at: 0, count: file.size)
    // A record counts if its first and last byte agree: a torn one is cut off.
    while state.length + LoneKeeper.recordSize <= content.count {
      let first = content[state.length]
      guard first != 0, content[state.length + LoneKeeper.recordSize - 1] == first else { break }
      state.value = first
      state.length += LoneKeeper.recordSize
    }
    try file.truncate(to: state.length)
    try file.sync()
    process.network.nativeService = self
  }

  func clientConnected(_ connection: any NativeConnection) {}
  func clientDisconnected(_ connection: any NativeConnection) {}

  func received(_ payload: [UInt8], from connection: any NativeConnection) {
    guard payload.count == 3 else { return connection.close() }
    let (number, value) = (payload[0], payload[2])
    if payload[1] == 0 { return connection.send([number, state.value]) }
    let offset = state.length
    state.length += LoneKeeper.recordSize
    let (file, state, process) = (file, state, process)
    let answer: @Sendable () -> Void = {
      state.value = value
      connection.send([number, value])
    }
    if answersBeforeSync { process.loops[0].execute(answer) }
    worker.submit { [answersBeforeSync] in
      do {
        try file.put([UInt8](repeating: value, count: LoneKeeper.recordSize), at: offset)
        try file.sync()
      } catch {
        return process.exit(restartAfter: .milliseconds(20))
      }
      if !answersBeforeSync { process.loops[0].execute(answer) }
    }
  }
}

/// Writes and reads one register through one connection after the other, one operation at a time.
final class RegisterClient {
  typealias Recorded = History<KeyValueModel.Input, KeyValueModel.Output>

  private let world: World
  private let process: Int
  private let record: HistoryRecord
  private var connection: SimulatedClientConnection?
  private var pending: (number: UInt8, id: Recorded.OperationID, reads: Bool)?
  private var number: UInt8 = 0
  private var generator: SeededGenerator

  /// Shared by the clients of a run.
  final class HistoryRecord {
    var history = Recorded()
    var values: UInt8 = 0
  }

  init(_ world: World, process: Int, record: HistoryRecord) {
    self.world = world
    self.process = process
    self.record = record
    generator = world.generator.split()
  }

  func run() {
    world.after(generator.duration(.milliseconds(1)...(.milliseconds(20)))) { [self] in
      if pending == nil { issue() }
      run()
    }
  }

  private func issue() {
    if connection == nil { connect() }
    let reads = generator.chance(0.5) || record.values == 255
    number &+= 1
    if !reads { record.values += 1 }
    let input = KeyValueModel.Input(key: [], reads ? .get : .put([record.values]))
    pending = (number, record.history.invoke(process: process, input, at: world.now.nanoseconds), reads)
    connection?.send([number, reads ? 0 : 1, record.values])
  }

  private func connect() {
    let fresh = world.network.connectClient(to: NodeID(1))
    fresh.onPayload = { [self] payload in
      guard let done = pending, done.number == payload[0] else { return }
      pending = nil
      record.history.ok(done.id, done.reads ? .value([payload[1]]) : .done, at: world.now.nanoseconds)
    }
    fresh.onClose = { [self] in
      connection = nil
      if let lost = pending { record.history.info(lost.id, at: world.now.nanoseconds) }
      pending = nil
    }
    connection = fresh
  }
}
