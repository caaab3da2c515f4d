import RoostPlatform
import RoostSimulation
import RoostStorage

/// The state engine as one incarnation of a node holds it: the contents belong to the machine, and once the process is
/// dead nothing it still does may reach them.
///
/// Unchecked sendable: guarded by the world's thread.
final class IncarnationEngine: Engine, @unchecked Sendable {
  private let machine: MachineState
  private let process: SimulatedProcess

  init(_ machine: MachineState, of process: SimulatedProcess) {
    self.machine = machine
    self.process = process
  }

  /// Whether it found no room when it wrote out what it holds. Like the real one it refuses everything from then on,
  /// until there is room again.
  private var isRefusing = false

  private func requireRoom() throws(EngineError) {
    isRefusing = (try? process.disk.space()).map { $0.free < IncarnationEngine.leastRoom } ?? false
    if isRefusing { throw EngineError("No space left on device", kind: .noSpace) }
  }

  private static let leastRoom = 2 << 10

  private func requireLife() throws(EngineError) {
    guard process.isAlive else { throw EngineError("the process is dead") }
  }

  func get(_ key: [UInt8]) throws(EngineError) -> [UInt8]? {
    try requireLife()
    return try machine.engine.get(key)
  }

  func write(_ batch: EngineBatch) throws(EngineError) {
    try requireLife()
    if isRefusing { try requireRoom() }
    try machine.write(batch)
  }

  func snapshot() -> any EngineSnapshot { machine.engine.snapshot() }

  func flush() throws(EngineError) {
    try requireLife()
    try requireRoom()
    try machine.flush()
  }

  func forget(before timestamp: UInt64) { if process.isAlive { machine.engine.forget(before: timestamp) } }

  func reclaim(within room: Int) throws(EngineError) {
    try requireLife()
    try machine.engine.reclaim(within: room)
  }

  var position: UInt64 { machine.engine.position }
  var oldestViewPosition: UInt64? { machine.engine.oldestViewPosition }

  func close() {}
}
