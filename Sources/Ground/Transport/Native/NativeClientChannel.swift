import NIOCore
public import RoostBase
public import RoostPlatform

/// The client's end of the native protocol: frames to and from one node, by callbacks on a loop.
///
///     NativeClientChannel.connect(to: address, on: loop, timeout: .seconds(1), authentication: .secret(secret)) { result in
///       guard case .success(let channel) = result else { … }
///       channel.onReceive = { answer in … }
///       channel.onClose = { error in … }
///       channel.send(request)
///     }
///
/// The completion, the callbacks and every call happen on the loop; payloads of one tick leave in one write. For
/// `async` code there is ``NativeClientSession``.
// @unchecked: the mutable state is touched on `loop` only.
public final class NativeClientChannel: FramedConnectionOwner, @unchecked Sendable {
  public let loop: NIOLoop
  public let address: PeerAddress
  /// Whose port this is.
  public let node: NodeID
  public let clusterID: UInt128
  public var onReceive: (([UInt8]) -> Void)?
  /// Called once, with the reason, unless ``close()`` was.
  public var onClose: ((TransportError) -> Void)?
  private var connection: FramedConnection!

  private init(loop: NIOLoop, address: PeerAddress, established: Established, limits: FramedConnection.Limits) {
    self.loop = loop
    self.address = address
    node = established.answerer
    clusterID = established.cluster
    connection = FramedConnection(owner: self, limits: limits, flusher: TickFlusher(eventLoop: loop.eventLoop))
  }

  /// Connects; from any thread.
  ///
  /// - Parameters:
  ///   - timeout: For the connection, and again for the greeting.
  ///   - authentication: The cluster's join secret, or without one that the node does not demand it.
  ///   - clusterID: Zero accepts whichever cluster answers.
  ///   - maximumPayload: The longest payload, in bytes, that is sent or accepted.
  ///   - queueLimit: Bytes that may wait to be sent.
  public static func connect(
    to address: PeerAddress, on loop: NIOLoop, timeout: Duration, authentication: PeerAuthentication,
    clusterID: UInt128 = 0, maximumPayload: Int = 64 << 20, queueLimit: Int = 80 << 20,
    completion: @escaping @Sendable (Result<NativeClientChannel, TransportError>) -> Void
  ) {
    let hello = Hello(role: .client, cluster: clusterID, caller: .none, target: .none)
    let limits = FramedConnection.Limits(payload: maximumPayload, queue: queueLimit)
    let handshake = CallerHandshake(
      CallerExchange(hello, authentication), address: address, timeout: TimeAmount(timeout)
    ) { result in
      switch result {
      case .success(let established):
        let channel = NativeClientChannel(loop: loop, address: address, established: established, limits: limits)
        // The channel's pipeline has the connection only after this returns.
        loop.execute { completion(.success(channel)) }
        return channel.connection
      case .failure(let error):
        completion(.failure(error))
        return nil
      }
    }
    SocketSetup.connect(to: address, on: loop.eventLoop, timeout: timeout, handshake) { _ in }
  }

  /// Queues a payload for the end of the tick. False if the connection is over or too much waits already.
  @discardableResult
  public func send(_ payload: [UInt8]) -> Bool { connection.send(payload) }

  /// Stops or resumes receiving: back-pressure.
  public func setReading(_ enabled: Bool) { connection.setReading(enabled) }

  public func close() {
    onClose = nil
    connection.close()
  }

  func frameReceived(_ payload: [UInt8]) { onReceive?(payload) }

  func queueDrained() {}

  func connectionEnded(_ reason: ConnectionEnd) {
    let notify = onClose
    onClose = nil
    onReceive = nil
    notify?(.connectionEnded(reason))
  }
}
