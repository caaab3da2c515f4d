import ArgumentParser
import Foundation
import RoostCluster

/// `roost status`: nodes and partitions, as one node sees them.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Shows the nodes and partitions of a cluster, and whether it is well.",
    discussion: """
      What is shown is the view of the node asked; one that is cut off shows what it last knew. Exit status: 0 the
      cluster is well; 1 it is not (a partition has no leader, a node is down, does not vote or has trouble with its
      disk), or can't be asked. The reasons are shown, with --json as cluster.reasons.
      """)

  @OptionGroup var remote: RemoteOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    let cluster = RemoteCluster(remote)
    let outcome: Result<ClusterStatus, CommandFailure>
    do { outcome = .success(try await cluster.status()) } catch { outcome = .failure(error) }
    await cluster.shutDown()
    let status = try outcome.get()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      Terminal.print(String(decoding: try encoder.encode(status), as: UTF8.self))
    } else {
      show(status)
    }
    if !status.cluster.is_healthy { throw ExitCode.failure }
  }

  private func show(_ status: ClusterStatus) {
    Terminal.print(
      "cluster \(status.cluster.name) (\(status.cluster.id)), as \(status.cluster.answered_by) sees it: "
        + (status.cluster.is_healthy ? "all is well" : "unwell"))
    for reason in status.cluster.reasons { Terminal.print("  \(reason)") }
    Terminal.print(Self.majority(status.cluster))
    if status.cluster.insecure {
      Terminal.print("insecure: nodes and native clients are believed without proof (--insecure)")
    }
    var nodes = TextTable([
      ("node", .left), ("status", .left), ("role", .left), ("SQL address", .left), ("peer address", .left),
      ("process", .right), ("started", .left),
    ])
    for node in status.nodes {
      nodes.append([
        node.id, node.disk.isEmpty ? node.status : "\(node.status), \(node.disk)", node.role.isEmpty ? "–" : node.role,
        node.sql_address, node.peer_address, node.isAlive ? String(node.pid) : "–", node.start_time,
      ])
    }
    let troubles = status.nodes.flatMap { node in node.trouble.map { "\(node.id): \($0)" } }
    let departures = status.departures.map { departing in
      "\(departing.node) (number \(departing.number)) is being taken out "
        + "(\(departing.reason.replacing("_", with: " "))); it has a place in \(PartitionListing.count(departing.partitions))"
    }
    for line in nodes.lines + troubles + departures + [""] + PartitionListing(status.groups).lines {
      Terminal.print(line)
    }
  }

  /// Who is needed, and how many more may fail.
  static func majority(_ cluster: ClusterStatus.Cluster) -> String {
    let voters =
      "\(cluster.voters) node\(cluster.voters == 1 ? " votes" : "s vote"), \(cluster.needed) "
      + "\(cluster.needed == 1 ? "is" : "are") needed: "
    let mayFail =
      switch cluster.can_lose {
      case 0: "none that is there may fail"
      case 1: "one more may fail"
      default: "\(cluster.can_lose) more may fail"
      }
    return voters + mayFail + (cluster.missing == 0 ? "" : "; \(cluster.missing) more should vote")
  }
}
