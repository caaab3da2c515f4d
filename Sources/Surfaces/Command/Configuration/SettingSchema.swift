/// One thing that can be configured.
struct Setting: Sendable {
  /// Its place in the configuration file.
  var path: String
  /// Its flag, for settings that people change by hand.
  var flag: String?
  var kind: SettingKind
  /// In the form of a flag. Nil when there is none, or when it follows from other settings.
  var standard: String?
  /// What stands for the default where it follows from other settings.
  var derivation: String?
  /// What it is for, as `docs/configuration.md` says it.
  var meaning: String = ""

  /// The names it has in the environment: by its flag, and by its place in the file.
  var environmentNames: [String] { Self.environmentNames(path: path, flag: flag) }

  static func environmentNames(path: String, flag: String?) -> [String] {
    let byPath = "ROOST_" + path.uppercased().replacing(".", with: "_")
    guard let flag else { return [byPath] }
    let byFlag = "ROOST_" + flag.uppercased().replacing("-", with: "_")
    return byFlag == byPath ? [byFlag] : [byFlag, byPath]
  }
}

/// A setting that a later version is going to have. It is refused by name, so that nobody believes it works.
struct PlannedSetting: Sendable {
  var path: String
  var flag: String?
  /// What it is going to be for.
  var purpose: String

  var environmentNames: [String] { Setting.environmentNames(path: path, flag: flag) }
  var refusal: String { "\(path) has no effect in this version: \(purpose)" }
}

