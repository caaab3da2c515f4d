import Foundation
import NIOCore
import NIOPosix
import RoostBase
import RoostMembership
import RoostPlatform
import RoostRaft
import Testing

@testable import RoostStore
@testable import RoostTransport

/// What no honest node sends, to the peer ports of real processes under load.
@Suite("Bad input on the peer port", .serialized)
struct HostilePeerTests {
  @Test("is counted, told once with its sender, and closes the connection; nobody crashes, leads or votes otherwise")
  func refused() async throws {
    try await withTemporaryDirectory { directory in
      // Any stranger's frames, as a node that knows no secret has to take them.
      let launch = NodeCluster.Launch(environment: ["ROOST_INSECURE": "true"])
      try await withNodes([launch, launch, launch], in: directory) { cluster in
        let load = HistoryLoad(cluster.nodes.map(cluster.peerAddress))
        load.start()
        try await load.moreWrites(100)
        let leader = try #require(cluster.leader())
        let before = try #require(cluster.status(leader))

        for node in cluster.nodes {
          let target = try await HostilePeer.target(cluster.peerAddress(node))
          try await greetings(to: target)
          try frames(to: target)
          try payloads(to: target)
          try messages(to: target)
          try unknownPartition(to: target)
          try noise(to: target, seed: UInt64(node))
        }

        try await load.nextWrite()
        for node in cluster.nodes {
          #expect(cluster.isRunning(node))
          let counters = try #require(cluster.status(node)).counters
          for name in [
            "declined_connections", "broken_frames", "refused_payloads", "refused_messages", "unknown_groups",
            "foreign_payloads",
          ] { #expect(counters[name] ?? 0 > 0, "node\(node): \(name)") }
          let lines = cluster.log(node).split(separator: "\n")
          let told = lines.filter { $0.contains("refused what node number 9 sent: a term from the future") }
          #expect(told.count == 1, "node\(node) tells of it \(told.count) times")
        }
        let after = try #require(cluster.status(leader))
        #expect(after.groups.map(\.term) == before.groups.map(\.term))
        #expect(after.groups.map(\.leader) == before.groups.map(\.leader))
        try await cluster.converging(load)
      }
    }
  }

  private func greetings(to target: HostilePeer.Target) async throws {
    let honest = target.hello
    var otherCluster = honest
    otherCluster.cluster &+= 1
    var otherNode = honest
    otherNode.target = NodeID(77)
    let good = Array(honest.encoded().readableBytesView)
    var version = good
    version[8] = 99
    var checksum = good
    checksum[20] ^= 1
    for bytes in [
      version, checksum, Array(otherCluster.encoded().readableBytesView), Array(otherNode.encoded().readableBytesView),
      Array("GET / HTTP/1.1\r\n\r\n".utf8),
    ] {
      let peer = try HostilePeer(target.address)
      peer.send(bytes)
      #expect(peer.isClosed())
    }
  }

  private func frames(to target: HostilePeer.Target) throws {
    let good = HostilePeer.frame([1, 2, 3])
    var checksum = good
    checksum[9] ^= 1
    let length: [UInt8] = [0xFF, 0xFF, 0xFF, 0x3F, 0, 0, 0, 0]
    let kind: [UInt8] = [0, 0, 0, 0xC0, 0, 0, 0, 0]
    for bytes in [checksum, length, kind] {
      let peer = try HostilePeer(target)
      peer.send(bytes)
      #expect(peer.isClosed())
    }
  }

  private func payloads(to target: HostilePeer.Target) throws {
    let outside = SnapshotChunk(
      group: HostilePeer.data, stream: 1, sequence: 0,
      header: SnapshotHeader(
        metadata: SnapshotMetadata(
          index: LogIndex(1 << 40), term: Term(1), configuration: Configuration(voters: [NodeID(1), NodeID(9)])),
        timestamp: Timestamp(1), leaderTerm: Term(1)),
      isLast: false, pairs: [([0, 1, 2], [3])])
    var headless = outside
    headless.header = nil
    var future = outside
    future.pairs = []
    future.header?.leaderTerm = Term(1 << 50)
    let whole = outside.encoded()
    for payload in [
      [], [99], [PeerPayload.Kind.request.rawValue, 1, 200], outside.encoded(), headless.encoded(), future.encoded(),
      Array(whole.dropLast(2)),
    ] {
      let peer = try HostilePeer(target)
      peer.send(HostilePeer.frame(payload))
      #expect(peer.isClosed(), "\(payload.prefix(8))")
    }
    // A snapshot that never goes on, and one whose second piece does not follow the first: neither is ever installed.
    var begun = outside
    begun.pairs = []
    var strange = begun
    strange.header = nil
    strange.sequence = 5
    strange.isLast = true
    let peer = try HostilePeer(target)
    peer.send(HostilePeer.frame(begun.encoded()) + HostilePeer.frame(strange.encoded()))
    #expect(peer.answersPing())
  }

  /// Messages of a known incarnation, which the core is asked about.
  private func messages(to target: HostilePeer.Target) throws {
    let future = Term(1 << 45)
    let me = NodeID(9)
    for message in [
      Message(.vote, from: me, to: target.node, term: future, logTerm: future, index: LogIndex(1 << 40)),
      Message(.append, from: me, to: target.node, term: future),
      Message(.heartbeat, from: me, to: target.node, term: future),
      Message(.appendResponse, from: me, to: target.node, term: Term(.max)),
      Message(.timeoutNow, from: me, to: target.node), Message(.append, from: me, to: target.node, term: .zero),
      Message(.snapshot, from: me, to: target.node, term: Term(2)), Message(.propose, from: me, to: target.node),
    ] {
      let peer = try HostilePeer(target)
      peer.introduce()
      peer.send(HostilePeer.frame(peer.consensus(HostilePeer.data, message)))
      #expect(peer.isClosed(), "\(message.kind)")
    }
  }

  private func unknownPartition(to target: HostilePeer.Target) throws {
    let peer = try HostilePeer(target)
    peer.introduce()
    peer.send(
      HostilePeer.frame(
        peer.consensus(GroupID(7777), Message(.heartbeat, from: NodeID(9), to: target.node, term: Term(1)))))
    #expect(peer.answersPing(), "the connection serves other partitions too, so it stays")
  }

  /// Bytes without any sense in frames that are sound, and honest payloads with a few bits flipped. They come from an
  /// incarnation that nobody knows: what a known one says within reason is believed, and must be, for a member that was
  /// away may be led by a node that it has not heard of.
  private func noise(to target: HostilePeer.Target, seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<60 {
      let peer = try HostilePeer(target)
      peer.tag = Incarnation(epoch: 5, nonce: generator.next()).tag
      for _ in 0..<4 {
        var payload: [UInt8]
        if generator.next() % 2 == 0 {
          payload = (0..<generator.next() % 200).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
          // Whoever sends heartbeats under a foreign name can have its owner refused, which nothing prevents without a secret.
          if payload.first == PeerPayload.Kind.heartbeat.rawValue { payload[0] = 0xEE }
        } else {
          payload = peer.consensus(
            HostilePeer.data, Message(.append, from: NodeID(9), to: target.node, term: Term(3), index: LogIndex(4)))
          for _ in 0..<3 {
            let place = 4 + Int(generator.next() % UInt64(payload.count - 4))
            payload[place] ^= UInt8(1 << (generator.next() % 8))
          }
        }
        peer.send(HostilePeer.frame(payload))
      }
      peer.close()
    }
  }
}

/// A connection that pretends to be node 9's.
private final class HostilePeer {
  struct Target {
    var address: PeerAddress
    var node: NodeID
    var hello: Hello
  }

