import Foundation
import Logging
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
    refusals(flags: flags, environment: environment, file: file).first
  }

  private func refusals(
    flags: [String: String] = ["node-id": "node1", "data": "d"], environment: [String: String] = [:],
    file: String? = nil
  ) -> [ConfigurationError] {
    do {
      _ = try settings(flags: flags, environment: environment, file: file)
      return []
    } catch {
      return (error as? ConfigurationRefusal)?.problems ?? []
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
    #expect(settings.ports.peer == 7432)
    #expect(settings.logLevel == .info)
    #expect(settings.logFormat == .text)
    #expect(settings.mode == .none)
    #expect(settings.clusterDataDirectory == "d/cluster")
    #expect(settings.raft.electionTimeout == .milliseconds(150))
    #expect(settings.raft.heartbeatInterval == .milliseconds(50))
    #expect(settings.raft.maxLogEntries == 10_000)
  }

  /// The log's bytes follow the disk unless they are set.
  @Test func theLogsBytesAreLimited() throws {
    #expect(try settings().raft.maxLogBytes == nil)
    let file = #"{"cluster": {"raft": {"max_log_bytes": "32MB"}}}"#
    let given = try settings(file: file)
    #expect(given.raft.maxLogBytes == 32 << 20)
    let node = NodeConfiguration(given, resources: try NodeResources(given), advertising: "127.0.0.1", entropy: 1)
    #expect(node.maximumLogBytes == 32 << 20)
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
            "raft": {"election_timeout": "150ms"}
          }
        }
        """)
    #expect(settings.nodeID == "node1")
    #expect(settings.clusterName == "dev")
    #expect(settings.mode == .primary)
    #expect(settings.join == [PeerAddress(host: "localhost", port: 7432)])
    #expect(settings.locality == Locality(region: "eu", zone: "a", rack: "r1"))
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
    (#"{"port": "5432"}"#, "port", #"not the string "5432""#), (#"{"port": true}"#, "port", "not true"),
    (#"{"port": 5432.5}"#, "port", "not the number 5432.5"), (#"{"port": 65536}"#, "port", "between 0 and 65535"),
    (#"{"port": null}"#, "port", "not null"), (#"{"host": 1}"#, "host", "a string is expected"),
    (#"{"host": ""}"#, "host", "empty"), (#"{"cluster": []}"#, "cluster", "an object is expected"),
    (#"{"cluster": {"join": "a:1"}}"#, "cluster.join", "array of strings"),
    (#"{"cluster": {"join": ["a:1", 2]}}"#, "cluster.join", "one element is the number 2"),
    (#"{"cluster": {"join": ["a"]}}"#, "cluster.join", "HOST:PORT"),
    (#"{"cluster": {"join": ["a:1", "a:1"]}}"#, "cluster.join", "twice"),
    (#"{"cluster": {"locality": {"planet": "x"}}}"#, "cluster.locality", "region, zone, rack"),
    (#"{"cluster": {"mode": "boss"}}"#, "cluster.mode", "none, primary"),
    (#"{"cluster": {"mode": "replica"}}"#, "cluster.mode", "has no effect in this version"),
    (#"{"log_level": "loud"}"#, "log_level", "trace, debug, info"),
    (#"{"cluster": {"name": "a", "name": "b"}}"#, "", "stands twice"),
    (#"{"cluster": {"node_id": "a/b"}}"#, "cluster.node_id", "is not a name"),
    (#"{"cluster": {"raft": {"election_timeout": "fast"}}}"#, "cluster.raft.election_timeout", "duration"),
    (#"{"cluster": {"raft": {"election_timeout": 150}}}"#, "cluster.raft.election_timeout", "duration"),
    (#"{"cluster": {"raft": {"election_timeout": "1ms"}}}"#, "cluster.raft.election_timeout", "between 10ms"),
    (#"{"cluster": {"raft": {"heartbeat_interval": "150ms"}}}"#, "cluster.raft.heartbeat_interval", "less than"),
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
    #expect(ports.sql == 0 && ports.peer == 0)
  }

  @Test func misspeltVariablesAreFound() {
    let unknown = ConfigurationLayers.unknownVariables(in: ["ROOST_PROT": "1", "ROOST_PORT": "1", "HOME": "/"])
    #expect(unknown == ["ROOST_PROT"])
    #expect(ConfigurationLayers.unknown("ROOST_PROT") == "ROOST_PROT is no setting; did you mean ROOST_PORT?")
  }

  @Test func everythingThatIsWrongIsToldAtOnceWithItsPlace() {
    let file = """
      {
        "prot": 5432,
        "log_level": "loud",
        "cluster": {
          "raft": {"election_timeout": 150}
        }
      }
      """
    let problems = refusals(flags: ["port": "many"], environment: ["ROOST_LOG_FORMAT": "xml"], file: file)
    #expect(
      problems.map(\.description) == [
        "roost.json:2:3: prot: unknown key; did you mean port? (known here: "
          + SettingSchema.keys(inGroup: "").joined(separator: ", ") + ")",
        #"roost.json:3:16: log_level: "loud" is none of trace, debug, info, warning, error"#,
        #"roost.json:5:34: cluster.raft.election_timeout: a duration like "150ms" is expected, not the number 150"#,
        #"log_format (environment variable ROOST_LOG_FORMAT): "xml" is none of text, json"#,
        #"port (flag --port): "many" is not a whole number"#,
        "data_dir: it must be given: data_dir in the configuration file, --data or ROOST_DATA",
        "cluster.node_id: it must be given: cluster.node_id in the configuration file, --node-id or ROOST_NODE_ID",
      ])
    #expect(ConfigurationRefusal(problems: problems).description.hasPrefix("the configuration has 7 mistakes:\n  "))
  }

  @Test func valuesThatDoNotFitAreToldTogetherToo() {
    let problems = refusals(
      file: #"{"peer_port": 5432, "cluster": {"raft": {"heartbeat_interval": "1s"}, "join": ["a:1", "a:1"]}}"#)
    #expect(problems.map(\.path) == ["peer_port", "cluster.raft.heartbeat_interval", "cluster.join"])
  }

  @Test(
    arguments: [
      (["replication-port": "1"], [:], nil), (["primary": "a:1"], [:], nil), ([:], ["ROOST_GRPC_PORT": "1"], nil),
      ([:], [:], #"{"api_port": 1}"#), ([:], [:], #"{"cluster": {"replication": {"batch_size": 1}}}"#),
    ] as [([String: String], [String: String], String?)])
  func whatIsPlannedIsRefusedByName(flags: [String: String], environment: [String: String], file: String?) throws {
    let problem = try #require(
      refusal(flags: flags.merging(["node-id": "node1", "data": "d"]) { $1 }, environment: environment, file: file))
    #expect(problem.reason.contains("\(problem.path) has no effect in this version"), "\(problem)")
  }

  @Test func thePrintedConfigurationIsReadAgain() throws {
    let layers = ConfigurationLayers(
      flags: ["node-id": "node1", "data": "a \"b\"", "join": "a:1,[::1]:2"],
      environment: ["ROOST_LOCALITY": "region=eu,rack=r1"],
      file: (name: "roost.json", data: Data(#"{"cluster": {"raft": {"election_timeout": "2s"}}}"#.utf8)))
    let settings = try NodeSettings(layers)
    let printed = try JSONReader.read(EffectiveConfiguration(settings, layers).text.utf8)
    let again = try NodeSettings(
      ConfigurationLayers(
        flags: [:], environment: [:], file: (name: "again.json", data: Data(text(printed["configuration"]).utf8))))
    #expect(again == settings)
    #expect(printed["sources"]?["cluster.node_id"]?.content == .string("flag --node-id"))
    #expect(printed["sources"]?["cluster.locality"]?.content == .string("environment variable ROOST_LOCALITY"))
    #expect(printed["sources"]?["cluster.raft.election_timeout"]?.content == .string("roost.json:1:43"))
    #expect(printed["sources"]?["peer_port"]?.content == .string("follows from port"))
    #expect(printed["sources"]?["port"]?.content == .string("default"))
  }

  /// A value as JSON again.
  private func text(_ value: JSONValue?) -> String {
    switch value?.content {
    case .null?, nil: "null"
    case .bool(let value)?: "\(value)"
    case .integer(let number)?: "\(number)"
    case .number(let number)?: "\(number)"
    case .string(let text)?: JSONText.quoted(text)
    case .array(let elements)?: "[" + elements.map { text($0) }.joined(separator: ",") + "]"
    case .object(let members)?:
      "{" + members.map { "\(JSONText.quoted($0.key)):\(text($0.value))" }.joined(separator: ",") + "}"
    }
  }

  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: root.appendingPathComponent("docs").path),
      "needs the documentation beside the sources"))
  func theChapterOnConfigurationIsWhatTheProgramSays() throws {
    let file = Self.root.appendingPathComponent("docs/configuration.md")
    let written = try String(contentsOf: file, encoding: .utf8)
    #expect(
      written == ConfigurationChapter.text,
      "renew it with: .build/debug/roost manual --configuration > docs/configuration.md")
    #expect(SettingSchema.settings.filter(\.meaning.isEmpty).map(\.path) == [], "settings whose meaning is not said")
  }

  @Test func theSampleIsAConfiguration() throws {
    let file = Self.root.appendingPathComponent("Samples/roost.json")
    let settings = try NodeSettings(
      ConfigurationLayers(flags: [:], environment: [:], file: (name: file.path, data: Data(contentsOf: file))))
    #expect(settings.nodeID == "node1")
    #expect(settings.join.count == 3)
  }
}

extension JSONValue {
  fileprivate subscript(key: String) -> JSONValue? {
    if case .object(let members) = content { members.first { $0.key == key }?.value } else { nil }
  }
}
