import ArgumentParser
import Foundation
import RoostCluster

/// `roost partitions`: every partition with the keys it holds, as one node sees them.
struct PartitionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "partitions", abstract: "Lists the partitions of a cluster and the keys they hold.",
    discussion: "What is shown is the view of the node asked. Partition 1 holds the cluster's own records, 2 the data.")

  @OptionGroup var remote: RemoteOptions

  @Flag(help: "Print JSON.")
  var json = false

  /// The keys are those users rely on.
  private struct Partition: Encodable {
    var id: UInt64
    var start: String
    var end: String
    var leader: String
    var replicas: [ClusterStatus.Replica]
    var state: String

    init(_ group: ClusterStatus.Group) {
      id = group.id
      start = group.start
      end = group.end
      leader = group.leader
      replicas = group.replicas
      state = group.leader.isEmpty ? "offline" : "active"
    }
  }

  func run() async throws {
    let cluster = RemoteCluster(remote)
    let status = try await cluster.settledStatus()
    await cluster.shutDown()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return Terminal.print(String(decoding: try encoder.encode(status.groups.map(Partition.init)), as: UTF8.self))
    }
    var table = TextTable([
      ("partition", .right), ("state", .left), ("from key", .left), ("to key", .left), ("leader", .left),
      ("replicas", .left),
    ])
    for group in status.groups {
      let partition = Partition(group)
      table.append([
        String(partition.id), partition.state, partition.start, partition.end,
        partition.leader.isEmpty ? "none" : partition.leader, PartitionListing.replicas(of: group),
      ])
    }
    for line in table.lines { Terminal.print(line) }
  }
}