  /// The partition of SQL's data.
  static let data = GroupID(2)

  private let descriptor: Int32
  var tag = Incarnation(epoch: 1, nonce: 7).tag
  private var sequence: UInt64 = 0

  /// Asks a node who it is.
  static func target(_ address: PeerAddress) async throws -> Target {
    let session = try await NativeClientSession.connect(
      to: address, on: NIOLoop(DemoCluster.group.next()), timeout: .seconds(5),
      authentication: .insecure)
    let hello = Hello(role: .node(.consensus), cluster: session.clusterID, caller: NodeID(9), target: session.node)
    session.close()
    return Target(address: address, node: session.node, hello: hello)
  }

  /// Only connects.
  init(_ address: PeerAddress) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var target = sockaddr_in()
    target.sin_family = sa_family_t(AF_INET)
    target.sin_port = in_port_t(UInt16(address.port)).bigEndian
    target.sin_addr.s_addr = inet_addr(address.host)
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let status = withUnsafePointer(to: &target) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw DemoCluster.Failure(description: "no connection to \(address)") }
  }

  /// Connects and is welcomed.
  convenience init(_ target: Target) throws {
    try self.init(target.address)
    send(Array(target.hello.encoded().readableBytesView))
    guard receive(Hello.size) != nil else { throw DemoCluster.Failure(description: "\(target.address) does not greet") }
  }

  deinit { close() }

  func close() { _ = shutdown(descriptor, Int32(SHUT_RDWR)); _ = Foundation.close(descriptor) }

  func send(_ bytes: [UInt8]) {
    // Fails where the other side has closed already, which is what the caller looks at next.
    _ = Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// Makes the node know this incarnation of node 9.
  func introduce() {
    sequence += 1
    send(
      HostilePeer.frame(
        PeerPayload.heartbeat(Heartbeat(tag: tag, sequence: sequence, echo: 0, watermark: 1, condition: []))))
  }

  func consensus(_ group: GroupID, _ message: Message) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(PeerPayload.Kind.consensus.rawValue)
    writer.write(tag.rawValue)
    writer.write(group, message)
    return writer.bytes
  }

  static func frame(_ payload: [UInt8]) -> [UInt8] {
    var word = UInt32(payload.count).littleEndian
    var bytes = withUnsafeBytes(of: &word) { Array($0) }
    var crc = (bytes + payload).withUnsafeBytes { CRC32C.checksum($0) }.littleEndian
    bytes += withUnsafeBytes(of: &crc) { Array($0) }
    return bytes + payload
  }

  private func receive(_ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var received = 0
    while received < count {
      let step = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress! + received, count - received, 0) }
      if step <= 0 { return nil }
      received += step
    }
    return bytes
  }

  /// Whether the node closes the connection, reading whatever it says before.
  func isClosed() -> Bool {
    var bytes = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &bytes, bytes.count, 0)
      if count == 0 || (count < 0 && errno == ECONNRESET) { return true }
      if count < 0 { return false }
    }
  }

  func answersPing() -> Bool {
    let word: [UInt8] = [0, 0, 0, 0x40]
    var crc = word.withUnsafeBytes { CRC32C.checksum($0) }.littleEndian
    send(word + withUnsafeBytes(of: &crc) { Array($0) })
    return receive(Frame.headerSize) != nil
  }
}