/// Everything that can be configured: the one list that flags, environment, file and the checks go by.
enum SettingSchema {
  static let settings: [Setting] = [
    Setting(
      path: "host", flag: "host", kind: .text, standard: "127.0.0.1",
      meaning: "The address to listen on, and to be reached at."),
    Setting(
      path: "advertise", flag: "advertise", kind: .text,
      derivation: "`host`; the machine's own address with a wildcard, if it has exactly one",
      meaning: "The address that other nodes and clients are told to reach this one at."),
    Setting(
      path: "port", flag: "port", kind: .port, standard: "5432",
      meaning: "The port of SQL (PostgreSQL's protocol). 0 picks a free one, which the log names."),
    Setting(
      path: "peer_port", flag: "peer-port", kind: .port, derivation: "`port` + 2000",
      meaning: "The port of other nodes and of native clients."),
    Setting(
      path: "data_dir", flag: "data", kind: .text,
      meaning: "The node's data directory; nobody else's files may be in it."),
    Setting(
      path: "log_level", flag: "log-level", kind: .choice(["trace", "debug", "info", "warning", "error"]),
      standard: "info", meaning: "Lines below this level are not logged."),
    Setting(
      path: "log_format", flag: "log-format", kind: .choice(["text", "json"]), standard: "text",
      meaning: "Lines for people, or one JSON object a line for programs that collect them."),
    Setting(
      path: "limits.memory", flag: "memory", kind: .byteCount((64 << 20)...(1 << 50)),
      derivation: "3/4 of the control group's limit, or 1/2 of the machine's memory",
      meaning: "Memory that statements, sessions, frames, caches and writes of the node may take together."),
    Setting(
      path: "limits.sql_connections", kind: .integer(1...100_000), standard: "500",
      meaning: "SQL sessions at the same time; fewer where the process has too few descriptors."),
    Setting(
      path: "limits.sql_connections_per_address", kind: .integer(1...100_000), standard: "250",
      meaning: "How many of them one address may have; loopback may have all."),
    Setting(
      path: "limits.reserved_sql_connections", kind: .integer(0...1000), standard: "10",
      meaning: "Sessions beyond those, kept for administration (`application_name` roost)."),
    Setting(
      path: "limits.native_clients", kind: .integer(8...100_000), standard: "1024",
      meaning: "Native clients at the same time; fewer where the process has too few descriptors."),
    Setting(
      path: "limits.native_clients_per_address", kind: .integer(1...100_000), standard: "512",
      meaning: "How many of them one address may have."),
    Setting(
      path: "cluster.name", kind: .name, standard: "roost",
      meaning: "The cluster's name. A node is refused by a cluster of another name."),
    Setting(
      path: "cluster.node_id", flag: "node-id", kind: .name, meaning: "The node's name, unique in its cluster."),
    Setting(
      path: "cluster.mode", flag: "cluster-mode", kind: .choice(["none", "primary"], planned: ["replica"]),
      derivation: "primary with `cluster.join`, else none",
      meaning:
        "none: alone; primary: one of a cluster, votes and can lead. A node with mode none refuses `cluster.join`."
    ),
    Setting(
      path: "cluster.data_dir", kind: .text, derivation: "`data_dir`/cluster",
      meaning: "Where the log and the state lie, for disks of their own."),
    Setting(
      path: "cluster.join", flag: "join", kind: .addresses,
      meaning: "The peer addresses of all nodes of the cluster; the first one founds it."),
    Setting(
      path: "cluster.join_secret_file", flag: "join-secret-file", kind: .text, derivation: "`data_dir`/join-secret",
      meaning: "The secret by which nodes and native clients prove that they belong here; the founder makes it."),
    Setting(
      path: "cluster.insecure", flag: "insecure", kind: .boolean, standard: "false",
      meaning: "No join secret: whoever connects is believed. Only on loopback, for trying things."),
    Setting(
      path: "cluster.retention", kind: .duration(.seconds(10) ... .seconds(31_536_000)), standard: "10m",
      meaning: "How long replaced versions are kept for transactions that began before."),
    Setting(
      path: "cluster.partitions", flag: "partitions", kind: .integer(0...20_000),
      meaning: "Key-value partitions to found a new cluster with, beside the data; the same for all nodes."),
    Setting(
      path: "cluster.admission_timeout", kind: .duration(.seconds(1) ... .seconds(86_400)), standard: "5m",
      meaning: "How long a node that was admitted and never became ready may be away before it is forgotten."),
    Setting(
      path: "cluster.locality", flag: "locality", kind: .locality,
      meaning: "Where the machine stands; `roost status` shows it."),
    Setting(
      path: "cluster.raft.election_timeout", kind: .duration(.milliseconds(10) ... .seconds(600)), standard: "150ms",
      meaning:
        "How long nothing may be heard of a leader before another one is elected; each node draws between this and "
        + "twice as much."),
    Setting(
      path: "cluster.raft.heartbeat_interval", kind: .duration(.milliseconds(1) ... .seconds(60)), standard: "50ms",
      meaning: "How often a leader says that it is there; less than the election timeout."),
    Setting(
      path: "cluster.raft.max_log_entries", kind: .integer(100...1_000_000_000), standard: "10000",
      meaning: "Entries that a partition's log may hold before its applied part is dropped."),
    Setting(
      path: "cluster.raft.max_log_bytes", kind: .byteCount((8 << 20)...(1 << 40)),
      derivation: "by the size of the disk",
      meaning: "Bytes that the log of all partitions of a node may take before its applied part is dropped."),
  ]

  /// Keys, flags and variables that later versions are going to have.
  static let planned: [PlannedSetting] = [
    PlannedSetting(
      path: "replication_port", flag: "replication-port",
      purpose: "change streams to replicas and subscribers are planned"
    ),
    PlannedSetting(path: "api_port", flag: "api-port", purpose: "the HTTP management API is planned"),
    PlannedSetting(path: "grpc_port", flag: "grpc-port", purpose: "the gRPC key-value API is planned"),
    PlannedSetting(
      path: "cluster.replication", purpose: "read-only replicas, which a change stream feeds, are planned"),
    PlannedSetting(
      path: "cluster.replication.primary_address", flag: "primary",
      purpose: "read-only replicas, which a change stream feeds, are planned"),
  ]

  static func setting(at path: String) -> Setting? { settings.first { $0.path == path } }

  /// The keys that may stand inside the group at `path` ("" for the whole file), in the order of the list.
  static func keys(inGroup path: String) -> [String] {
    let prefix = path.isEmpty ? "" : path + "."
    var keys: [String] = []
    for setting in settings where setting.path.hasPrefix(prefix) {
      let key = String(setting.path.dropFirst(prefix.count).prefix { $0 != "." })
      if !keys.contains(key) { keys.append(key) }
    }
    return keys
  }
}
