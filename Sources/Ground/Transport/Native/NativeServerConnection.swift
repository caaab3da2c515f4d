import NIOCore
import RoostPlatform

/// A native client's connection as a ``NativeService`` sees it.
///
/// A client that does not read its answers is no longer asked for requests once the high mark is passed, and loses
/// its connection when the answers to those it already sent exceed the limit.
// @unchecked: touched on the network's loop only.
final class NativeServerConnection: NativeConnection, FramedConnectionOwner, @unchecked Sendable {
  let loop: any Loop
  let remote: String
  /// Without the port, which every connection has another of.
  var host: String { PeerAddress(remote)?.host ?? remote }
  let source: ConnectionSource
  private let network: TCPPeerNetwork
  private let service: any NativeService
  private(set) var connection: FramedConnection!
  private var serviceWantsRequests = true
  private var isAboveHighWater = false
  private var hasAsked = false
  private var silentIntervals = 0

  init(network: TCPPeerNetwork, service: any NativeService, remote: String) {
    self.network = network
    self.loop = network.loop
    self.service = service
    self.remote = remote
    source = PeerAddress(remote).map { ConnectionSource($0.host) } ?? .unknown
    connection = network.makeClientConnection(owner: self)
  }

  func send(_ payload: [UInt8]) {
    guard connection.isOpen else { return }
    guard connection.send(payload) else {
      connection.close(.queueFull)
      return
    }
    if !isAboveHighWater, connection.queuedBytes > network.configuration.clientHighWater {
      isAboveHighWater = true
      updateReading()
    }
  }

  func close() { connection.close() }

  func setReading(_ enabled: Bool) {
    serviceWantsRequests = enabled
    updateReading()
  }

  private func updateReading() {
    connection.setReading(serviceWantsRequests && !isAboveHighWater)
  }

  func opened() { service.clientConnected(self) }

  func frameReceived(_ payload: [UInt8]) {
    if !hasAsked {
      hasAsked = true
      network.clientAsked(self)
    }
    service.received(payload, from: self)
  }

  /// Lets a client go that greeted and then asked nothing for long.
  func intervalPassed() {
    guard !hasAsked else { return }
    silentIntervals += 1
    if silentIntervals >= network.configuration.idleIntervals { connection.close(.silent) }
  }

  func queueDrained() {
    guard isAboveHighWater, connection.queuedBytes <= network.configuration.clientHighWater else { return }
    isAboveHighWater = false
    updateReading()
  }

  func connectionEnded(_ reason: ConnectionEnd) {
    network.clientEnded(self, reason)
    service.clientDisconnected(self)
  }
}
