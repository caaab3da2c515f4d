import ArgumentParser
import Foundation
import RoostCluster
import Synchronization

/// `roost start`: one node, until a signal asks it to stop.
struct StartCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "start", abstract: "Starts one node of a cluster, or a cluster of one.",
    discussion: """
      Every flag can also stand in the JSON file named by --config, or in the environment as ROOST_ and the flag's name
      (ROOST_NODE_ID, ROOST_PORT, …). A flag beats the environment, the environment the file, the file the default.
      SIGTERM and Ctrl-C stop the node cleanly, within eight seconds; a second one ends it at once.
      """)

  @OptionGroup var options: NodeOptions

  /// Where a supervising parent listens: the node reports there that it is ready, and stops when the parent is gone.
  @Option(help: .hidden)
  var supervisor: Int32?

  func run() async throws {
    let environment = ProcessInfo.processInfo.environment
    let settings = try options.settings(environment: environment)
    for name in ConfigurationLayers.unknownVariables(in: environment) {
      Terminal.complain("roost: the environment variable \(name) is no setting and is ignored")
    }
    let stop = try StopRequest(supervisor: supervisor)
    let directory = try DataDirectory.claim(settings.dataDirectory, content: "cluster")

    let failure = FailureReason()
    let node: ServerNode
    do {
      node = try await ServerNode.start(settings) { event in
        Terminal.print("\(settings.nodeID): \(event)")
        switch event {
        case .failed(let reason):
          failure.reason.withLock { $0 = reason }
          stop.request(reason)
        case .departed: stop.request("it belongs to the cluster no more")
        default: break
        }
      }
    } catch {
      directory.release()
      throw error
    }
    Terminal.print(
      "\(settings.nodeID) (process \(getpid())): SQL on \(settings.host):\(node.sqlPort), "
        + "peers on \(settings.host):\(node.peerPort), data in \(settings.dataDirectory)")

    let announcement = Task {
      await node.waitUntilReady()
      guard !Task.isCancelled else { return }
      Terminal.print("\(settings.nodeID) is ready")
      stop.tellSupervisor("ready\n")
    }
    let reason = await stop.wait()
    Terminal.print("\(settings.nodeID) stops: \(reason)")
    announcement.cancel()
    await node.stop()
    directory.release()
    if let reason = failure.reason.withLock({ $0 }) {
      throw CommandFailure("\(settings.nodeID) had to stop: \(reason)")
    }
    Terminal.print("\(settings.nodeID) has stopped")
  }
}

/// Why a node stopped by itself.
private final class FailureReason: Sendable {
  let reason = Mutex<String?>(nil)
}
