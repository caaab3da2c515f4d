import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A connection that an ``Acceptor`` took from its port. It is closed with its last reference, unless somebody took it
/// over; until then it counts among those that nobody has taken yet.
public final class AcceptedSocket: Sendable {
  private static let taken: CInt = -1

  private let descriptor: Atomic<CInt>
  private let remote: sockaddr_storage
  private let untaken: UntakenSockets

  init(_ descriptor: CInt, from remote: sockaddr_storage, _ untaken: UntakenSockets) {
    self.descriptor = Atomic(descriptor)
    self.remote = remote
    self.untaken = untaken
    untaken.entered()
  }

  deinit {
    let left = descriptor.load(ordering: .acquiring)
    if left != Self.taken { close(left) }
    untaken.left()
  }

  /// What the caller has said so far; it stays to be read.
  public var firstBytes: FirstBytes { FirstBytes(of: descriptor.load(ordering: .acquiring)) }

  /// Where the caller is; nil if that can't be said.
  public var source: PeerAddress? { PeerAddress(remote) }

  /// Takes what was said and answers it. The socket is worth nothing afterwards.
  public func answer(_ bytes: [UInt8]) { FirstBytes.answer(bytes, on: descriptor.load(ordering: .acquiring)) }

  /// The descriptor, which belongs to the caller from now on. To be taken once.
  public func take() -> CInt { descriptor.exchange(Self.taken, ordering: .acquiringAndReleasing) }
}

/// How many accepted connections wait to be taken over.
final class UntakenSockets: Sendable {
  private let counter = Atomic(0)

  var count: Int { counter.load(ordering: .relaxed) }

  func entered() { counter.add(1, ordering: .relaxed) }

  func left() { counter.subtract(1, ordering: .relaxed) }
}
