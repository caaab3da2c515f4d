import ArgumentParser
import Foundation

/// The flags of a node. They are kept as text: flags, environment and file go through the same checks, and are refused
/// in the same words.
struct NodeOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The node's name, unique in its cluster.", valueName: "ID"))
  var nodeID: String?

  @Option(help: ArgumentHelp("The node's data directory.", valueName: "DIR"))
  var data: String?

  @Option(help: ArgumentHelp("The SQL port; the peer port follows at +2000. (default: 5432)", valueName: "PORT"))
  var port: String?

  @Option(help: ArgumentHelp("The address to listen on, and to be reached at. (default: 127.0.0.1)", valueName: "ADDR"))
  var host: String?

  @Option(
    help: ArgumentHelp(
      "The address that other nodes are told to reach this one at. (default: --host; with --host 0.0.0.0 or :: the "
        + "machine's own address, if it has exactly one)", valueName: "ADDR"))
  var advertise: String?

  @Option(help: ArgumentHelp("The port of other nodes and native clients. (default: SQL + 2000)", valueName: "PORT"))
  var peerPort: String?

  @Option(
    help: ArgumentHelp(
      "none: alone; primary: votes and can lead. (default: primary with --join, else none)",
      valueName: "none|primary"))
  var clusterMode: String?

  @Option(help: ArgumentHelp("The peer addresses of all nodes of the cluster.", valueName: "HOST:PORT,…"))
  var join: String?

  @Option(
    help: ArgumentHelp(
      "Key-value partitions to found a new cluster with, beside the data; another number is refused later. (default: 0)",
      valueName: "N"))
  var partitions: String?

  @Option(help: ArgumentHelp("Where the machine stands.", valueName: "region=…,zone=…,rack=…"))
  var locality: String?

  @Option(
    help: ArgumentHelp(
      "Memory the node may use. (default: 3/4 of its control group's limit, or 1/2 of the machine's)",
      valueName: "SIZE"))
  var memory: String?

  @Option(
    help: ArgumentHelp(
      "The cluster's join secret; the first node makes it. (default: DIR/join-secret)", valueName: "FILE"))
  var joinSecretFile: String?

  @Flag(help: "No join secret: believe whoever connects. Only on loopback addresses, for trying things.")
  var insecure = false

  @Option(help: ArgumentHelp("A JSON file with these settings and more.", valueName: "FILE"))
  var config: String?

  @Option(
    help: ArgumentHelp("How much is logged. (default: info)", valueName: "trace|debug|info|warning|error"))
  var logLevel: String?

  @Option(help: ArgumentHelp("Lines for people or JSON objects. (default: text)", valueName: "text|json"))
  var logFormat: String?

  // Planned ones: they are taken in to be refused with the reason.
  @Option(help: .hidden) var replicationPort: String?
  @Option(help: .hidden) var apiPort: String?
  @Option(help: .hidden) var grpcPort: String?
  @Option(help: .hidden) var primary: String?

  /// What was given, by flag.
  var flags: [String: String] {
    let all: [(String, String?)] = [
      ("node-id", nodeID), ("data", data), ("port", port), ("host", host), ("advertise", advertise),
      ("replication-port", replicationPort),
      ("peer-port", peerPort), ("api-port", apiPort), ("grpc-port", grpcPort), ("cluster-mode", clusterMode),
      ("join", join), ("partitions", partitions), ("primary", primary), ("locality", locality), ("log-level", logLevel),
      ("memory", memory),
      ("join-secret-file", joinSecretFile), ("insecure", insecure ? "true" : nil),
      ("log-format", logFormat),
    ]
    return Dictionary(uniqueKeysWithValues: all.compactMap { flag, text in text.map { (flag, $0) } })
  }

  func settings(environment: [String: String]) throws -> NodeSettings {
    try NodeSettings(layers(environment: environment))
  }

  /// Lays flags, environment and file over one another.
  func layers(environment: [String: String]) throws(CommandFailure) -> ConfigurationLayers {
    var file: (name: String, data: Data)?
    if let name = config ?? environment["ROOST_CONFIG"] {
      do {
        file = (name, try Data(contentsOf: URL(fileURLWithPath: name)))
      } catch {
        throw CommandFailure("cannot read the configuration file \(name): \(SystemError.reason(error))")
      }
    }
    return ConfigurationLayers(flags: flags, environment: environment, file: file)
  }
}
