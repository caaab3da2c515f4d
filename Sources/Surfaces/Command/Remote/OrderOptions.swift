import ArgumentParser
import RoostCluster

/// What the commands that change who belongs to a cluster have in common: they can be tried, they are given to whoever leads
/// the cluster itself, and they wait until what they ordered is done.
struct OrderOptions: ParsableArguments {
  @Flag(help: "Only print what would be done.")
  var dryRun = false

  @Flag(help: "Don't wait until it is done.")
  var noWait = false

  @OptionGroup var remote: RemoteOptions

  /// Follows an order until it is over; with `--no-wait` it only says what to do next.
  ///
  /// - Parameters:
  ///   - number: The node that it is about.
  ///   - position: Where the order was committed.
  ///   - hint: What to do meanwhile, for somebody who does not wait.
  func follow(
    _ number: UInt64, from position: UInt64, of cluster: RemoteCluster, hint: String? = nil,
    _ report: (DepartureProgress) -> DepartureWatch.Report
  ) async throws {
    if noWait { return Terminal.print((hint.map { "\($0); " } ?? "") + "`roost status` shows how far it is") }
    try await DepartureWatch(number: number, position: position, cluster: cluster).wait(report)
  }
}

extension OrderOptions {
  /// What a dry run says last.
  static func mayFail(_ canLose: Int) -> String {
    (canLose == 0
      ? "every node that votes would be needed: none could fail"
      : "\(canLose) more node\(canLose == 1 ? "" : "s") could fail") + "; nothing was changed"
  }
}

/// A node by its name, and by its number where several had that name.
struct NodeChoice: ParsableArguments {
  @Argument(help: ArgumentHelp("The name of the node.", valueName: "NODE"))
  var node: String

  @Option(
    help: ArgumentHelp(
      "Which of the nodes that had this name; `roost status --json` shows the numbers. (default: the one that has it now)",
      valueName: "N"))
  var number: UInt64?
}
