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
}
