import ArgumentParser
import Foundation
import RoostSimulation

/// `roost check-history`: whether recorded histories are linearizable.
struct CheckHistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-history", abstract: "Judges recorded histories: are they linearizable?",
    discussion: """
      Reads Jepsen's logs of one register, EDN maps (a line for each event) and Roost's own histories, as `roost
      simulate --history` writes them; the content tells which. Keys are judged apart, and the key of a violation is
      named. Exit status: 0 all are linearizable, 1 one is not, 2 one can't be read or was too hard to judge.
      """)

  @Argument(help: ArgumentHelp("The files.", valueName: "file"))
  var files: [String]

  @Option(help: ArgumentHelp("How many configurations to try for a key before giving up.", valueName: "N"))
  var limit = 5_000_000

  func validate() throws {
    guard !files.isEmpty else { throw ValidationError("name a file") }
    guard limit > 0 else { throw ValidationError("--limit must be positive") }
  }

  func run() throws {
    var status: Int32 = 0
    for file in files {
      let verdict = judge(file)
      Terminal.print("\(file): \(verdict.text)")
      // A violation is certain; it outweighs what is not known of other files.
      if verdict.status == 1 || status == 0 { status = verdict.status }
    }
    if status != 0 { throw ExitCode(status) }
  }

  private func judge(_ file: String) -> (text: String, status: Int32) {
    guard let data = FileManager.default.contents(atPath: file) else { return ("cannot be read", 2) }
    let recorded: RecordedHistory
    do throws(HistoryFormatError) { recorded = try HistoryFormat.read([UInt8](data)) } catch {
      return ("cannot be read: \(error)", 2)
    }
    let size = "\(recorded.format.rawValue), \(recorded.history.operations.count) operations"
    switch LinearizabilityChecker(recorded.model, configurationLimit: limit).check(recorded.history) {
    case .linearizable: return ("linearizable (\(size))", 0)
    case .violation(let partition): return ("NOT linearizable: \(partition) (\(size))", 1)
    case .unknown: return ("unknown: more than \(limit) configurations (\(size))", 2)
    }
  }
}
