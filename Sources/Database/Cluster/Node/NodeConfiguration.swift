public import RoostPlatform
public import RoostStore

/// What a node is started with.
public struct NodeConfiguration: Sendable {
  public var clusterName: String
  /// The name users know the node by; unique in the cluster.
  public var name: String
  public var dataDirectory: String
  /// The address told to others; see ``listenHost``. Port 0 lets the system choose.
  public var peerAddress: PeerAddress
  /// Where the peer port listens; nil for the host that is told to others.
  public var listenHost: String?
  /// Told to others; the node itself does not serve SQL.
  public var sqlAddress: PeerAddress
  /// Nodes to ask for admission. Empty founds a cluster, if the data directory is new.
  public var join: [PeerAddress]
  public var locality: [String: String]
  public var electionTimeout: Duration
  public var heartbeatInterval: Duration
  public var maximumLogEntries: UInt64
  /// Bytes of log files kept for followers that lag; nil lets the size of the disk decide.
  public var maximumLogBytes: Int?
  /// Key-value partitions to found beside the data, once all nodes to join are there. Kept from the founding on; nil takes
  /// what the cluster was founded with, or none.
  public var partitions: Int?
  /// How long versions that were replaced are kept for transactions that began before.
  public var retention: Duration
  /// What large frames, writes and the state engine's caches draw from.
  public var memory = NodeMemory.unlimited()
  /// What has been used of descriptors, memory and connections; shown with the other counters of the status.
  public var resources: @Sendable () -> [String: UInt64] = { [:] }
  /// How the node's descriptors are divided.
  public var descriptors = DescriptorBudget(limit: 4096)
  /// Native clients at the same time, as far as the descriptors allow, and of one address.
  public var maximumNativeClients = 1024
  public var maximumNativeClientsPerAddress = 512
  /// How long a new node looks for a cluster to join.
  public var joinTimeLimit: Duration
  /// How long a node that was admitted and is not ready may be away before it is forgotten.
  public var admissionTimeLimit: Duration
  public var security: NodeSecurity
  /// Where this user's nodes on this machine find one another's join secrets; nil: nowhere.
  public var localNodes: LocalNodeRegistry?
  /// What the layers above this node's store keep there.
  public var keySpaces: [KeySpaceDeclaration] = []
  /// Seeds everything random about this node; different for every start.
  public var entropy: UInt64
  public var pid: Int32

  public init(
    clusterName: String, name: String, dataDirectory: String, peerAddress: PeerAddress, sqlAddress: PeerAddress,
    join: [PeerAddress] = [], locality: [String: String] = [:], electionTimeout: Duration = .milliseconds(150),
    heartbeatInterval: Duration = .milliseconds(50), maximumLogEntries: UInt64 = 10_000,
    partitions: Int? = nil, retention: Duration = .seconds(600), joinTimeLimit: Duration = .seconds(30),
    admissionTimeLimit: Duration = .seconds(300), listenHost: String? = nil, security: NodeSecurity,
    localNodes: LocalNodeRegistry? = nil, entropy: UInt64, pid: Int32
  ) {
    self.clusterName = clusterName
    self.name = name
    self.dataDirectory = dataDirectory
    self.peerAddress = peerAddress
    self.sqlAddress = sqlAddress
    self.join = join
    self.locality = locality
    self.electionTimeout = electionTimeout
    self.heartbeatInterval = heartbeatInterval
    self.maximumLogEntries = maximumLogEntries
    self.partitions = partitions
    self.retention = retention
    self.joinTimeLimit = joinTimeLimit
    self.admissionTimeLimit = admissionTimeLimit
    self.listenHost = listenHost
    self.security = security
    self.localNodes = localNodes
    self.entropy = entropy
    self.pid = pid
  }
}

/// How a node knows who belongs to its cluster.
public enum NodeSecurity: Sendable, Hashable {
  /// By the join secret in a file, which the founder of a cluster makes if it is not there.
  case joinSecret(file: String)
  /// It believes whoever can reach its peer port: for trying things on one machine.
  case insecure

  /// Where the join secret is; nil without one.
  public var secretFile: String? { if case .joinSecret(let file) = self { file } else { nil } }
}
