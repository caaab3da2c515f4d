import Foundation
import RoostCluster
import RoostPlatform

extension NodeConfiguration {
  /// What a node is told, out of its complete settings.
  ///
  /// - Parameter host: The host told to others.
  init(_ settings: NodeSettings, resources: NodeResources, advertising host: String, entropy: UInt64) {
    self.init(
      clusterName: settings.clusterName, name: settings.nodeID, dataDirectory: settings.clusterDataDirectory,
      peerAddress: PeerAddress(host: host, port: settings.ports.peer),
      sqlAddress: PeerAddress(host: host, port: settings.ports.sql), join: settings.join,
      locality: settings.locality.tiers, electionTimeout: settings.raft.electionTimeout,
      heartbeatInterval: settings.raft.heartbeatInterval, maximumLogEntries: UInt64(settings.raft.maxLogEntries),
      partitions: settings.partitions, retention: settings.retention,
      admissionTimeLimit: settings.admissionTimeout, listenHost: settings.host, security: settings.security,
      localNodes: LocalNodeRegistry(environment: ProcessInfo.processInfo.environment), entropy: entropy,
      pid: ProcessInfo.processInfo.processIdentifier)
    maximumLogBytes = settings.raft.maxLogBytes
    memory = resources.memory
    self.resources = { resources.counters }
    descriptors = resources.descriptors
    maximumNativeClients = settings.limits.nativeClients
    maximumNativeClientsPerAddress = settings.limits.nativeClientsPerAddress
  }
}

extension Locality {
  /// The tiers that are set, by name.
  var tiers: [String: String] {
    var tiers: [String: String] = [:]
    tiers["region"] = region
    tiers["zone"] = zone
    tiers["rack"] = rack
    return tiers
  }
}
