import NIOCore
import RoostBase
import RoostPlatform
import Synchronization

/// The peer port: turns away whom the first bytes give away, and makes channels of the others.
///
/// It judges on the acceptor's thread. What the network has to know of it is told a few times a second, so that those who
/// are turned away cost the loop nothing.
final class PeerListener: Sendable {
  private let acceptor: Acceptor

  /// Opens the port.
  init(on address: PeerAddress, of network: TCPPeerNetwork) throws(TransportError) {
    let screening = CallerScreening(network)
    do throws(ListenError) {
      acceptor = try Acceptor(
        host: address.host, port: address.port, backlog: 512, untakenLimit: network.configuration.maximumArrivals,
        keepAlive: SocketSetup.keepAlive
      ) { screening.receive($0) }
    } catch {
      throw .cannotListen(address, error)
    }
  }

  var port: Int { acceptor.port }

  func close() { acceptor.close() }
}

/// What judges the callers of a peer port.
private final class CallerScreening: Sendable {
  /// How often the network is told.
  private static let interval = TimeAmount.milliseconds(100)
  /// Callers that are told one by one until then. Of more, only the number is told.
  private static let namedCallers = 16

  private struct Declined {
    var count: UInt64 = 0
    var named: [DeclinedCaller] = []
  }

  private let network: TCPPeerNetwork
  private let declined = Mutex(Declined())

  init(_ network: TCPPeerNetwork) { self.network = network }

  func receive(_ socket: AcceptedSocket) {
    switch socket.firstBytes {
    case .none: break
    case .gone: return
    // Of what is longer a part would be left, and the end would reset the connection before the answer is read.
    case .said(let bytes) where bytes.count == FirstBytes.limit: break
    case .said(let bytes):
      guard let (rejection, answer) = network.refusal(of: bytes) else { break }
      if let answer { socket.answer(Array(answer.readableBytesView)) }
      decline(socket.source, rejection)
      return
    }
    SocketSetup.adopt(socket, on: network.nioLoop.eventLoop) { [network] in try network.accepted($0) }
  }

  private func decline(_ caller: PeerAddress?, _ rejection: HandshakeRejection) {
    let isFirst = declined.withLock { declined in
      declined.count += 1
      if declined.named.count < Self.namedCallers {
        let isNamed = declined.named.contains { $0.source?.host == caller?.host && $0.rejection == rejection }
        if !isNamed { declined.named.append(DeclinedCaller(source: caller, rejection: rejection)) }
      }
      return declined.count == 1
    }
    guard isFirst else { return }
    network.nioLoop.eventLoop.scheduleTask(in: Self.interval) { [self] in
      let taken = declined.withLock { declined in
        defer { declined = Declined() }
        return declined
      }
      network.declined(taken.count, taken.named)
    }
  }
}

/// Somebody who was turned away, and why.
struct DeclinedCaller {
  var source: PeerAddress?
  var rejection: HandshakeRejection
}
