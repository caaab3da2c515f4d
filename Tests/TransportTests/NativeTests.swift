import NIOCore
import NIOPosix
import RoostBase
import RoostPlatform
import Testing

@testable import RoostTransport

/// Answers each request with itself, repeated; can be told to push without being asked.
private final class EchoService: NativeService {
  let connected = Observed(0)
  let disconnected = Observed(0)
  let requests = Observed(0)
  let answerSize: Int
  let pushes: Int

  init(answerSize: Int = 0, pushes: Int = 0) {
    self.answerSize = answerSize
    self.pushes = pushes
  }

  func clientConnected(_ connection: any NativeConnection) {
    connection.loop.preconditionCurrent()
    connected.change { $0 += 1 }
    for number in 0..<pushes { connection.send(payload(number, size: answerSize)) }
  }

  func received(_ payload: [UInt8], from connection: any NativeConnection) {
    connection.loop.preconditionCurrent()
    requests.change { $0 += 1 }
    if payload == [0xFF] {
      connection.send(payload)
      connection.close()
      return
    }
    connection.send(payload + [UInt8](repeating: 0, count: max(0, answerSize - payload.count)))
  }

  func clientDisconnected(_ connection: any NativeConnection) {
    connection.loop.preconditionCurrent()
    disconnected.change { $0 += 1 }
  }
}

@Suite("Native clients") struct NativeTests {
  private func start(
    _ service: EchoService, _ configure: (inout PeerNetworkConfiguration) -> Void = { _ in }
  ) async throws -> TestNode {
    let node = try await TestNode.start(1, configure)
    await node.network.run { $0.nativeService = service }
    return node
  }

  private var clientLoop: NIOLoop { NIOLoop(MultiThreadedEventLoopGroup.singleton.next()) }

  @Test func echoes() async throws {
    let service = EchoService()
    let node = try await start(service)
    let session = try await NativeClientSession.connect(
      to: node.address, on: clientLoop, timeout: .seconds(60), authentication: .insecure)
    #expect(session.node == NodeID(1))
    #expect(session.clusterID == TestNode.cluster)
    for number in 0..<500 { try await session.send(payload(number, size: 8 + number)) }
    for number in 0..<500 { #expect(try await session.receive() == payload(number, size: 8 + number)) }
    session.close()
    await #expect(throws: TransportError.self) { try await session.receive() }
    try await service.disconnected.wait("disconnect") { $0 == 1 }
    #expect(service.connected.value == 1)
    await node.network.shutdown()
  }

  @Test func keepsClientsApart() async throws {
    let service = EchoService()
    let node = try await start(service)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for client in 0..<16 {
        group.addTask {
          let session = try await NativeClientSession.connect(
            to: node.address, on: NIOLoop(MultiThreadedEventLoopGroup.singleton.next()), timeout: .seconds(60),
            authentication: .insecure, clusterID: TestNode.cluster)
          for number in 0..<100 {
            try await session.send(payload(client * 1000 + number))
            #expect(try await session.receive() == payload(client * 1000 + number))
          }
          session.close()
        }
      }
      try await group.waitForAll()
    }
    await node.network.shutdown()
  }

