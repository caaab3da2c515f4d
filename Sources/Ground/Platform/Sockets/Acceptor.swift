import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Why a port can't be listened on.
public enum ListenError: Error, Hashable, Sendable {
  case unknownHost(String)
  /// The system's code: `EADDRINUSE`, `EACCES` …
  case system(CInt)
  /// The system grants no more threads.
  case noThread
}

/// A listening port with a thread of its own, which takes every connection and decides what is spent on it.
///
///     caller ─▶ the kernel's queue ─▶ acceptor's thread ─┬▶ an event loop
///                                                        └ closed, answered or not
///
/// The thread runs at a lower priority than the event loops. So the scheduler can do what a loop that accepts can't:
/// serve those who are in before those who knock, however many knock.
///
/// Both protocols let the caller speak first. Where the kernel can, it holds a connection back until its caller has
/// spoken, at most a second; one that is still silent then is handed over all the same.
public final class Acceptor: Sendable {
  /// Below the loops' priority, and below that of long statements.
  private static let courtesy: CInt = 5
  /// Connections that were handed over and not yet taken by a loop. Beyond it they wait in the kernel's queue.
  private static let untakenLimit = 128
  /// A caller that stays silent is handed over after so many seconds.
  private static let silence: CInt = 1
  /// How many milliseconds the thread waits when loops are behind, and when there is no descriptor or memory for one more connection.
  private static let (backlogPause, shortagePause): (CInt, CInt) = (2, 50)

  /// The port in use.
  public let port: Int
  private let listener: Mutex<Descriptor?>
  private let waking: Descriptor
  /// Let go of to wake the thread for good.
  private let waker: Mutex<Descriptor?>

  /// Opens the port and begins to accept. The sockets it accepts send at once (no Nagle) and are kept alive.
  ///
  /// - Parameters:
  ///   - host: a numeric address, or a name, which is resolved first. Its first address is used.
  ///   - port: zero lets the system choose.
  ///   - backlog: how many connections the kernel keeps waiting.
  ///   - keepAlive: how the kernel watches connections that are silent; nil leaves that to the system's settings.
  ///   - receive: gets every connection, on the acceptor's thread, and must not block. It lets go of those it refuses.
  public init(
    host: String, port: Int, backlog: CInt, keepAlive: KeepAlive? = nil,
    receive: @escaping @Sendable (AcceptedSocket) -> Void
  ) throws(ListenError) {
    let listener = try Descriptor.listening(
      host: host, port: port, backlog: backlog, speaksFirst: Acceptor.silence, keepAlive)
    let pipe = try WakePipe()
    let number = listener.number
    self.port = try listener.localPort()
    self.listener = Mutex(listener)
    waking = pipe.polled
    waker = Mutex(pipe.closed)
    let thread = PosixThread { [self] in
      Acceptor.lowerPriority()
      accept(from: number, receive)
    }
    if thread == nil {
      close()
      throw .noThread
    }
  }

  /// Closes the port, from any thread, and soon after ends the acceptor's. Connections in the kernel's queue are reset.
  public func close() {
    // While the thread accepts it holds the lock, so it can't meet a descriptor that has become somebody else's.
    listener.withLock { $0 = nil }
    waker.withLock { $0 = nil }
  }

  private func accept(from number: CInt, _ receive: (AcceptedSocket) -> Void) {
    let untaken = UntakenSockets()
    let wake = pollfd(fd: waking.number, events: Int16(POLLIN), revents: 0)
    var both = [wake, pollfd(fd: number, events: Int16(POLLIN), revents: 0)]
    while poll(&both, 2, -1) >= 0 || errno == EINTR {
      if both[0].revents != 0 { return }
      var pause: CInt?
      accepting: while true {
        guard untaken.count < Acceptor.untakenLimit else {
          pause = Acceptor.backlogPause
          break
        }
        switch next(untaken) {
        case .closed: return
        case .none: break accepting
        case .shortage:
          pause = Acceptor.shortagePause
          break accepting
        case .connection(let socket): receive(socket)
        }
      }
      if let pause {
        var wake = wake
        if poll(&wake, 1, pause) > 0 { return }
      }
    }
  }

  private enum Arrival {
    case connection(AcceptedSocket)
    /// Nobody waits any more.
    case none
    /// No descriptor or memory for one more, most likely.
    case shortage
    case closed
  }

  private func next(_ untaken: UntakenSockets) -> Arrival {
    var remote = sockaddr_storage()
    let accepted: CInt? = listener.withLock { listener in listener?.acceptNext(from: &remote) }
    guard let accepted else { return .closed }
    if accepted >= 0 { return .connection(AcceptedSocket(accepted, from: remote, untaken)) }
    switch errno {
    // The others: the connection that was next has failed.
    case EAGAIN, EINTR, ECONNABORTED, EPROTO: return .none
    default: return .shortage
    }
  }

  private static func lowerPriority() {
    // Elsewhere a process has one priority for all its threads.
    #if os(Linux)
      _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, courtesy)
    #endif
  }
}

/// When the kernel asks whether a silent connection is still there, in seconds, and how often before it gives it up.
public struct KeepAlive: Sendable {
  public var idle: CInt
  public var interval: CInt
  public var attempts: CInt

  public init(idle: CInt, interval: CInt, attempts: CInt) {
    self.idle = idle
    self.interval = interval
    self.attempts = attempts
  }
}
