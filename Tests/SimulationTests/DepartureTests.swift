import RoostPlatform
import RoostSimulation
import Testing

@testable import RoostClusterSimulation

/// A process may end by itself only where a fault explains it.
@Suite("Departures: which ends are right")
struct DepartureTests {
  private let medium = DiskMedium(generator: SeededGenerator(seed: 3))

  private static let noSync = "the log's disk failed: cannot sync log/segment-1.log: Input/output error"
  private static let noRoom = "it can't start: cannot write starts.new: No space left on device"
  private static let refusal = "node 2 refuses this node: its log ends before what it had made durable"
  private static let mismatch = "it can't start: logEndsBefore(3)"

  private func isExplained(_ reason: String, isForgetful: Bool = false) -> Bool {
    let departure = Departure(reason, isForgetful: isForgetful)
    return departure.isFailure(of: medium) || departure.isLoss(of: medium)
  }

  @Test func nothingExplainsTheEndOfAHealthyProcess() {
    for reason in [Self.noSync, Self.noRoom, Self.refusal, Self.mismatch] { #expect(!isExplained(reason)) }
  }

  @Test func aFailedSyncExplainsThatOnly() throws {
    let file = try SimulatedDisk(medium).open("file", create: true)
    medium.failingSyncs = 1
    #expect(throws: DiskError.self) { try file.sync() }
    #expect(isExplained(Self.noSync))
    for reason in [Self.noRoom, Self.refusal, Self.mismatch] { #expect(!isExplained(reason)) }
    medium.acknowledgeFailures()
    #expect(!isExplained(Self.noSync))
  }

  @Test func anOldCopyExplainsRefusals() {
    #expect(isExplained(Self.refusal, isForgetful: true))
    for reason in [Self.noSync, Self.noRoom, Self.mismatch] { #expect(!isExplained(reason, isForgetful: true)) }
  }

  @Test func damageExplainsThatAProcessCannotStart() throws {
    let file = try SimulatedDisk(medium).open("file", create: true)
    try file.put([1], at: 0)
    try file.sync()
    #expect(medium.flipBit(3, of: "file"))
    #expect(isExplained(Self.mismatch) && isExplained(Self.refusal))
    #expect(!isExplained(Self.noSync))
  }
}
