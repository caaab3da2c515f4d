public import RoostBase
import RoostPlatform

/// The wires between the machines of a world: who is connected to whom, what is blocked, how long things take.
///
/// A connection behaves as TCP does. While it lives, each lane delivers in order and loses nothing; when a direction is
/// blocked, what is sent waits, and arrives if the block ends in time, else the connection breaks and takes with it
/// what was under way. `NetworkOptions` can add what TCP never does.
///
/// Unchecked sendable: guarded by the world's thread.
public final class SimulatedNetwork: @unchecked Sendable {
  public var options: NetworkOptions
  /// Which payloads may arrive twice: all, unless what is tested relies on connections for that.
  public var mayRepeat: ([UInt8]) -> Bool = { _ in true }
  unowned let world: World
  private var generator: SeededGenerator
  /// The ends of living processes.
  private var endpoints: [NodeID: SimulatedPeerNetwork] = [:]
  private var links: [Pair: Link] = [:]
  private var blocked: Set<Direction> = []
  private var clients: [SimulatedClientConnection] = []

  private struct Pair: Hashable {
    var low: NodeID
    var high: NodeID

    init(_ first: NodeID, _ second: NodeID) {
      low = min(first, second)
      high = max(first, second)
    }
  }

  private struct Direction: Hashable {
    var from: NodeID
    var to: NodeID
  }

  /// What stands between two machines.
  private final class Link {
    let pair: Pair
    var connection: SimulatedConnection?
    var isDialling = false
    /// Counts the times a direction was blocked or freed, so that a patience that began before is void.
    var blockGeneration = 0

    init(_ pair: Pair) { self.pair = pair }
  }

  init(world: World, options: NetworkOptions, generator: SeededGenerator) {
    self.world = world
    self.options = options
    self.generator = generator
  }

  // MARK: Faults

  /// Nothing gets from one machine to the other until it is unblocked; the way back is another direction.
  public func block(from: NodeID, to: NodeID) {
    guard from != to, blocked.insert(Direction(from: from, to: to)).inserted else { return }
    blockChanged(Pair(from, to))
  }

  public func unblock(from: NodeID, to: NodeID) {
    guard blocked.remove(Direction(from: from, to: to)) != nil else { return }
    blockChanged(Pair(from, to))
  }

  public func isBlocked(from: NodeID, to: NodeID) -> Bool {
    !blocked.isEmpty && blocked.contains(Direction(from: from, to: to))
  }

  /// Only machines of the same side reach each other; a machine of no side reaches every one.
  public func partition(_ sides: [[NodeID]]) {
    for (index, side) in sides.enumerated() {
      for other in sides[(index + 1)...] {
        for here in side {
          for there in other {
            block(from: here, to: there)
            block(from: there, to: here)
          }
        }
      }
    }
  }

  /// Cuts one machine off, in one direction or both.
  public func isolate(_ node: NodeID, inbound: Bool = true, outbound: Bool = true) {
    for other in world.nodes where other.id != node {
      if inbound { block(from: other.id, to: node) }
      if outbound { block(from: node, to: other.id) }
    }
  }

  /// Ends every block.
  public func heal() {
    for direction in blocked.sorted(by: { ($0.from, $0.to) < ($1.from, $1.to) }) {
      unblock(from: direction.from, to: direction.to)
    }
  }

  /// Resets the connection between two machines, if there is one; they make another.
  public func reset(_ first: NodeID, _ second: NodeID) {
    guard let link = links[Pair(first, second)], let connection = link.connection else { return }
    connection.breakUp()
    redial(first, second)
  }

  public func isConnected(_ first: NodeID, _ second: NodeID) -> Bool { connection(first, second) != nil }

  // MARK: Clients

  /// Connects a client to a node's native protocol. The connection opens or closes a moment later.
  public func connectClient(to node: NodeID) -> SimulatedClientConnection {
    clients.removeAll { $0.state == .closed }
    let client = SimulatedClientConnection(network: self, node: node)
    clients.append(client)
    return client
  }

  func endpoint(_ node: NodeID) -> SimulatedPeerNetwork? { endpoints[node] }
  func acceptingLoop(of endpoint: SimulatedPeerNetwork) -> SimulatedLoop { endpoint.acceptingLoop(&generator) }

  // MARK: Connections

  func add(_ endpoint: SimulatedPeerNetwork) { endpoints[endpoint.id] = endpoint }

  func remove(_ endpoint: SimulatedPeerNetwork, _ kind: CrashKind) {
    endpoints[endpoint.id] = nil
    for node in world.nodes where node.id != endpoint.id {
      guard let link = links[Pair(endpoint.id, node.id)], let connection = link.connection else { continue }
      switch kind {
      case .kill:
        connection.end(by: endpoint) { [self] in redial(endpoint.id, node.id) }
      case .powerLoss:
        world.post(after: generator.duration(options.breakAfter), kind: .close, node: node.id) { [self] in
          connection.breakUp()
          if link.connection === connection { redial(endpoint.id, node.id) }
        }
      }
    }
    for client in clients where client.node == endpoint.id { client.serverEnded(kind) }
  }

