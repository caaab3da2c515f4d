import RoostCluster
import RoostPlatform

/// The complete, checked settings of one node.
struct NodeSettings: Equatable, Sendable {
  enum Mode: String, Sendable { case none, primary, replica }

  struct Ports: Equatable, Sendable {
    var sql: Int
    var replication: Int
    var peer: Int
    var api: Int
    var grpc: Int

    /// The ports of a node whose SQL port is `sql`: fixed distances, 0 (any free port) for all when it is 0.
    init(sql: Int) {
      self.sql = sql
      replication = sql == 0 ? 0 : sql + 1000
      peer = sql == 0 ? 0 : sql + 2000
      api = sql == 0 ? 0 : sql + 3000
      grpc = sql == 0 ? 0 : sql + 4000
    }
  }

  struct Replication: Equatable, Sendable {
    var primaryAddress: PeerAddress?
    var streamBufferSize: Int
    var batchSize: Int
    var flushInterval: Duration
    var heartbeatInterval: Duration
    var heartbeatTimeout: Duration
    var maxLagBytes: Int
    var maxLagTime: Duration
    var connectTimeout: Duration
    var reconnectInterval: Duration
    var maxReconnectTries: Int
  }

  struct Raft: Equatable, Sendable {
    /// Lower bound; the upper bound is twice that.
    var electionTimeout: Duration
    var heartbeatInterval: Duration
    /// Before a snapshot is considered.
    var maxLogEntries: Int
    /// Nil lets the size of the disk decide.
    var maxLogBytes: Int?
  }

  /// What others may take of a node.
  struct Limits: Equatable, Sendable {
    /// Bytes that the process may occupy; nil is decided by what the machine or the control group has.
    var memory: Int?
    var sqlConnections: Int
    var sqlConnectionsPerAddress: Int
    /// Beyond `sqlConnections`, for administration.
    var reservedSQLConnections: Int
    var nativeClients: Int
    var nativeClientsPerAddress: Int
  }

  var host: String
  /// The host told to others; nil for what follows from `host`.
  var advertise: String?
  var ports: Ports
  var dataDirectory: String
  var logLevel: String
  var clusterName: String
  var nodeID: String
  var mode: Mode
  var clusterDataDirectory: String
  var join: [PeerAddress]
  /// Key-value partitions that a new cluster is founded with; nil if nothing was said.
  var partitions: Int?
  /// How long a node that was admitted and is not ready may be away before the cluster forgets it.
  var admissionTimeout: Duration
  /// How long replaced versions are kept for transactions that began before.
  var retention: Duration
  var locality: Locality
  var limits: Limits
  var security: NodeSecurity
  var replication: Replication
  var raft: Raft

