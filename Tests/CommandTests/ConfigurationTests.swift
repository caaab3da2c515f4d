import Foundation
import RoostCluster
import RoostPlatform
import Testing

@testable import RoostCommand

@Suite("The layers of a node's configuration")
struct ConfigurationTests {
  private func settings(
    flags: [String: String] = ["node-id": "node1", "data": "d"], environment: [String: String] = [:],
    file: String? = nil
  ) throws -> NodeSettings {
    try NodeSettings(
      ConfigurationLayers(
        flags: flags, environment: environment, file: file.map { (name: "roost.json", data: Data($0.utf8)) }))
  }

  private func refusal(
    flags: [String: String] = ["node-id": "node1", "data": "d"], environment: [String: String] = [:],
    file: String? = nil
  ) -> ConfigurationError? {
    do {
      _ = try settings(flags: flags, environment: environment, file: file)
      return nil
    } catch {
      return error as? ConfigurationError
    }
  }

  @Test func limitsAreGivenByFlagEnvironmentAndFile() throws {
    #expect(try settings().limits.memory == nil)
    #expect(try settings().limits.sqlConnections == 500)
    let file = #"{"limits": {"memory": "1GB", "sql_connections": 7, "native_clients_per_address": 9}}"#
    #expect(try settings(file: file).limits.memory == 1 << 30)
    #expect(try settings(file: file).limits.sqlConnections == 7)
    #expect(try settings(file: file).limits.nativeClientsPerAddress == 9)
    #expect(try settings(environment: ["ROOST_MEMORY": "2GB"], file: file).limits.memory == 2 << 30)
    let flags = ["node-id": "node1", "data": "d", "memory": "512MB"]
    #expect(try settings(flags: flags, environment: ["ROOST_MEMORY": "2GB"]).limits.memory == 512 << 20)
    #expect(refusal(file: #"{"limits": {"memory": "1KB"}}"#)?.path == "limits.memory")
    #expect(refusal(file: #"{"limits": {"sql_connections": 0}}"#)?.path == "limits.sql_connections")
  }

  @Test func defaultsAreThoseOfTheDocumentation() throws {
    let settings = try settings()
    #expect(settings.host == "127.0.0.1")
    #expect(settings.ports == NodeSettings.Ports(sql: 5432))
    let others: [Int] = [
      settings.ports.replication, settings.ports.peer, settings.ports.api, settings.ports.grpc,
    ]
    #expect(others == [6432, 7432, 8432, 9432])
    #expect(settings.mode == .none)
    #expect(settings.clusterDataDirectory == "d/cluster")
    #expect(settings.raft.electionTimeout == .milliseconds(150))
    #expect(settings.raft.heartbeatInterval == .milliseconds(50))
    #expect(settings.raft.maxLogEntries == 10_000)
    #expect(settings.replication.streamBufferSize == 1 << 20)
    #expect(settings.replication.maxLagTime == .seconds(300))
  }

  /// The log's bytes follow the disk unless they are set.
  @Test func theLogsBytesAreLimited() throws {
    #expect(try settings().raft.maxLogBytes == nil)
    let file = #"{"cluster": {"raft": {"max_log_bytes": "32MB"}}}"#
    let given = try settings(file: file)
    #expect(given.raft.maxLogBytes == 32 << 20)
    #expect(NodeConfiguration(given, entropy: 1).maximumLogBytes == 32 << 20)
    #expect(refusal(file: #"{"cluster": {"raft": {"max_log_bytes": "1MB"}}}"#)?.path == "cluster.raft.max_log_bytes")
  }

  @Test func flagBeatsEnvironmentBeatsFileBeatsDefault() throws {
    let file = #"{"port": 1001}"#
    #expect(try settings().ports.sql == 5432)
    #expect(try settings(file: file).ports.sql == 1001)
    #expect(try settings(environment: ["ROOST_PORT": "1002"], file: file).ports.sql == 1002)
    let flags = ["node-id": "node1", "data": "d", "port": "1003"]
    #expect(try settings(flags: flags, environment: ["ROOST_PORT": "1002"], file: file).ports.sql == 1003)
  }

  @Test func theDocumentedFileIsRead() throws {
    let settings = try settings(
      flags: [:],
      file: """
        {
          "host": "localhost", "port": 5432, "data_dir": "./data/node1", "log_level": "info",
          "cluster": {
            "name": "dev", "node_id": "node1", "mode": "primary", "data_dir": "./data/node1/cluster",
            "join": ["localhost:7432"], "locality": {"region": "eu", "zone": "a", "rack": "r1"},
            "replication": {"primary_address": "localhost:6432"},
            "raft": {"election_timeout": "150ms"}
          }
        }
        """)
    #expect(settings.nodeID == "node1")
    #expect(settings.clusterName == "dev")
    #expect(settings.mode == .primary)
    #expect(settings.join == [PeerAddress(host: "localhost", port: 7432)])
    #expect(settings.locality == Locality(region: "eu", zone: "a", rack: "r1"))
    #expect(settings.replication.primaryAddress == PeerAddress(host: "localhost", port: 6432))
  }

  @Test func everySettingHasAFileAndAnEnvironmentForm() throws {
    #expect(try settings(environment: ["ROOST_NODE_ID": "node1"]).nodeID == "node1")
    #expect(try settings(flags: ["data": "d"], environment: ["ROOST_CLUSTER_NODE_ID": "other"]).nodeID == "other")
    let raft = try settings(environment: ["ROOST_CLUSTER_RAFT_ELECTION_TIMEOUT": "1s"]).raft
    #expect(raft.electionTimeout == .seconds(1))
    let names = SettingSchema.settings.flatMap(\.environmentNames)
    #expect(Set(names).count == names.count, "two settings share a name in the environment")
  }

