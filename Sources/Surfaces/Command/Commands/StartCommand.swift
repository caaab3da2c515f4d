import ArgumentParser
import Foundation
import Logging
import RoostCluster
import Synchronization

/// `roost start`: one node, until a signal asks it to stop.
struct StartCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "start", abstract: "Starts one node of a cluster, or a cluster of one.",
    discussion: """
      Every flag can also stand in the JSON file named by --config, or in the environment as ROOST_ and the flag's name
      (ROOST_NODE_ID, ROOST_PORT, …). A flag beats the environment, the environment the file, the file the default.
      The node logs to standard output and never waits for whoever reads it. SIGTERM, SIGQUIT and Ctrl-C stop it cleanly,
      within eight seconds; a second one ends it at once. SIGHUP, which a closed terminal sends, is logged and nothing else.
      """)

  @OptionGroup var options: NodeOptions

  @Flag(help: "Print the configuration that would be in force, with the source of each value, and end.")
  var printConfig = false

  /// Where a supervising parent listens: the node reports there that it is ready, and stops when the parent is gone.
  @Option(help: .hidden)
  var supervisor: Int32?

  func run() async throws {
    let environment = ProcessInfo.processInfo.environment
    let layers = try options.layers(environment: environment)
    let settings = try NodeSettings(layers)
    if printConfig { return Terminal.print(EffectiveConfiguration(settings, layers).text) }

    // A reader of the log that is gone is an error of the write, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    let log = NodeLog(node: settings.nodeID, level: settings.logLevel, format: settings.logFormat)
    log.adoptAll()
    for name in ConfigurationLayers.unknownVariables(in: environment) {
      log.start.warning("the environment variable \(ConfigurationLayers.unknown(name)) and is ignored")
    }
    do {
      try await serve(settings, log)
    } catch {
      log.start.error("\(error)")
      log.close()
      throw ExitCode.failure
    }
    log.close()
  }

  private func serve(_ settings: NodeSettings, _ log: NodeLog) async throws {
    let stop = try StopRequest(supervisor: supervisor, signals: SignalWatch.start(), log: log)
    let directory = try DataDirectory.claim(settings.dataDirectory, content: "cluster")
    log.start.info("\(Version.text), process \(getpid())")

    let failure = FailureReason()
    let node: ServerNode
    do {
      node = try await ServerNode.start(settings) { event in
        // What ends the node is said once, at its end.
        if case .failed(let reason) = event {
          failure.reason.withLock { $0 = reason }
          return stop.request(reason)
        }
        log.tell(event)
        if case .departed = event { stop.request("it belongs to the cluster no more") }
      }
    } catch {
      directory.release()
      throw error
    }
    let host = settings.host
    log.start.info(
      "SQL on \(host):\(node.sqlPort), peers on \(host):\(node.peerPort), data in \(settings.dataDirectory)")

    let announcement = Task {
      await node.waitUntilReady()
      guard !Task.isCancelled else { return }
      log.start.info("\(settings.nodeID) is ready")
      stop.tellSupervisor("ready\n")
    }
    let reason = await stop.wait()
    if failure.reason.withLock({ $0 }) == nil { log.start.info("\(settings.nodeID) stops: \(reason)") }
    announcement.cancel()
    await node.stop()
    directory.release()
    if let reason = failure.reason.withLock({ $0 }) {
      throw CommandFailure("\(settings.nodeID) had to stop: \(reason)")
    }
    log.start.info("\(settings.nodeID) has stopped")
  }
}

/// Why a node stopped by itself.
private final class FailureReason: Sendable {
  let reason = Mutex<String?>(nil)
}