  /// Reads the layers and checks what no single value shows.
  init(_ layers: ConfigurationLayers) throws(ConfigurationError) {
    let reader = Reader(layers: layers)
    host = try reader.text("host")
    advertise = reader.optionalText("advertise")
    ports = try Self.ports(reader)
    dataDirectory = try reader.text("data_dir")
    logLevel = try reader.text("log_level")
    clusterName = try reader.text("cluster.name")
    nodeID = try reader.text("cluster.node_id")
    join = reader.addresses("cluster.join") ?? []
    partitions = reader.optionalInteger("cluster.partitions")
    admissionTimeout = try reader.duration("cluster.admission_timeout")
    retention = try reader.duration("cluster.retention")
    // A node that is told of others is one of a cluster; one that is not stands alone.
    mode = reader.optionalText("cluster.mode").flatMap(Mode.init) ?? (join.isEmpty ? .none : .primary)
    clusterDataDirectory = reader.optionalText("cluster.data_dir") ?? dataDirectory + "/cluster"
    limits = Limits(
      memory: reader.optionalInteger("limits.memory"),
      sqlConnections: try reader.integer("limits.sql_connections"),
      sqlConnectionsPerAddress: try reader.integer("limits.sql_connections_per_address"),
      reservedSQLConnections: try reader.integer("limits.reserved_sql_connections"),
      nativeClients: try reader.integer("limits.native_clients"),
      nativeClientsPerAddress: try reader.integer("limits.native_clients_per_address"))
    locality = reader.locality("cluster.locality") ?? Locality()
    security = try Self.security(reader, dataDirectory: dataDirectory)
    replication = Replication(
      primaryAddress: reader.addresses("cluster.replication.primary_address")?.first,
      streamBufferSize: try reader.integer("cluster.replication.stream_buffer_size"),
      batchSize: try reader.integer("cluster.replication.batch_size"),
      flushInterval: try reader.duration("cluster.replication.flush_interval"),
      heartbeatInterval: try reader.duration("cluster.replication.heartbeat_interval"),
      heartbeatTimeout: try reader.duration("cluster.replication.heartbeat_timeout"),
      maxLagBytes: try reader.integer("cluster.replication.max_lag_bytes"),
      maxLagTime: try reader.duration("cluster.replication.max_lag_time"),
      connectTimeout: try reader.duration("cluster.replication.connect_timeout"),
      reconnectInterval: try reader.duration("cluster.replication.reconnect_interval"),
      maxReconnectTries: try reader.integer("cluster.replication.max_reconnect_tries"))
    raft = Raft(
      electionTimeout: try reader.duration("cluster.raft.election_timeout"),
      heartbeatInterval: try reader.duration("cluster.raft.heartbeat_interval"),
      maxLogEntries: try reader.integer("cluster.raft.max_log_entries"),
      maxLogBytes: reader.optionalInteger("cluster.raft.max_log_bytes"))
    try checkTogether(reader)
  }

  private static func ports(_ reader: Reader) throws(ConfigurationError) -> Ports {
    var ports = Ports(sql: try reader.integer("port"))
    let derived: [(path: String, place: WritableKeyPath<Ports, Int>)] = [
      ("replication_port", \.replication), ("peer_port", \.peer), ("api_port", \.api), ("grpc_port", \.grpc),
    ]
    for (path, place) in derived {
      if let given = reader.optionalInteger(path) { ports[keyPath: place] = given }
      guard ports[keyPath: place] <= 65_535 else {
        throw reader.error(
          "port",
          "the \(path) that follows from it, \(ports[keyPath: place]), is above 65535; set \(path) or a lower port")
      }
    }
    var owners: [Int: String] = [ports.sql: "port"]
    for (path, place) in derived where ports[keyPath: place] != 0 {
      if let other = owners.updateValue(path, forKey: ports[keyPath: place]) {
        throw reader.error(path, "\(ports[keyPath: place]) is also the \(other)")
      }
    }
    return ports
  }

  /// Of the secret's file and `insecure`, the one that was given closer by counts.
  private static func security(_ reader: Reader, dataDirectory: String) throws(ConfigurationError) -> NodeSecurity {
    let file = reader.optionalText("cluster.join_secret_file")
    guard reader.isTrue("cluster.insecure") else {
      return .joinSecret(file: file ?? dataDirectory + "/" + JoinSecretFile.name)
    }
    guard let file else { return .insecure }
    let (insecureRank, fileRank) = (reader.rank("cluster.insecure"), reader.rank("cluster.join_secret_file"))
    guard insecureRank != fileRank else {
      throw reader.error("cluster.insecure", "a node with a join secret (cluster.join_secret_file) is not insecure")
    }
    return insecureRank < fileRank ? .insecure : .joinSecret(file: file)
  }