  @Test func declinesTheClientOfAnotherCluster() async throws {
    let node = try await start(EchoService())
    await #expect(throws: TransportError.rejected(node.address, .otherCluster)) {
      _ = try await NativeClientSession.connect(
        to: node.address, on: clientLoop, timeout: .seconds(60), authentication: .insecure,
        clusterID: 12345)
    }
    await node.network.shutdown()
    do {
      _ = try await NativeClientSession.connect(
        to: node.address, on: clientLoop, timeout: .seconds(60), authentication: .insecure)
      Issue.record("connected to a closed port")
    } catch {
      #expect(error as? TransportError == .cannotConnect(node.address, reason: "Connection refused"))
    }
  }

  @Test func declinesClientsBeyondTheLimit() async throws {
    let node = try await start(EchoService()) { $0.maximumClients = 2 }
    // Those that ask something stay.
    let first = try await NativeClientSession.connect(
      to: node.address, on: clientLoop, timeout: .seconds(60), authentication: .insecure)
    let second = try await NativeClientSession.connect(
      to: node.address, on: clientLoop, timeout: .seconds(60), authentication: .insecure)
    for client in [first, second] {
      try await client.send([1])
      _ = try await client.receive()
    }
    await #expect(throws: TransportError.rejected(node.address, .tooManyConnections)) {
      _ = try await NativeClientSession.connect(
        to: node.address, on: clientLoop, timeout: .seconds(60), authentication: .insecure)
    }
    first.close()
    second.close()
    await node.network.shutdown()
  }

  @Test func clientsThatAskNothingMakeRoom() async throws {
    let service = EchoService()
    let node = try await start(service) { $0.maximumClients = 3 }
    let honest = try await NativeClientSession.connect(
      to: node.address, on: clientLoop, timeout: .seconds(60), authentication: .insecure)
    try await honest.send([1])
    #expect(try await honest.receive() == [1])
    var silent: [RawSocket] = []
    for _ in 0..<10 { silent.append(try await RawSocket.connect(to: node, as: .client, caller: .none)) }
    let late = try await NativeClientSession.connect(
      to: node.address, on: clientLoop, timeout: .seconds(60), authentication: .insecure)
    try await late.send([2])
    #expect(try await late.receive() == [2])
    try await honest.send([3])
    #expect(try await honest.receive() == [3])
    for socket in silent.prefix(9) { try await socket.state.wait("made room") { $0.isClosed } }
    #expect(!silent[9].state.value.isClosed)
    await node.network.shutdown()
  }

  @Test func aClientThatAsksNothingIsLetGoAfterAWhile() async throws {
    let service = EchoService()
    let node = try await start(service) {
      $0.pingInterval = .milliseconds(10)
      // Long enough for the honest one to ask first, on a machine that is busy with other tests.
      $0.idleIntervals = 500
    }
    let honest = try await NativeClientSession.connect(
      to: node.address, on: clientLoop, timeout: .seconds(60), authentication: .insecure)
    try await honest.send([1])
    #expect(try await honest.receive() == [1])
    let silent = try await RawSocket.connect(to: node, as: .client, caller: .none)
    try await silent.state.wait("let go") { $0.isClosed }
    try await honest.send([2])
    #expect(try await honest.receive() == [2])
    await node.network.shutdown()
  }

  /// A length is believed only as bytes arrive, and what has arrived draws from the memory of the node.
  @Test func unfinishedFramesDrawFromTheMemoryOfTheNode() async throws {
    let service = EchoService()
    let memory = NodeMemory(limit: 16 << 20)
    let node = try await TestNode.start(1, memory: memory)
    await node.network.run { $0.nativeService = service }
    var begun: [RawSocket] = []
    for _ in 0..<2 {
      let socket = try await RawSocket.connect(to: node, as: .client, caller: .none)
      // Announces 60 MB.
      socket.send([0, 0, 0xC0, 3, 0, 0, 0, 0])
      begun.append(socket)
    }
    let honest = try await NativeClientSession.connect(
      to: node.address, on: clientLoop, timeout: .seconds(60), authentication: .insecure)
    try await honest.send([1])
    #expect(try await honest.receive() == [1])
    #expect(memory.used == 0)
    for socket in begun { socket.send([UInt8](repeating: 0, count: 3 << 20)) }
    try await begun[0].state.wait("one is closed") { _ in begun.contains { $0.state.value.isClosed } }
    try await node.events.wait("event") {
      $0.contains { if case .clientBroken(_, .outOfMemory) = $0 { true } else { false } }
    }
    // Small frames go on, and so do large ones when the room is free again.
    try await honest.send([2])
    #expect(try await honest.receive() == [2])
    for socket in begun { socket.close() }
    for _ in 0..<15_000 where memory.used > 0 { try await Task.sleep(for: .milliseconds(1)) }
    #expect(memory.used == 0)
    try await honest.send([UInt8](repeating: 7, count: 1 << 20))
    #expect(try await honest.receive().count == 1 << 20)
    await node.network.shutdown()
  }

  /// The answers together are far more than the connection's limit: only reading no further requests keeps it open.
  @Test func aClientThatReadsLateIsAskedForNoMoreMeanwhile() async throws {
    let service = EchoService(answerSize: 32 << 10)
    let node = try await start(service) {
      $0.clientHighWater = 64 << 10
      $0.clientQueueLimit = 1 << 20
    }
    let count = 3000
    let arrived = Observed<[UInt64]>([])
    let closed = Observed(false)
    let channel = await connect(to: node)
    channel.loop.execute {
      channel.onReceive = { bytes in
        arrived.change { $0.append(bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }) }
      }
      channel.onClose = { _ in closed.change { $0 = true } }
      channel.setReading(false)
      for number in 0..<count { #expect(channel.send(payload(number))) }
    }
    try await service.requests.wait("some requests are answered") { $0 >= 10 }
    channel.loop.execute { channel.setReading(true) }
    try await arrived.wait("all answers") { $0.count == count }
    #expect(arrived.value == (0..<UInt64(count)).map { $0 })
    #expect(!closed.value)
    await node.network.shutdown()
    try await closed.wait("closed") { $0 }
  }

  @Test func aClientThatNeverReadsIsLetGo() async throws {
    let service = EchoService(answerSize: 64 << 10, pushes: 2000)
    let node = try await start(service) { $0.clientQueueLimit = 4 << 20 }
    let socket = try await RawSocket.connect(to: node.address)
    try await socket.channel.setOption(.autoRead, value: false).get()
    socket.send(Hello(role: .client, cluster: 0, caller: .none, target: .none).encoded())
    try await service.disconnected.wait("let go") { $0 == 1 }
    try await node.events.wait("event") {
      $0.contains { if case .clientBroken(_, .queueFull) = $0 { true } else { false } }
    }
    await node.network.shutdown()
  }

  @Test func aBrokenFrameEndsTheClientOnly() async throws {
    let service = EchoService()
    let node = try await start(service)
    let socket = try await RawSocket.connect(to: node, as: .client, caller: .none)
    socket.send([UInt8](repeating: 0xAB, count: 64))
    try await socket.state.wait("closed") { $0.isClosed }
    #expect(service.requests.value == 0)
    let session = try await NativeClientSession.connect(
      to: node.address, on: clientLoop, timeout: .seconds(60), authentication: .insecure)
    try await session.send([1, 2, 3])
    #expect(try await session.receive() == [1, 2, 3])
    session.close()
    await node.network.shutdown()
  }

  @Test func theLastAnswerLeavesBeforeTheServiceCloses() async throws {
    let service = EchoService()
    let node = try await start(service)
    let session = try await NativeClientSession.connect(
      to: node.address, on: clientLoop, timeout: .seconds(60), authentication: .insecure)
    try await session.send([0xFF])
    #expect(try await session.receive() == [0xFF])
    await #expect(throws: TransportError.connectionEnded(.closedByPeer)) { try await session.receive() }
    await node.network.shutdown()
  }

  private func connect(to node: TestNode) async -> NativeClientChannel {
    await withCheckedContinuation { continuation in
      NativeClientChannel.connect(to: node.address, on: clientLoop, timeout: .seconds(60), authentication: .insecure) {
        result in
        guard case .success(let channel) = result else { return }
        continuation.resume(returning: channel)
      }
    }
  }
}
