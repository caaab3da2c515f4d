import NIOCore
import NIOPosix
import RoostBase
import RoostPlatform
import RoostTransport
import Synchronization

/// The peer network as nodes use it: each side dials the other.
enum PeerFrames {
  static func run(_ load: Load, port: Int) async throws {
    // The asking side listens one port above.
    let own = port + (load.isAsking ? 1 : 0)
    let other = port + (load.isAsking ? 0 : 1)
    let network = TCPPeerNetwork(loop: load.loop, node: NodeID(UInt64(own)), clusterID: 1, authentication: .insecure)
    let handler = Handler(load, network)
    _ = try await network.listen(on: PeerAddress(host: "127.0.0.1", port: own))
    load.loop.execute {
      network.handler = handler
      network.setAddress(PeerAddress(host: "127.0.0.1", port: other), of: NodeID(UInt64(other)))
    }
  }

  private final class Handler: PeerNetworkHandler {
    let load: Load
    let network: TCPPeerNetwork
    /// Answers find their way only once the other side has reached this one too, which its greeting tells.
    private let open = Mutex((reached: false, greeted: false))

    init(_ load: Load, _ network: TCPPeerNetwork) {
      self.load = load
      self.network = network
    }

    func peerConnected(_ node: NodeID) {
      if !load.isAsking { network.send([], to: node, lane: .consensus) }
      startIfOpen(node) { $0.reached = true }
    }

    func peerDisconnected(_ node: NodeID) {}

    func received(_ payload: [UInt8], from node: NodeID) {
      if payload.isEmpty {
        startIfOpen(node) { $0.greeted = true }
      } else {
        load.arrived(payload) { network.send($0, to: node, lane: .consensus) }
      }
    }

    private func startIfOpen(_ node: NodeID, _ change: (inout (reached: Bool, greeted: Bool)) -> Void) {
      let isOpen = open.withLock {
        change(&$0)
        return $0.reached && $0.greeted
      }
      if isOpen { load.start { network.send($0, to: node, lane: .consensus) } }
    }
  }
}

/// The same frames over one connection both ways: the native clients' protocol.
enum OneConnection {
  static func run(_ load: Load, port: Int) async throws {
    let address = PeerAddress(host: "127.0.0.1", port: port)
    guard load.isAsking else {
      let network = TCPPeerNetwork(
        loop: load.loop, node: NodeID(1), clusterID: 1, authentication: .insecure, nativeService: Service(load: load))
      _ = try await network.listen(on: address)
      return
    }
    NativeClientChannel.connect(
      to: address, on: load.loop, timeout: .seconds(1), authentication: .insecure
    ) { result in
      switch result {
      case .failure(let error): print(error)
      case .success(let channel):
        channel.onReceive = { load.arrived($0) { channel.send($0) } }
        load.start { channel.send($0) }
      }
    }
  }

  private final class Service: NativeService {
    let load: Load

    init(load: Load) { self.load = load }

    func clientConnected(_ connection: any NativeConnection) {}
    func received(_ payload: [UInt8], from connection: any NativeConnection) {
      load.arrived(payload) { connection.send($0) }
    }
    func clientDisconnected(_ connection: any NativeConnection) {}
  }
}