  private func checkTogether(_ reader: Reader) throws(ConfigurationError) {
    guard raft.heartbeatInterval < raft.electionTimeout else {
      throw reader.error(
        "cluster.raft.heartbeat_interval",
        "\(DurationText.format(raft.heartbeatInterval)) must be less than cluster.raft.election_timeout "
          + "(\(DurationText.format(raft.electionTimeout)))")
    }
    guard replication.heartbeatInterval < replication.heartbeatTimeout else {
      throw reader.error(
        "cluster.replication.heartbeat_interval",
        "\(DurationText.format(replication.heartbeatInterval)) must be less than cluster.replication.heartbeat_timeout "
          + "(\(DurationText.format(replication.heartbeatTimeout)))")
    }
    if let advertise {
      guard !WildcardAddress.matches(advertise), PeerAddress("\(advertise):1") != nil, !advertise.contains("/") else {
        throw reader.error("advertise", "\"\(advertise)\" is no address that others could connect to")
      }
      guard advertise.contains(":") ? !advertise.contains(".") : true else {
        throw reader.error(
          "advertise", "\"\(advertise)\" is not a host alone; the ports are those that the node listens on")
      }
    }
    if let wildcard = join.first(where: { WildcardAddress.matches($0.host) }) {
      throw reader.error("cluster.join", "nobody can connect to \(wildcard); name an address of that machine")
    }
    if let twice = join.first(where: { address in join.count(where: { $0 == address }) > 1 }) {
      throw reader.error("cluster.join", "\(twice) is given twice")
    }
    if security == .insecure {
      let addresses = [PeerAddress(host: host, port: ports.peer)] + join
      if let reachable = addresses.first(where: { !$0.isLoopback }) {
        throw reader.error(
          "cluster.insecure",
          "\(reachable.host) can be reached from other machines, and whoever reaches an insecure node can change "
            + "everything; use 127.0.0.1, or a join secret")
      }
    }
    switch mode {
    case .none where !join.isEmpty:
      throw reader.error("cluster.mode", "a node with mode none joins nobody; drop cluster.join or the mode")
    case .replica:
      throw reader.error("cluster.mode", "replicas are not served by this version; use primary or none")
    case .none, .primary: break
    }
  }
}

/// Takes typed values out of the layers.
private struct Reader {
  var layers: ConfigurationLayers

  func error(_ path: String, _ reason: String) -> ConfigurationError {
    ConfigurationError(path: path, source: layers.entries[path]?.source ?? .builtIn, reason: reason)
  }

  func optionalText(_ path: String) -> String? {
    if case .text(let text)? = layers.entries[path]?.value { text } else { nil }
  }

  func isTrue(_ path: String) -> Bool { layers.entries[path]?.value == .boolean(true) }

  /// How close to the user a value was given: a flag is 0.
  func rank(_ path: String) -> Int {
    switch layers.entries[path]?.source {
    case .flag: 0
    case .environment: 1
    case .file: 2
    case .builtIn, nil: 3
    }
  }

  func optionalInteger(_ path: String) -> Int? {
    if case .integer(let number)? = layers.entries[path]?.value { number } else { nil }
  }

  func addresses(_ path: String) -> [PeerAddress]? {
    if case .addresses(let list)? = layers.entries[path]?.value { list } else { nil }
  }

  func locality(_ path: String) -> Locality? {
    if case .locality(let locality)? = layers.entries[path]?.value { locality } else { nil }
  }

  func text(_ path: String) throws(ConfigurationError) -> String {
    guard let text = optionalText(path) else { throw missing(path) }
    return text
  }

  func integer(_ path: String) throws(ConfigurationError) -> Int {
    guard let number = optionalInteger(path) else { throw missing(path) }
    return number
  }

  func duration(_ path: String) throws(ConfigurationError) -> Duration {
    guard case .duration(let duration)? = layers.entries[path]?.value else { throw missing(path) }
    return duration
  }

  private func missing(_ path: String) -> ConfigurationError {
    var ways = "it must be given: \(path) in the configuration file"
    if let setting = SettingSchema.setting(at: path), let flag = setting.flag {
      ways += ", --\(flag) or \(setting.environmentNames[0])"
    }
    return error(path, ways)
  }
}
