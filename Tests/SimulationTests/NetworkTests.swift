import RoostBase
import RoostPlatform
import RoostSimulation
import Testing

/// Notes what a node's network tells it; every node knows every other.
final class Listener: PeerNetworkHandler, NativeService {
  let process: SimulatedProcess
  let notes: Notes

  init(_ process: SimulatedProcess, _ notes: Notes, peers: Int) {
    self.process = process
    self.notes = notes
    process.network.handler = self
    process.network.nativeService = self
    for peer in 1...peers {
      process.network.setAddress(PeerAddress(host: "node\(peer)", port: 1), of: NodeID(UInt64(peer)))
    }
  }

  private func note(_ text: String) {
    #expect(process.network.loop.isCurrent)
    notes.add("\(process.id): \(text)")
  }

  func peerConnected(_ node: NodeID) { note("+\(node)") }
  func peerDisconnected(_ node: NodeID) { note("-\(node)") }
  func received(_ payload: [UInt8], from node: NodeID) { note("\(node)>\(payload[0])") }

  func clientConnected(_ connection: any NativeConnection) { note("client") }
  func clientDisconnected(_ connection: any NativeConnection) { note("client gone") }
  func received(_ payload: [UInt8], from connection: any NativeConnection) {
    if payload == [0] { return connection.close() }
    connection.send(payload + [42])
  }
}

@Suite("The network: order, loss, blocks, connections")
struct NetworkTests {
  private func cluster(
    _ world: World, _ count: Int, _ notes: Notes = Notes()
  ) -> (nodes: [SimulatedNode], notes: Notes) {
    let nodes = (1...count).map { id in
      world.addNode(NodeID(UInt64(id))) { Listener($0, notes, peers: count) }
    }
    for node in nodes { node.start() }
    world.run(for: .milliseconds(500))
    return (nodes, notes)
  }

  private func send(_ node: SimulatedNode, _ bytes: [UInt8], to peer: UInt64, lane: PeerLane = .consensus) {
    let network = node.process!.network
    network.loop.execute { network.send(bytes, to: NodeID(peer), lane: lane) }
  }

  private func received(_ notes: Notes, by node: Int, from peer: Int) -> [Int] {
    notes.all.compactMap { note in
      let prefix = "\(node): \(peer)>"
      return note.hasPrefix(prefix) ? Int(note.dropFirst(prefix.count)) : nil
    }
  }

  @Test func everyPairConnectsOnce() {
    let world = World(seed: 1)
    defer { world.close() }
    let (_, notes) = cluster(world, 3)
    let connections = notes.all.filter { $0.contains("+") }
    #expect(connections.sorted() == ["1: +2", "1: +3", "2: +1", "2: +3", "3: +1", "3: +2"])
  }

  /// Whoever can be reached first speaks, and may be heard before it can be answered.
  @Test func theDirectionsOpenOneAfterTheOther() throws {
    var heardBeforeOpen = 0
    for seed in 0..<20 as Range<UInt64> {
      var options = NetworkOptions()
      options.openingGap = .milliseconds(5)...(.milliseconds(10))
      let world = World(seed: seed, network: options)
      defer { world.close() }
      let notes = Notes()
      for id in 1...2 as ClosedRange<UInt64> {
        world.addNode(NodeID(id)) { Listener($0, notes, peers: 2) }.start()
      }
      #expect(world.run(limit: .seconds(1)) { notes.all.count == 1 })
      let first = try #require(notes.all.first)
      let opener: UInt64 = first == "1: +2" ? 1 : 2
      let network = world.node(NodeID(opener))!.process!.network
      network.loop.execute { network.send([9], to: NodeID(3 - opener), lane: .consensus) }
      world.run(for: .milliseconds(100))
      #expect(notes.all.sorted() == ["\(3 - opener): \(opener)>9", "1: +2", "2: +1"].sorted())
      if notes.all[1].hasSuffix(">9") { heardBeforeOpen += 1 }
    }
    #expect(heardBeforeOpen > 10)
  }

  @Test func aLaneKeepsItsOrderAndLanesDoNot() {
    var overtakes = 0
    for seed in 0..<20 as Range<UInt64> {
      let world = World(seed: seed)
      defer { world.close() }
      let (nodes, notes) = cluster(world, 2)
      for number in 0..<50 { send(nodes[0], [UInt8(number)], to: 2) }
      for number in 100..<110 { send(nodes[0], [UInt8(number)], to: 2, lane: .bulk) }
      world.run(for: .seconds(1))
      let numbers = received(notes, by: 2, from: 1)
      #expect(numbers.filter { $0 < 100 } == Array(0..<50))
      #expect(numbers.filter { $0 >= 100 } == Array(100..<110))
      if numbers.last! < 100 { overtakes += 1 }
    }
    #expect(overtakes > 0)
  }

  @Test func whatABlockHeldBackArrivesIfItEndsInTime() {
    let world = World(seed: 2)
    defer { world.close() }
    let (nodes, notes) = cluster(world, 2)
    world.network.block(from: NodeID(1), to: NodeID(2))
    send(nodes[0], [1], to: 2)
    send(nodes[1], [2], to: 1)
    world.run(for: .milliseconds(300))
    #expect(received(notes, by: 2, from: 1) == [])
    #expect(received(notes, by: 1, from: 2) == [2], "the other direction is open")
    world.network.heal()
    world.run(for: .milliseconds(50))
    #expect(received(notes, by: 2, from: 1) == [1])
    #expect(!notes.all.contains { $0.contains("-") })
  }

