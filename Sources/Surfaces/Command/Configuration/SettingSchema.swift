/// One thing that can be configured.
struct Setting: Sendable {
  /// Its place in the configuration file.
  var path: String
  /// Its flag, for settings that people change by hand.
  var flag: String?
  var kind: SettingKind
  /// In the form of a flag. Nil when there is none, or when it follows from other settings.
  var standard: String?

  /// The names it has in the environment: by its flag, and by its place in the file.
  var environmentNames: [String] {
    let byPath = "ROOST_" + path.uppercased().replacing(".", with: "_")
    guard let flag else { return [byPath] }
    let byFlag = "ROOST_" + flag.uppercased().replacing("-", with: "_")
    return byFlag == byPath ? [byFlag] : [byFlag, byPath]
  }
}

/// Everything that can be configured: the one list that flags, environment, file and the checks go by.
enum SettingSchema {
  private static let interval: ClosedRange<Duration> = .milliseconds(1) ... .seconds(3600)

  static let settings: [Setting] = [
    Setting(path: "host", flag: "host", kind: .text, standard: "127.0.0.1"),
    Setting(path: "advertise", flag: "advertise", kind: .text),
    Setting(path: "port", flag: "port", kind: .port, standard: "5432"),
    Setting(path: "replication_port", flag: "replication-port", kind: .port),
    Setting(path: "peer_port", flag: "peer-port", kind: .port),
    Setting(path: "api_port", flag: "api-port", kind: .port),
    Setting(path: "grpc_port", flag: "grpc-port", kind: .port),
    Setting(path: "data_dir", flag: "data", kind: .text),
    Setting(
      path: "log_level", flag: "log-level", kind: .choice(["trace", "debug", "info", "warning", "error"]),
      standard: "info"),
    Setting(path: "limits.memory", flag: "memory", kind: .byteCount((64 << 20)...(1 << 50))),
    Setting(path: "limits.sql_connections", kind: .integer(1...100_000), standard: "500"),
    Setting(path: "limits.sql_connections_per_address", kind: .integer(1...100_000), standard: "250"),
    Setting(path: "limits.reserved_sql_connections", kind: .integer(0...1000), standard: "10"),
    Setting(path: "limits.native_clients", kind: .integer(8...100_000), standard: "1024"),
    Setting(path: "limits.native_clients_per_address", kind: .integer(1...100_000), standard: "512"),
    Setting(path: "cluster.name", kind: .name, standard: "roost"),
    Setting(path: "cluster.node_id", flag: "node-id", kind: .name),
    Setting(path: "cluster.mode", flag: "cluster-mode", kind: .choice(["none", "primary", "replica"])),
    Setting(path: "cluster.data_dir", kind: .text),
    Setting(path: "cluster.join", flag: "join", kind: .addresses),
    Setting(path: "cluster.join_secret_file", flag: "join-secret-file", kind: .text),
    Setting(path: "cluster.insecure", flag: "insecure", kind: .boolean, standard: "false"),
    Setting(path: "cluster.retention", kind: .duration(.seconds(10) ... .seconds(31_536_000)), standard: "10m"),
    Setting(path: "cluster.partitions", flag: "partitions", kind: .integer(0...20_000)),
    Setting(
      path: "cluster.admission_timeout", kind: .duration(.seconds(1) ... .seconds(86_400)), standard: "5m"),
    Setting(path: "cluster.locality", flag: "locality", kind: .locality),
    Setting(path: "cluster.replication.primary_address", flag: "primary", kind: .address),
    Setting(
      path: "cluster.replication.stream_buffer_size", kind: .byteCount(4096...(1 << 30)), standard: "1MB"),
    Setting(path: "cluster.replication.batch_size", kind: .integer(1...1_000_000), standard: "100"),
    Setting(path: "cluster.replication.flush_interval", kind: .duration(interval), standard: "100ms"),
    Setting(path: "cluster.replication.heartbeat_interval", kind: .duration(interval), standard: "10s"),
    Setting(path: "cluster.replication.heartbeat_timeout", kind: .duration(interval), standard: "30s"),
    Setting(path: "cluster.replication.max_lag_bytes", kind: .byteCount(0...(1 << 40)), standard: "16MB"),
    Setting(path: "cluster.replication.max_lag_time", kind: .duration(interval), standard: "5m"),
    Setting(path: "cluster.replication.connect_timeout", kind: .duration(interval), standard: "30s"),
    Setting(path: "cluster.replication.reconnect_interval", kind: .duration(interval), standard: "5s"),
    Setting(path: "cluster.replication.max_reconnect_tries", kind: .integer(0...1_000_000), standard: "10"),
    Setting(
      path: "cluster.raft.election_timeout", kind: .duration(.milliseconds(10) ... .seconds(600)), standard: "150ms"),
    Setting(
      path: "cluster.raft.heartbeat_interval", kind: .duration(.milliseconds(1) ... .seconds(60)), standard: "50ms"),
    Setting(path: "cluster.raft.max_log_entries", kind: .integer(100...1_000_000_000), standard: "10000"),
    Setting(path: "cluster.raft.max_log_bytes", kind: .byteCount((8 << 20)...(1 << 40))),
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