  func connection(_ first: NodeID, _ second: NodeID) -> SimulatedConnection? {
    guard let connection = links[Pair(first, second)]?.connection, connection.isOpen else { return nil }
    return connection
  }

  func dropUnwanted(_ first: NodeID, _ second: NodeID) {
    guard let link = links[Pair(first, second)], !isWanted(link.pair) else { return }
    link.connection?.breakUp()
    link.connection = nil
  }

  /// After a connection ended: tries for another after a while.
  func redial(_ first: NodeID, _ second: NodeID) {
    guard let link = links[Pair(first, second)] else { return }
    if let connection = link.connection, !connection.isOpen { link.connection = nil }
    postDial(link, after: generator.duration(options.retryDelay))
  }

  func dial(_ first: NodeID, _ second: NodeID) {
    let pair = Pair(first, second)
    let link = links[pair] ?? Link(pair)
    links[pair] = link
    postDial(link, after: generator.duration(options.connectDelay))
  }

  private func isWanted(_ pair: Pair) -> Bool {
    endpoints[pair.low]?.wanted.contains(pair.high) == true || endpoints[pair.high]?.wanted.contains(pair.low) == true
  }

  private func postDial(_ link: Link, after delay: Duration) {
    guard !link.isDialling, isWanted(link.pair) else { return }
    link.isDialling = true
    world.post(after: delay, kind: .dial, node: link.pair.low) { [self] in
      link.isDialling = false
      attempt(link)
    }
  }

  private func attempt(_ link: Link) {
    let pair = link.pair
    guard isWanted(pair) else { return }
    if let connection = link.connection, connection.isOpen {
      if connection.endpoints.allSatisfy({ $0.life.isAlive }) { return }
      // A new process of the same machine calls: the old connection's other end learns that it is dead.
      connection.breakUp()
    }
    link.connection = nil
    guard let low = endpoints[pair.low], let high = endpoints[pair.high], low.life.isRunning, high.life.isRunning,
      !isBlocked(from: pair.low, to: pair.high), !isBlocked(from: pair.high, to: pair.low)
    else {
      for (end, peer) in [(endpoints[pair.low], pair.high), (endpoints[pair.high], pair.low)] {
        if let end, end.wanted.contains(peer) { end.disconnected(from: peer) }
      }
      postDial(link, after: generator.duration(options.retryDelay))
      return
    }
    world.trace(pair.low.rawValue << 32 | pair.high.rawValue)
    let connection = SimulatedConnection(network: self, low, high)
    link.connection = connection
    let first = generator.below(2)
    connection.open(first)
    world.post(after: generator.duration(options.openingGap), kind: .dial, node: connection.endpoints[1 - first].id) {
      connection.open(1 - first)
    }
  }

  /// A blocked connection breaks when patience ends; a freed one goes on.
  private func blockChanged(_ pair: Pair) {
    guard let link = links[pair] else { return }
    link.blockGeneration += 1
    guard isBlocked(from: pair.low, to: pair.high) || isBlocked(from: pair.high, to: pair.low) else {
      link.connection?.wake()
      return
    }
    link.connection?.wake()
    guard let connection = link.connection else { return }
    let generation = link.blockGeneration
    world.post(after: generator.duration(options.breakAfter), kind: .close, node: pair.low) { [self] in
      guard link.blockGeneration == generation, connection.isOpen else { return }
      connection.breakUp()
      if link.connection === connection { redial(pair.low, pair.high) }
    }
  }

  /// A node reads again.
  func wake(_ node: NodeID) {
    for other in world.nodes where other.id != node { links[Pair(node, other.id)]?.connection?.wake() }
    for client in clients where client.node == node { client.wake() }
  }

  func close() {
    endpoints = [:]
    links = [:]
    for client in clients { client.discard() }
    clients = []
  }

  // MARK: Chance

  enum Fate { case arrives, isDropped, resets, arrivesTwice, strays }

  func fate() -> Fate {
    if generator.chance(options.resetRate) { return .resets }
    if generator.chance(options.dropRate) { return .isDropped }
    if generator.chance(options.duplicateRate) { return .arrivesTwice }
    if generator.chance(options.reorderRate) { return .strays }
    return .arrives
  }

  func delay() -> Duration {
    generator.duration(generator.chance(options.tailRate) ? options.tailDelay : options.delay)
  }

  func arrival() -> Instant { world.now + delay() }
  func strayDelay() -> Duration { generator.duration(options.strayDelay) }
}
