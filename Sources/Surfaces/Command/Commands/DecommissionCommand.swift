import ArgumentParser
import RoostCluster

/// `roost decommission`: takes a node out of the cluster, without another one in its place.
struct DecommissionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decommission", abstract: "Takes a node out of the cluster, without another one in its place.",
    discussion: """
      The node gives leadership away, gives up its place in every partition, each in one joint change of membership, and
      ends. It need not be there: this is also for nodes that are gone for good, that never caught up, or that were only
      tried. Its data directory is refused from then on; a new node of the same name may join with an empty one. What
      would leave a partition without a majority of living voters is refused. The command waits until the node is out; it
      can be interrupted and run again at any time, also when all is done.
      """)

  @OptionGroup var choice: NodeChoice

  @OptionGroup var options: OrderOptions

  func run() async throws {
    try await RemoteCluster.use(options.remote) { cluster in
      let request = DepartureRequest(
        name: choice.node, number: choice.number, isLeave: false, isDryRun: options.dryRun)
      try await DepartureOrder(request: request, options: options, cluster: cluster).run()
    }
  }
}

/// `roost leave`: the node that is asked leaves its cluster.
struct LeaveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "leave", abstract: "Makes a node leave its cluster, for good.",
    discussion: """
      The node at --host and --port (or the one that --node names) gives leadership away, gives up its place in every
      partition, and ends with exit status 0. Its data directory is refused from then on. For a node that only stops for
      a while, stop its process instead. The command waits until the node is out; it can be interrupted and run again.
      """)

  @Option(help: ArgumentHelp("The name of the node that leaves. (default: the one that is asked)", valueName: "NODE"))
  var node: String?

  @OptionGroup var options: OrderOptions

  func run() async throws {
    try await RemoteCluster.use(options.remote) { cluster in
      let name: String
      if let node { name = node } else { name = try await cluster.status().cluster.answered_by }
      let request = DepartureRequest(name: name, isLeave: true, isDryRun: options.dryRun)
      try await DepartureOrder(request: request, options: options, cluster: cluster).run()
    }
  }
}

/// Orders a departure, and tells how far it is.
private struct DepartureOrder {
  let request: DepartureRequest
  let options: OrderOptions
  let cluster: RemoteCluster

  private var node: String { request.name }

  func run() async throws {
    let response: DepartureResponse = try await cluster.askSystemLeader(ClusterChannels.takeOut, request)
    switch response {
    case .refused(let reason): throw CommandFailure(reason)
    case .planned(let plan, let canLose):
      Terminal.print(
        "\(node) (number \(plan.number)) would give up its place in \(PartitionListing.count(plan.partitions)), and its "
          + "data directory would be refused from then on")
      Terminal.print("afterwards " + OrderOptions.mayFail(canLose))
    case .outAlready(let departing):
      Terminal.print("\(node) (number \(departing.number)) is out of the cluster already: nothing is left to do")
    case .accepted(let departing, let position):
      Terminal.print(
        "\(node) (number \(departing.number)) gives up its place in \(PartitionListing.count(departing.partitions))")
      try await options.follow(departing.number, from: position, of: cluster) { progress in
        switch progress {
        case .out, .succeeded: .done("\(node) is out of the cluster; its data directory is not taken in again")
        case .leaving(0): .underWay("every partition's leader is asked for its members")
        case .leaving(let left), .succeeding(let left), .losingVote(let left), .waitingForSuccessor(let left):
          .underWay("\(PartitionListing.count(left)) left")
        case .member, .unknown: .underWay("it has not begun")
        }
      }
    }
  }
}
