import ArgumentParser
import Foundation
import RoostCluster
import RoostPlatform

/// `roost replace`: tells the cluster that a node's data directory is gone for good.
struct ReplaceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replace",
    abstract: "Declares a node's data directory gone for good, so that a new one takes its place.",
    discussion: """
      For a node whose disk is lost, damaged or rolled back. Stop it, run this, then start it with the same --node-id and
      an empty --data directory: it is taken in, catches up, and gets the old one's place in every partition, each in one
      step. Until then the old one still counts for the majority. The command waits until that is done; it can be
      interrupted and run again at any time.
      """)

  @Argument(help: ArgumentHelp("The name of the node.", valueName: "NODE"))
  var node: String

  @Flag(help: "Also if the node is alive; it has to stop then.")
  var force = false

  @Flag(help: "Only print what would be done.")
  var dryRun = false

  @Flag(help: "Don't wait until the new one has taken the place.")
  var noWait = false

  @OptionGroup var remote: RemoteOptions

  func run() async throws {
    let cluster = RemoteCluster(remote)
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await replace(cluster)) } catch { outcome = .failure(error) }
    await cluster.shutDown()
    try outcome.get()
  }

  private func replace(_ cluster: RemoteCluster) async throws {
    let request = ReplaceRequest(name: node, isForced: force, isDryRun: dryRun)
    let response: ReplaceResponse = try await cluster.askSystemLeader(ClusterOpcode.replace, request)
    switch response {
    case .refused(let reason): throw CommandFailure(reason)
    case .planned(let plan): describe(plan)
    case .retired(let replacement):
      if replacement.partitions == 0 { return Terminal.print("\(node) is replaced already: nothing is left to do") }
      Terminal.print(
        "\(node) (number \(replacement.number)) is declared gone; it keeps its place in "
          + "\(count(replacement.partitions)) until another one has caught up")
      if noWait {
        return Terminal.print("start \(node) with an empty data directory; `roost status` shows how far it is")
      }
      try await wait(for: replacement, cluster)
    }
  }

  private func describe(_ plan: Replacement) {
    Terminal.print("\(node) (number \(plan.number)) would be declared gone: it would not be taken in again")
    Terminal.print("a new \(node), started with an empty data directory, would get a number of its own")
    Terminal.print(
      "it would learn, and then take the place of number \(plan.number), in \(count(plan.partitions)); nothing was "
        + "changed")
  }

  /// Tells how far it is whenever that changes, on lines of their own.
  private func wait(for replacement: Replacement, _ cluster: RemoteCluster) async throws {
    var shown = ""
    var failures = 0
    while true {
      do {
        let status = try await cluster.status()
        failures = 0
        guard let now = status.replacements.first(where: { $0.number == replacement.number }) else {
          return Terminal.print("\(node) is replaced in every partition")
        }
        let text =
          now.successor == nil
          ? "waiting until \(node) is started with an empty data directory"
          : now.partitions == replacement.partitions
            ? "the new \(node) is catching up"
            : "\(count(now.partitions)) left"
        if text != shown { Terminal.print(text) }
        shown = text
      } catch {
        // The node asked may be busy electing a leader, or be gone.
        failures += 1
        if failures > 30 { throw error }
      }
      // house: the program waits for the cluster, not a node for anything
      try await ContinuousClock().sleep(for: .milliseconds(500))
    }
  }

  private func count(_ partitions: Int) -> String { partitions == 1 ? "1 partition" : "\(partitions) partitions" }
}
