public import RoostBase
public import RoostPlatform

/// A ``NativeClientChannel`` for `async` code: frames out, frames in, in order. Payloads that belong together say so
/// themselves. All errors are ``TransportError``s.
///
/// What arrives and is not yet asked for waits here, up to a limit; then the node is left to wait.
// @unchecked: the mutable state is touched on the channel's loop only.
public final class NativeClientSession: @unchecked Sendable {
  private static let highWater = 1024

  private let channel: NativeClientChannel
  private var arrived: [[UInt8]] = []
  /// Index of the next payload to hand out.
  private var next = 0
  private var waiting: [CheckedContinuation<Result<[UInt8], TransportError>, Never>] = []
  private var end: TransportError?

  public var node: NodeID { channel.node }
  public var clusterID: UInt128 { channel.clusterID }

  private init(_ channel: NativeClientChannel) {
    self.channel = channel
    // Whoever lets go of a session without closing it hears no more; the connection may outlive it.
    channel.onReceive = { [weak self] in self?.received($0) }
    channel.onClose = { [weak self] in self?.ended($0) }
  }

  deinit {
    let channel = channel
    channel.loop.execute {
      channel.onReceive = nil
      channel.close()
    }
  }

  /// Connects, and waits until the node has taken the client in.
  ///
  /// - Parameters:
  ///   - timeout: For the connection, and again for the greeting.
  ///   - authentication: The cluster's join secret, or without one that the node does not demand it.
  ///   - clusterID: Zero accepts whichever cluster answers.
  /// - Throws: a ``TransportError``; ``TransportError/rejected(_:_:)`` with the reason if the node declines.
  public static func connect(
    to address: PeerAddress, on loop: NIOLoop, timeout: Duration, authentication: PeerAuthentication,
    clusterID: UInt128 = 0
  ) async throws -> NativeClientSession {
    let result = await withCheckedContinuation { continuation in
      NativeClientChannel.connect(
        to: address, on: loop, timeout: timeout, authentication: authentication, clusterID: clusterID
      ) { result in
        continuation.resume(returning: result.map { NativeClientSession($0) })
      }
    }
    return try result.get()
  }

  public func send(_ payload: [UInt8]) async throws {
    let result: Result<Void, TransportError> = await withCheckedContinuation { continuation in
      channel.loop.execute {
        continuation.resume(
          returning: self.channel.send(payload) ? .success(()) : .failure(self.end ?? .connectionEnded(.queueFull)))
      }
    }
    try result.get()
  }

  /// The next payload from the node; throws when the connection is over. It does not end early when its task is
  /// cancelled: ``close()`` ends it.
  public func receive() async throws -> [UInt8] {
    let result = await withCheckedContinuation { continuation in
      channel.loop.execute { self.take(continuation) }
    }
    return try result.get()
  }

  public func close() {
    channel.loop.execute {
      self.channel.close()
      self.ended(.connectionEnded(.closedHere))
    }
  }

  private func take(_ continuation: CheckedContinuation<Result<[UInt8], TransportError>, Never>) {
    guard next < arrived.count else {
      if let end { continuation.resume(returning: .failure(end)) } else { waiting.append(continuation) }
      return
    }
    let payload = arrived[next]
    next += 1
    if next == arrived.count {
      arrived.removeAll(keepingCapacity: true)
      next = 0
      channel.setReading(true)
    }
    continuation.resume(returning: .success(payload))
  }

  private func received(_ payload: [UInt8]) {
    guard waiting.isEmpty else {
      waiting.removeFirst().resume(returning: .success(payload))
      return
    }
    arrived.append(payload)
    if arrived.count - next >= Self.highWater { channel.setReading(false) }
  }

  private func ended(_ error: TransportError) {
    guard end == nil else { return }
    end = error
    for continuation in waiting { continuation.resume(returning: .failure(error)) }
    waiting = []
  }
}
