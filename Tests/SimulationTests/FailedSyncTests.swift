import RoostClusterSimulation
import RoostPlatform
import RoostRaft
import RoostSimulation
import RoostStorage
import Testing

@Suite("A failed sync: what the next start may rely on")
struct FailedSyncTests {
  @Test func whatAFailedSyncLeftInTheCacheIsWrittenAgain() throws {
    let medium = DiskMedium(generator: SeededGenerator(seed: 5))
    let first = try LogStore(disk: SimulatedDisk(medium), directory: "log", options: LogOptions(segmentBytes: 64 << 10))
    _ = try first.write([
      LogWrite(
        group: GroupID(1), hardState: HardState(term: Term(1)),
        entries: [Entry(index: LogIndex(1), term: Term(1), payload: [1])])
    ])
    try first.sync()
    _ = try first.write([LogWrite(group: GroupID(1), entries: [Entry(index: LogIndex(2), term: Term(1), payload: [2])])]
    )
    medium.failingSyncs = 1
    #expect(throws: LogError.self) { try first.sync() }
    // The process ends; the next one finds the batch in the cache, and takes it for durable from here on.
    let second = try LogStore(
      disk: SimulatedDisk(medium), directory: "log", options: LogOptions(segmentBytes: 64 << 10))
    let kept = second.recoveredGroups.first?.lastIndex
    medium.crash(.powerLoss)
    let third = try LogStore(disk: SimulatedDisk(medium), directory: "log", options: LogOptions(segmentBytes: 64 << 10))
    #expect(third.recoveredGroups.first?.lastIndex == kept && kept == LogIndex(2))
  }

  /// Whoever removes a log removes the votes in it; that the state is there shows that there was one.
  @Test func aRemovedLogIsNotTakenForANewOne() throws {
    let world = World(seed: 7)
    var options = ClusterOptions()
    options.size = 1
    options.flushAfterLogBytes = 1
    let cluster = SimulatedCluster(world, options)
    defer { cluster.close() }
    cluster.start()
    world.run(for: .seconds(2))
    let node = try #require(world.nodes.first)
    node.crash(.kill)
    let disk = SimulatedDisk(node.medium)
    for name in try disk.list("log") { try disk.remove("log/" + name) }
    node.start()
    world.run(for: .seconds(2))
    #expect(cluster.violations.count > 1)
    #expect(cluster.violations.allSatisfy { $0.contains("the log is gone") }, "\(cluster.violations)")
  }
}
