import Logging
import RoostCluster
import RoostPlatform

/// The complete, checked settings of one node.
struct NodeSettings: Equatable, Sendable {
  enum Mode: String, Sendable { case none, primary }

  struct Ports: Equatable, Sendable {
    var sql: Int
    var peer: Int

    /// The ports of a node whose SQL port is `sql`: fixed distances, 0 (any free port) for all when it is 0.
    init(sql: Int) {
      self.sql = sql
      peer = sql == 0 ? 0 : sql + 2000
    }
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
  var logLevel: Logger.Level
  var logFormat: LogFormat
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
  var raft: Raft

  /// Reads the layers and checks what no single value shows. Everything that is wrong is told at once.
  init(_ layers: ConfigurationLayers) throws(ConfigurationRefusal) {
    do throws(ConfigurationError) {
      try self.init(reading: Reader(layers: layers))
    } catch {
      // A value that could not be read is missing only because of that.
      let unread = Set(layers.problems.map(\.path))
      let missing = Reader(layers: layers).missing.filter { !unread.contains($0.path) }
      let problems = layers.problems + missing
      throw ConfigurationRefusal(problems: problems.isEmpty ? [error] : problems)
    }
    let problems = layers.problems + conflicts(Reader(layers: layers))
    guard problems.isEmpty else { throw ConfigurationRefusal(problems: problems) }
  }

  private init(reading reader: Reader) throws(ConfigurationError) {
    host = try reader.text("host")
    advertise = reader.optionalText("advertise")
    ports = Ports(sql: try reader.integer("port"))
    if let given = reader.optionalInteger("peer_port") { ports.peer = given }
    dataDirectory = try reader.text("data_dir")
    logLevel = Logger.Level(rawValue: try reader.text("log_level")) ?? .info
    logFormat = LogFormat(rawValue: try reader.text("log_format")) ?? .text
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
    raft = Raft(
      electionTimeout: try reader.duration("cluster.raft.election_timeout"),
      heartbeatInterval: try reader.duration("cluster.raft.heartbeat_interval"),
      maxLogEntries: try reader.integer("cluster.raft.max_log_entries"),
      maxLogBytes: reader.optionalInteger("cluster.raft.max_log_bytes"))
  }

  /// What fits no other value.
  private func conflicts(_ reader: Reader) -> [ConfigurationError] {
    var conflicts: [ConfigurationError] = []
    if ports.peer > 65_535 {
      conflicts.append(
        reader.error(
          "port", "the peer_port that follows from it, \(ports.peer), is above 65535; set peer_port or a lower port"))
    }
    if ports.peer == ports.sql, ports.sql != 0 {
      conflicts.append(reader.error("peer_port", "\(ports.peer) is also the port"))
    }
    if raft.heartbeatInterval >= raft.electionTimeout {
      conflicts.append(
        reader.error(
          "cluster.raft.heartbeat_interval",
          "\(DurationText.format(raft.heartbeatInterval)) must be less than cluster.raft.election_timeout "
            + "(\(DurationText.format(raft.electionTimeout)))"))
    }
    if let twice = join.first(where: { address in join.count(where: { $0 == address }) > 1 }) {
      conflicts.append(reader.error("cluster.join", "\(twice) is given twice"))
    }
    if let advertise {
      if WildcardAddress.matches(advertise) || PeerAddress("\(advertise):1") == nil || advertise.contains("/") {
        conflicts.append(
          reader.error("advertise", "\(quotedForPeople(advertise)) is no address that others could connect to"))
      } else if advertise.contains(":"), advertise.contains(".") {
        conflicts.append(
          reader.error(
            "advertise",
            "\(quotedForPeople(advertise)) is not a host alone; the ports are those that the node listens on"))
      }
    }
    if let wildcard = join.first(where: { WildcardAddress.matches($0.host) }) {
      conflicts.append(
        reader.error("cluster.join", "nobody can connect to \(wildcard); name an address of that machine"))
    }
    if security == .insecure {
      let addresses = [PeerAddress(host: host, port: ports.peer)] + join
      if let reachable = addresses.first(where: { !$0.isLoopback }) {
        conflicts.append(
          reader.error(
            "cluster.insecure",
            "\(reachable.host) can be reached from other machines, and whoever reaches an insecure node can change "
              + "everything; use 127.0.0.1, or a join secret"))
      }
    }
    if mode == .none, !join.isEmpty {
      conflicts.append(
        reader.error("cluster.mode", "a node with mode none joins nobody; drop cluster.join or the mode"))
    }
    return conflicts
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
}

/// Takes typed values out of the layers.
private struct Reader {
  /// What has no default and does not follow from anything.
  private static let required = ["data_dir", "cluster.node_id"]

  var layers: ConfigurationLayers

  /// What must be given and is not, all of it.
  var missing: [ConfigurationError] {
    Self.required.filter { layers.entries[$0] == nil }.map(missing)
  }

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
    case .builtIn, .derived, nil: 3
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
