import RoostPlatform
import RoostStorage
import RoostTransport

/// How the node's descriptors and memory are shared out to its parts.
extension NodeConfiguration {
  /// Greetings get a quarter of what native clients have.
  var network: PeerNetworkConfiguration {
    var network = PeerNetworkConfiguration()
    network.seed = entropy
    network.maximumHandshakes = max(8, min(network.maximumHandshakes, descriptors.nativeClients / 4))
    network.maximumClients = max(8, min(maximumNativeClients, descriptors.nativeClients - network.maximumHandshakes))
    network.maximumClientsPerSource = min(maximumNativeClientsPerAddress, network.maximumClients)
    network.maximumArrivals = descriptors.arrivals
    // As many again are made by this node.
    network.maximumPeerConnections = descriptors.peers / 2
    return network
  }

  /// A sixteenth of the memory for cached blocks, and as much for two memtables; no less than an idle node needs, and no
  /// more than the defaults unless there is plenty.
  func stateEngineOptions(diskCapacity: Int) -> RocksOptions {
    var options = RocksOptions(diskCapacity: diskCapacity)
    options.openFiles = descriptors.stateEngine
    options.blockCacheBytes = min(max(memory.limit / 16, 8 << 20), 256 << 20)
    options.writeBufferBytes = min(max(memory.limit / 32, 8 << 20), options.writeBufferBytes)
    return options
  }
}
