import ArgumentParser
import Foundation
import RoostCluster

/// `roost status`: nodes and partitions, as one node sees them.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Shows the nodes and partitions of a cluster.",
    discussion: "What is shown is the view of the node asked; one that is cut off shows what it last knew.")

  @OptionGroup var remote: RemoteOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    let cluster = RemoteCluster(remote)
    let status = try await cluster.status()
    await cluster.shutDown()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      Terminal.print(String(decoding: try encoder.encode(status), as: UTF8.self))
    } else {
      show(status)
    }
  }

  private func health(of status: ClusterStatus) -> String {
    if status.cluster.is_healthy { return "every partition has a leader" }
    let diverged = status.nodes.filter { $0.status == "diverged" }.map(\.id)
    if diverged.isEmpty { return "a partition has no leader" }
    return "what \(diverged.joined(separator: " and ")) holds contradicts what the others have committed"
  }

  private func show(_ status: ClusterStatus) {
    Terminal.print(
      "cluster \(status.cluster.name) (\(status.cluster.id)), as \(status.cluster.answered_by) sees it: "
        + health(of: status))
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
        node.id, node.disk.isEmpty ? node.status : "\(node.status), \(node.disk)", node.role, node.sql_address,
        node.peer_address, String(node.pid), node.start_time,
      ])
    }
    let replacements = status.replacements.map { replacement in
      "\(replacement.node) (number \(replacement.number)) is gone and keeps its place in \(replacement.partitions) "
        + "partition\(replacement.partitions == 1 ? "" : "s") until "
        + (replacement.successor == nil
          ? "one of its name starts with an empty data directory" : "its successor has caught up")
    }
    let troubles = status.nodes.flatMap { node in node.trouble.map { "\(node.id): \($0)" } }
    let departures = status.departures.map { departing in
      "\(departing.node) (number \(departing.number)) is being taken out "
        + "(\(departing.reason.replacing("_", with: " "))); it has a place in \(PartitionListing.count(departing.partitions))"
    }
    let notes = troubles + replacements + departures
    for line in nodes.lines + notes + [""] + PartitionListing(status.groups).lines {
      Terminal.print(line)
    }
  }

  /// Who is needed, and how many more may fail.
  static func majority(_ cluster: ClusterStatus.Cluster) -> String {
    let voters =
      "\(cluster.voters) node\(cluster.voters == 1 ? " votes" : "s vote"), \(cluster.needed) "
      + "\(cluster.needed == 1 ? "is" : "are") needed: "
    return switch cluster.can_lose {
    case 0: voters + "none that is there may fail"
    case 1: voters + "one more may fail"
    default: voters + "\(cluster.can_lose) more may fail"
    }
  }
}
