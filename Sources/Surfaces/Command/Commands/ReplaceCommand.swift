import ArgumentParser
import RoostCluster

/// `roost replace`: tells the cluster that a node's data directory is gone for good.
struct ReplaceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replace",
    abstract: "Declares a node's data directory gone for good, so that a new one may come in its place.",
    discussion: """
      For a node whose disk is lost, damaged or rolled back. Stop it, run this, then start it with the same --node-id and
      an empty --data directory. The old one loses its vote at once: from then on only the other nodes are needed. The new
      one is taken in, catches up, and votes. The command waits until it votes in every partition; it can be interrupted
      and run again at any time, also when all is done. What would leave a partition without a majority of living voters
      is refused, with --force too.
      """)

  @OptionGroup var choice: NodeChoice

  @Flag(help: "Also if the node is alive; it has to stop then.")
  var force = false

  @OptionGroup var options: OrderOptions

  private var node: String { choice.node }

  func run() async throws {
    try await RemoteCluster.use(options.remote) { try await replace($0) }
  }

  private func replace(_ cluster: RemoteCluster) async throws {
    let request = ReplaceRequest(name: node, number: choice.number, isForced: force, isDryRun: options.dryRun)
    let response: ReplaceResponse = try await cluster.askSystemLeader(ClusterChannels.replace, request)
    switch response {
    case .refused(let reason): throw CommandFailure(reason)
    case .planned(let plan, let canLose): describe(plan, canLose)
    case .replacedAlready(let replacement):
      Terminal.print(
        "\(node) is replaced already: "
          + (replacement.successor.map { "number \($0) votes instead of number \(replacement.number)" }
            ?? "number \(replacement.number) is out, and nobody is waited for") + "; nothing is left to do")
      if force, let successor = replacement.successor {
        Terminal.print("to replace number \(successor) as well, say --number \(successor)")
      }
    case .retired(let replacement, let position):
      Terminal.print("\(node) (number \(replacement.number)) is declared gone, and loses its vote")
      try await options.follow(
        replacement.number, from: position, of: cluster, hint: "start \(node) with an empty data directory"
      ) { report($0, of: replacement) }
    }
  }

  private func report(_ progress: DepartureProgress, of replacement: Replacement) -> DepartureWatch.Report {
    switch progress {
    case .succeeded: .done("\(node) is replaced in every partition")
    case .out: .done("\(node) (number \(replacement.number)) is out of the cluster, and nobody is waited for")
    case .losingVote(let left): .underWay("its vote still counts in \(PartitionListing.count(left))")
    case .waitingForSuccessor: .underWay("waiting until \(node) is started with an empty data directory")
    case .succeeding(let left) where left == replacement.partitions: .underWay("the new \(node) is catching up")
    case .succeeding(let left), .leaving(let left): .underWay("\(PartitionListing.count(left)) left")
    case .member, .unknown: .underWay("\(node) is not declared gone yet")
    }
  }

  private func describe(_ plan: Replacement, _ canLose: Int) {
    Terminal.print(
      "\(node) (number \(plan.number)) would be declared gone: it would not be taken in again, and would lose its vote in "
        + PartitionListing.count(plan.votes))
    Terminal.print(
      "a new \(node), started with an empty data directory, would get a number of its own, learn, and then vote; until "
        + "then " + OrderOptions.mayFail(canLose))
  }
}
