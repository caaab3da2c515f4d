import Testing

@testable import RoostCommand

@Suite("What a load reports") struct LoadReportTests {
  private func report(succeeded: Int, failed: [String]) -> LoadReport {
    var record = LoadRecord()
    for _ in 0..<succeeded { record.succeeded(nanoseconds: 1_000_000) }
    for reason in failed { record.failed(reason) }
    return LoadReport(record, kind: "put", clients: 1, connections: 1, seconds: 1, cpuMicroseconds: 1)
  }

  @Test func aLoadOfErrorsOnlyHasFailed() {
    let failed = report(succeeded: 0, failed: ["no quorum", "timed out", "no quorum"])
    #expect(failed.failure?.description == "none of 3 operations succeeded: 2 × no quorum")
    #expect(report(succeeded: 1, failed: ["timed out"]).failure == nil)
    #expect(report(succeeded: 0, failed: []).failure == nil)
  }
}
