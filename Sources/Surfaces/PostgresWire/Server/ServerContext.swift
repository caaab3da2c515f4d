import NIOCore
import RoostPlatform
import RoostRelational
import RoostSQL

/// What every connection of a server shares.
final class ServerContext: Sendable {
  let configuration: PostgresServerConfiguration
  let database: Database
  let registry: ConnectionRegistry
  let memory: NodeMemory
  let counters = ServerCounters()
  /// Secrets of backend keys.
  let randomness: @Sendable () -> UInt64
  /// Whose timers the server itself uses.
  let loop: any Loop
  /// Where statements go that take long.
  let workers = StatementWorkers()
  /// One executor per event loop, so that a connection makes none.
  private let executors: [ObjectIdentifier: ConnectionExecutor]
  private let makeLoop: @Sendable (any EventLoop) -> any Loop

  init(
    configuration: PostgresServerConfiguration, database: Database, memory: NodeMemory, group: any EventLoopGroup,
    makeLoop: @escaping @Sendable (any EventLoop) -> any Loop, randomness: @escaping @Sendable () -> UInt64
  ) {
    self.configuration = configuration
    self.memory = memory
    registry = ConnectionRegistry(configuration.admissionLimits)
    self.database = database
    self.makeLoop = makeLoop
    self.randomness = randomness
    var executors: [ObjectIdentifier: ConnectionExecutor] = [:]
    for eventLoop in group.makeIterator() {
      executors[ObjectIdentifier(eventLoop)] = ConnectionExecutor(makeLoop(eventLoop))
    }
    self.executors = executors
    let first = group.any()
    loop = executors[ObjectIdentifier(first)]?.loop ?? makeLoop(first)
  }

  /// Before the first connection.
  func openGates(on group: any EventLoopGroup) async {
    for eventLoop in group.makeIterator() {
      guard let executor = executors[ObjectIdentifier(eventLoop)], let gate = await PollGate.open(on: eventLoop)
      else { continue }
      eventLoop.execute { executor.setGate(gate) }
    }
  }

  /// Sessions that are still ending do without.
  func closeGates() {
    for executor in executors.values { executor.loop.execute { executor.setGate(nil) } }
  }

  func executor(for eventLoop: any EventLoop) -> ConnectionExecutor {
    executors[ObjectIdentifier(eventLoop)] ?? ConnectionExecutor(makeLoop(eventLoop))
  }

  /// The node's memory is used up.
  func outOfMemory(_ what: String) -> SQLError { .outOfNodeMemory(what, limit: memory.limit) }

  var decoderLimits: FrontendDecoder.Limits {
    FrontendDecoder.Limits(message: configuration.maximumMessageSize)
  }
}