  @Test(arguments: [
    (#"{"prot": 1}"#, "prot", "unknown key"),
    (#"{"cluster": {"raft": {"election_timeot": "1s"}}}"#, "cluster.raft.election_timeot", "known here"),
    (#"{"port": "5432"}"#, "port", "not a string"), (#"{"port": true}"#, "port", "not true or false"),
    (#"{"port": 5432.5}"#, "port", "not a number"), (#"{"port": 65536}"#, "port", "between 0 and 65535"),
    (#"{"port": null}"#, "port", "not null"), (#"{"host": 1}"#, "host", "a string is expected"),
    (#"{"host": ""}"#, "host", "empty"), (#"{"cluster": []}"#, "cluster", "an object is expected"),
    (#"{"cluster": {"join": "a:1"}}"#, "cluster.join", "array of strings"),
    (#"{"cluster": {"join": ["a:1", 2]}}"#, "cluster.join", "one element is a number"),
    (#"{"cluster": {"join": ["a"]}}"#, "cluster.join", "HOST:PORT"),
    (#"{"cluster": {"join": ["a:1", "a:1"]}}"#, "cluster.join", "twice"),
    (#"{"cluster": {"locality": {"planet": "x"}}}"#, "cluster.locality", "region, zone, rack"),
    (#"{"cluster": {"mode": "boss"}}"#, "cluster.mode", "none, primary, replica"),
    (#"{"cluster": {"node_id": "a/b"}}"#, "cluster.node_id", "is not a name"),
    (#"{"cluster": {"raft": {"election_timeout": "fast"}}}"#, "cluster.raft.election_timeout", "duration"),
    (#"{"cluster": {"raft": {"election_timeout": 150}}}"#, "cluster.raft.election_timeout", "duration"),
    (#"{"cluster": {"raft": {"election_timeout": "1ms"}}}"#, "cluster.raft.election_timeout", "between 10ms"),
    (#"{"cluster": {"raft": {"heartbeat_interval": "150ms"}}}"#, "cluster.raft.heartbeat_interval", "less than"),
    (#"{"cluster": {"replication": {"max_lag_bytes": "16 MB"}}}"#, "cluster.replication.max_lag_bytes", "size"),
    (#"{"cluster": {"partitions": 20001}}"#, "cluster.partitions", "between 0 and 20000"),
    (#"{"peer_port": 5432}"#, "peer_port", "also the port"), (#"{"port": 64000}"#, "port", "above 65535"),
    ("[]", "", "an object is expected"), ("{", "", "not JSON"),
  ])
  func wrongFilesAreRefusedWithPathAndReason(file: String, path: String, reason: String) throws {
    let problem = try #require(refusal(file: file))
    #expect(problem.path == path)
    #expect(problem.reason.contains(reason), "\(problem.reason)")
    #expect(path.isEmpty || problem.description.contains(path))
  }

  @Test func aFlagIsRefusedInTheSameWords() throws {
    let flag = try #require(refusal(flags: ["node-id": "node1", "data": "d", "port": "many"]))
    #expect(flag.description == #"port (flag --port): "many" is not a whole number"#)
    let variable = try #require(refusal(environment: ["ROOST_PORT": "-1"]))
    #expect(variable.description == "port (environment variable ROOST_PORT): -1 is not between 0 and 65535")
  }

  @Test func aCoveredWrongValueIsRefusedToo() {
    #expect(refusal(flags: ["node-id": "node1", "data": "d", "port": "1"], file: #"{"port": "x"}"#) != nil)
  }

  @Test func namesOfOneSettingMustAgree() {
    #expect(refusal(environment: ["ROOST_NODE_ID": "node1", "ROOST_CLUSTER_NODE_ID": "node1"]) == nil)
    #expect(
      refusal(environment: ["ROOST_NODE_ID": "node1", "ROOST_CLUSTER_NODE_ID": "node2"])?.path == "cluster.node_id")
  }

  @Test func whatMustBeGivenIsNamedWithItsWays() throws {
    let problem = try #require(refusal(flags: ["data": "d"]))
    #expect(problem.path == "cluster.node_id")
    #expect(problem.reason.contains("--node-id") && problem.reason.contains("ROOST_NODE_ID"))
  }

  @Test func aNodeThatJoinsIsOneOfACluster() throws {
    let flags = ["node-id": "node1", "data": "d", "join": "a:1,[::1]:2"]
    let settings = try settings(flags: flags)
    #expect(settings.mode == .primary)
    #expect(settings.join == [PeerAddress(host: "a", port: 1), PeerAddress(host: "::1", port: 2)])
    #expect(refusal(flags: flags.merging(["cluster-mode": "none"]) { $1 })?.path == "cluster.mode")
  }

  @Test func portZeroPicksAllPortsFreely() throws {
    let ports = try settings(flags: ["node-id": "node1", "data": "d", "port": "0"]).ports
    let all: [Int] = [ports.sql, ports.replication, ports.peer, ports.api, ports.grpc]
    #expect(all == [0, 0, 0, 0, 0])
  }

  @Test func misspeltVariablesAreFound() {
    let unknown = ConfigurationLayers.unknownVariables(in: ["ROOST_PROT": "1", "ROOST_PORT": "1", "HOME": "/"])
    #expect(unknown == ["ROOST_PROT"])
  }
}
