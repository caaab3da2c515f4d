import ArgumentParser
import Foundation
import RoostCluster
import RoostPlatform

/// `roost transfer`: makes a node lead.
struct TransferCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transfer", abstract: "Makes a node the leader, of one partition or of all.",
    discussion: """
      The present leader brings the node up to date and lets it take over; requests that arrive meanwhile wait for the
      new leader, and none fails. The command waits until it leads, and prints how long that took. Nothing keeps
      leadership from moving again later.
      """)

  @Argument(help: ArgumentHelp("The name of the node that is to lead.", valueName: "NODE"))
  var node: String

  @Option(help: ArgumentHelp("Only this partition; see `roost partitions`. (default: all)", valueName: "ID"))
  var partition: UInt64?

  @OptionGroup var remote: RemoteOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    let cluster = RemoteCluster(remote)
    let outcome: Result<[TransferResponse.Transfer], any Error>
    do { outcome = .success(try await transfer(cluster)) } catch { outcome = .failure(error) }
    await cluster.shutDown()
    let transfers = try outcome.get()
    try show(transfers)
    let failures = transfers.compactMap(\.error)
    if let first = failures.first {
      throw CommandFailure("\(failures.count) of \(transfers.count) partitions did not move: \(first)")
    }
  }

  /// Asks every node that leads something to give it away.
  private func transfer(_ cluster: RemoteCluster) async throws -> [TransferResponse.Transfer] {
    let status = try await cluster.statusWithLeaders()
    guard status.nodes.contains(where: { $0.id == node }) else {
      throw CommandFailure("there is no node named \(node), but \(status.nodes.map(\.id).joined(separator: ", "))")
    }
    if let partition, !status.groups.contains(where: { $0.id == partition }) {
      throw CommandFailure("there is no partition \(partition); `roost partitions` lists them")
    }
    let groups = status.groups.filter { partition == nil || $0.id == partition }
    var transfers: [TransferResponse.Transfer] = []
    for leader in Set(groups.map(\.leader)).subtracting([node]).sorted() {
      guard let address = status.nodes.first(where: { $0.id == leader }).flatMap({ PeerAddress($0.peer_address) })
      else { throw CommandFailure("the address of \(leader) is not known") }
      let request = TransferRequest(target: node, partition: partition)
      let response: TransferResponse = try await cluster.ask(address, ClusterChannels.transfer, request)
      switch response {
      case .done(let done): transfers += done
      case .refused(let reason): throw CommandFailure(reason)
      }
    }
    return transfers
  }

  private func show(_ transfers: [TransferResponse.Transfer]) throws {
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      return Terminal.print(String(decoding: try encoder.encode(transfers), as: UTF8.self))
    }
    if transfers.isEmpty { return Terminal.print("\(node) leads already") }
    if transfers.count <= 16 {
      for transfer in transfers where transfer.error == nil {
        Terminal.print(
          "partition \(transfer.partition): \(transfer.from) → \(transfer.to) in \(milliseconds(transfer.milliseconds))"
        )
      }
    } else {
      let times = transfers.filter { $0.error == nil }.map(\.milliseconds).sorted()
      guard let longest = times.last else { return }
      Terminal.print(
        "\(times.count) partitions are led by \(node) now; one took \(milliseconds(times[times.count / 2])) in the "
          + "median, \(milliseconds(longest)) at most")
    }
  }

  private func milliseconds(_ value: Double) -> String { String(format: "%.1f ms", value) }
}
