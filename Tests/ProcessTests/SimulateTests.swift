import Foundation
import Testing

/// `roost simulate` and `roost check-history` as a user runs them.
@Suite("Simulation from the command line", .serialized)
struct SimulateTests {
  private func trace(_ output: String) throws -> String {
    let start = try #require(output.range(of: "\"trace\":\"")).upperBound
    return String(output[start...].prefix { $0 != "\"" })
  }

  @Test("a seed is the same run in every process, and another seed another run")
  func sameSeed() throws {
    var traces: Set<String> = []
    for seed in [3, 3, 4] {
      let result = try DemoCluster.run(["simulate", "--seed", "\(seed)", "--seconds", "2", "--json"])
      #expect(result.status == 0, "\(result.output)")
      traces.insert(try trace(result.output))
    }
    #expect(traces.count == 2)
  }

  @Test("what a run writes is judged, and one answer changed is found")
  func judged() async throws {
    try await withTemporaryDirectory { directory in
      let file = directory + "/history"
      let run = try DemoCluster.run(
        ["simulate", "--seed", "3", "--seconds", "3", "--faults", "kill,partition", "--history", file])
      #expect(run.status == 0 && run.output.contains("linearizable"), "\(run.output)")
      let good = try DemoCluster.run(["check-history", file])
      #expect(good.status == 0 && good.output.contains(": linearizable"), "\(good.output)")
      let text = try String(contentsOfFile: file, encoding: .utf8)
      let read = try #require(
        text.split(separator: "\n").last { $0.contains(":type :ok, :f :get") && $0.contains(":value \"") })
      let lie = read.replacingOccurrences(of: ":value \"", with: ":value \"lie")
      try text.replacingOccurrences(of: read, with: lie).write(toFile: file, atomically: true, encoding: .utf8)
      let bad = try DemoCluster.run(["check-history", file])
      #expect(bad.status == 1 && bad.output.contains("NOT linearizable: key"), "\(bad.output)")
      let none = try DemoCluster.run(["check-history", directory + "/none"])
      #expect(none.status == 2, "\(none.output)")
    }
  }
}
