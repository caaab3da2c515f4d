import RoostBase
import RoostClusterSimulation
import RoostPlatform
import RoostSimulation
import RoostStore
import Testing

/// What native clients get for requests that are odd, too large or none of their business; the cluster goes on after each.
@Suite struct NativeRequestTests {
  private static let key = Key([0x01, 0x4B, 0x61])
  /// What another layer would keep.
  private static let rows = KeySpaceDeclaration(owner: "the tables", prefix: [0x01, 0x53])

  /// Sends requests to a node of a healthy cluster, one after the other; nil where no answer came.
  private func answers(to requests: [Request], node: UInt64 = 1) -> [Response?] {
    let world = World(seed: 7)
    defer { world.close() }
    var options = ClusterOptions()
    options.size = 3
    options.keySpace = (try? KeySpaceRegistry([.cluster, Self.rows, .keyValue, .keyValuePartitions])) ?? .standard
    let cluster = SimulatedCluster(world, options)
    cluster.start()
    world.run(for: .seconds(2))
    var responses: [Response?] = []
    for (number, request) in requests.enumerated() {
      let connection = world.network.connectClient(to: NodeID(node))
      var answer: Response?
      connection.onPayload = { payload in answer = try? NativePayload.decodeResponse(payload).response }
      connection.onOpen = { connection.send(NativePayload.request(UInt64(number), request)) }
      _ = world.run(limit: .seconds(15)) { answer != nil }
      responses.append(answer)
      connection.close()
    }
    #expect(cluster.violations.isEmpty, "\(cluster.violations)")
    return responses
  }

  private func isRefused(_ response: Response?) -> Bool {
    if case .failure = response { true } else { false }
  }

  @Test("a commit beyond the limits is refused and nothing is stuck behind it", arguments: [UInt64(1), 2, 3])
  func oversize(node: UInt64) {
    let huge = [UInt8](repeating: 1, count: Transaction.maximumValueBytes + 1)
    let responses = answers(
      to: [
        .put(key: Self.key, value: huge), .delete(key: Key(Self.key.bytes + [UInt8](repeating: 1, count: 20_000))),
        .commit(
          GroupDescriptor.data.id,
          CommitRequest(
            readTimestamp: .zero,
            writes: (0..<5).map { number in
              .init(
                key: Key(Self.key.bytes + [UInt8(number)]),
                value: [UInt8](repeating: 1, count: Transaction.maximumValueBytes / 2))
            })),
        .put(key: Self.key, value: [1]), .get(key: Self.key, level: .linearizable),
      ], node: node)
    for response in responses[..<3] {
      guard case .failure(.tooLarge) = response else {
        Issue.record("not refused as too large: \(String(describing: response))")
        continue
      }
    }
    #expect(responses[4] == .value([1]))
  }

  /// Every kind of request, for the cluster's records, for rows and for keys of nobody, at the leader and at others.
  @Test("what belongs to another layer is not for clients to read or write", arguments: [UInt64(1), 2, 3])
  func foreignKeys(node: UInt64) {
    let mine = CommitRequest.Write(key: Self.key, value: [1])
    for (bytes, owner) in [
      ([0x00, 0x69], "the cluster's records"), ([0x01, 0x53, 0, 0, 0, 0, 0x76], "the tables"), ([0x01, 0x4C], nil),
      ([0x01], nil), ([], nil), ([0x03], nil),
    ] as [([UInt8], String?)] {
      let key = Key(bytes)
      let commits = [
        CommitRequest(readTimestamp: .zero, writes: [mine, .init(key: key, value: [1])]),
        CommitRequest(readTimestamp: .zero, writes: [.init(key: key, value: nil), mine]),
        CommitRequest(readTimestamp: .zero, readKeys: [key], writes: [mine]),
        CommitRequest(readTimestamp: .zero, readRanges: [KeyRange(key, Key([0x01, 0x4C]))], writes: [mine]),
      ]
      let responses = answers(
        to: [
          .put(key: key, value: [1]), .delete(key: key), .get(key: key, level: .linearizable),
          .get(key: key, level: .stale), .scan(KeyRange(key, Key([0xFF])), limit: 10, level: .linearizable),
          .scan(KeyRange(key, Key([0xFF])), limit: 10, level: .stale),
        ] + commits.map { .commit(GroupDescriptor.data.id, $0) } + [.get(key: Self.key, level: .linearizable)],
        node: node)
      for response in responses.dropLast() { #expect(response == .failure(.keyNotOpen(key, owner: owner))) }
      #expect(responses.last == .value(nil))
    }
  }

  /// Conflicts tell of others' keys, too.
  @Test("a client's commit has read nothing that is not the client's")
  func foreignRanges() {
    let write = CommitRequest.Write(key: Self.key, value: [1])
    let beyond = KeyRange(Self.key, Key([0x01, 0x54]))
    let responses = answers(to: [
      .commit(
        GroupDescriptor.data.id, CommitRequest(readTimestamp: .zero, readRanges: [beyond], writes: [write])),
      .commit(
        GroupDescriptor.data.id,
        CommitRequest(
          readTimestamp: .zero, readRanges: [KeyRange(Self.key, Key([0x01, 0x4C]))], writes: [write])),
    ])
    #expect(responses[0] == .failure(.keyNotOpen(Key([0x01, 0x54]), owner: nil)))
    guard case .committed = responses[1] else {
      Issue.record("not committed: \(String(describing: responses[1]))")
      return
    }
  }

  @Test("what a group does not hold it does not judge")
  func foreignReads() {
    let write = CommitRequest.Write(key: Self.key, value: [1])
    let responses = answers(to: [
      .commit(
        GroupDescriptor.data.id,
        CommitRequest(readTimestamp: .zero, readKeys: [Key([0x00])], writes: [write])),
      .commit(
        GroupDescriptor.data.id,
        CommitRequest(
          readTimestamp: .zero, readRanges: [KeyRange(Key([0x00]), Key([0x02]))], writes: [write])),
      .get(key: Self.key, level: .linearizable),
    ])
    #expect(isRefused(responses[0]) && isRefused(responses[1]))
    #expect(responses[2] == .value(nil))
  }

  @Test("a scan ends with the layer and the partition it began in")
  func scans() {
    let responses = answers(to: [
      .put(key: Self.key, value: [1]),
      .scan(KeyRange(Key([0x01, 0x4B]), Key([0xFF])), limit: 10, level: .linearizable),
    ])
    #expect(responses[1] == .pairs([KeyValue(key: Self.key, value: [1])]))
  }
}