  @Test func aLongBlockBreaksTheConnectionAndLosesWhatWasUnderWay() {
    let world = World(seed: 3)
    defer { world.close() }
    let (nodes, notes) = cluster(world, 3)
    world.network.partition([[NodeID(1)], [NodeID(2), NodeID(3)]])
    send(nodes[0], [1], to: 2)
    send(nodes[1], [7], to: 3)
    world.run(for: .seconds(5))
    #expect(notes.all.contains("1: -2") && notes.all.contains("2: -1") && notes.all.contains("1: -3"))
    #expect(!notes.all.contains("2: -3"))
    #expect(received(notes, by: 3, from: 2) == [7])
    let network = nodes[0].process!.network
    #expect(!network.send([5], to: NodeID(2), lane: .consensus))
    world.network.heal()
    world.run(for: .seconds(1))
    #expect(notes.all.last { $0.hasPrefix("1: ") && $0.hasSuffix("2") } == "1: +2")
    send(nodes[0], [9], to: 2)
    world.run(for: .milliseconds(50))
    #expect(received(notes, by: 2, from: 1) == [9])
  }

  @Test func aKilledPeerIsNoticedAtOnceAndALostMachineLater() {
    for (kind, early) in [(CrashKind.kill, true), (.powerLoss, false)] {
      let world = World(seed: 4)
      defer { world.close() }
      let (nodes, notes) = cluster(world, 2)
      nodes[1].crash(kind)
      world.run(for: .milliseconds(100))
      #expect(notes.all.contains("1: -2") == early)
      world.run(for: .seconds(3))
      #expect(notes.all.contains("1: -2"))
      nodes[1].start()
      world.run(for: .seconds(1))
      #expect(notes.all.last { $0.hasPrefix("1: ") } == "1: +2")
      #expect(notes.all.last { $0.hasPrefix("2: ") } == "2: +1")
    }
  }

  @Test func aResetLosesOnlyWhatWasUnderWay() {
    let world = World(seed: 5)
    defer { world.close() }
    let (nodes, notes) = cluster(world, 2)
    send(nodes[0], [1], to: 2)
    world.run(for: .milliseconds(50))
    send(nodes[0], [2], to: 2)
    world.run(for: .microseconds(40))
    world.network.reset(NodeID(1), NodeID(2))
    world.run(for: .seconds(1))
    send(nodes[0], [3], to: 2)
    world.run(for: .milliseconds(50))
    #expect(received(notes, by: 2, from: 1) == [1, 3])
  }

  @Test func aRoughNetworkDropsRepeatsAndReorders() {
    var options = NetworkOptions()
    options.dropRate = 0.1
    options.duplicateRate = 0.1
    options.reorderRate = 0.1
    let world = World(seed: 6, network: options)
    defer { world.close() }
    let (nodes, notes) = cluster(world, 2)
    for number in 0..<200 { send(nodes[0], [UInt8(number)], to: 2) }
    world.run(for: .seconds(1))
    let numbers = received(notes, by: 2, from: 1)
    let missing = Set(0..<200).subtracting(numbers)
    #expect(missing.count > 5 && missing.count < 60)
    #expect(numbers.count > Set(numbers).count)
    #expect(numbers != numbers.sorted())
  }

  @Test func aLaneIsBounded() {
    var options = NetworkOptions()
    options.laneBytes = 1000
    let world = World(seed: 7, network: options)
    defer { world.close() }
    let (nodes, notes) = cluster(world, 2)
    nodes[1].pause()
    let network = nodes[0].process!.network
    let taken = (0..<30).map {
      network.send([UInt8](repeating: UInt8($0), count: 100), to: NodeID(2), lane: .consensus)
    }
    #expect(taken.count { $0 } == 10)
    world.run(for: .milliseconds(100))
    #expect(received(notes, by: 2, from: 1).isEmpty)
    nodes[1].resume()
    world.run(for: .milliseconds(100))
    #expect(received(notes, by: 2, from: 1) == Array(0..<10))
  }

  @Test func aClientIsServedAndLearnsOfTheEnd() {
    let world = World(seed: 8)
    defer { world.close() }
    let (nodes, notes) = cluster(world, 1)
    func connect(_ name: String) -> SimulatedClientConnection {
      let client = world.network.connectClient(to: NodeID(1))
      client.onPayload = { notes.add("\(name) got \($0)") }
      client.onClose = { notes.add("\(name) closed") }
      return client
    }
    let first = connect("first")
    first.send([1])
    world.run(for: .milliseconds(50))
    #expect(notes.all.suffix(2) == ["1: client", "first got [1, 42]"])
    first.send([2])
    first.send([0])
    world.run(for: .milliseconds(50))
    #expect(notes.all.suffix(2) == ["first got [2, 42]", "first closed"])
    let second = connect("second")
    world.run(for: .milliseconds(50))
    second.close()
    world.run(for: .milliseconds(50))
    #expect(notes.all.suffix(3) == ["1: client", "second closed", "1: client gone"])
    _ = connect("third")
    world.run(for: .milliseconds(50))
    nodes[0].crash(.kill)
    world.run(for: .milliseconds(50))
    #expect(notes.all.last == "third closed")
    _ = connect("fourth")
    world.run(for: .milliseconds(50))
    #expect(notes.all.last == "fourth closed")
  }
}
