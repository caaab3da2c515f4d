import Testing

@testable import RoostCommand

@Suite("What was meant by a mistyped name")
struct NearestNameTests {
  @Test(arguments: [
    ("statsu", "status"), ("strat", "start"), ("dmeo", "demo"), ("bnech", "bench"), ("partitons", "partitions"),
    ("STATUS", "status"), ("sq", "sql"), ("replac", "replace"),
  ])
  func commands(typed: String, meant: String) throws {
    let complaint = try #require(Roost.complaint(about: [typed]))
    #expect(complaint.contains("did you mean \(meant)?"), "\(complaint)")
  }

  @Test(arguments: ["dance", "x", "", String(repeating: "status", count: 1000)])
  func nothingIsNearToWhatIsFar(typed: String) throws {
    let complaint = try #require(Roost.complaint(about: [typed]))
    #expect(!complaint.contains("did you mean"), "\(complaint)")
    #expect(complaint.contains("commands: start, demo"), "\(complaint)")
  }

  @Test func whatIsRightIsNotComplainedAbout() {
    for name in Roost.commandNames + ["help", "manual", "--version", "-h"] {
      #expect(Roost.complaint(about: [name]) == nil, "\(name)")
    }
    #expect(Roost.complaint(about: []) == nil)
  }

  @Test func everyCommandAndOptionStandsInTheManual() {
    for name in Roost.commandNames { #expect(ManualPage.text.contains(".SS roost \(name)\n"), "\(name)") }
    #expect(ManualPage.text.contains("\\-\\-log\\-format"))
    #expect(ManualPage.text.split(separator: "\n").allSatisfy { !$0.hasPrefix("'") })
  }
}
