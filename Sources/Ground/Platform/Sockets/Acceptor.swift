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
/// The thread runs at a lower priority than the event loops and does not interrupt them, and it takes callers who come close
/// upon each other together. So the scheduler can do what a loop that accepts can't: serve those who are in before those who
/// knock, however many knock.
///
/// Both protocols let the caller speak first. Where the kernel can, it holds a connection back until its caller has
/// spoken, at most a second; one that is still silent then is handed over all the same.
public final class Acceptor: Sendable {
  /// The thread's nice value, which puts it below the loops: a ninth of what one of them gets where processors are short.
  private static let niceness: CInt = 10
  /// A caller that stays silent is handed over after so many seconds.
  private static let handoverDelay: CInt = 1
  /// How many milliseconds the thread waits after it has taken somebody, when loops are behind, and when the system grants no
  /// descriptor or memory.
  private static let (gatheringPause, backlogPause, shortagePause): (CInt, CInt, CInt) = (1, 2, 50)

  /// The port in use.
  public let port: Int
  private let listener: Mutex<Descriptor?>
  /// The ends of a pipe: the second is closed to wake the thread for good.
  private let wakeSignal: Descriptor
  private let wakeTrigger: Mutex<Descriptor?>

  /// Opens the port and begins to accept. The sockets it accepts send at once (no Nagle) and are kept alive.
  ///
  /// - Parameters:
  ///   - host: a numeric address, or a name, which is resolved first. Its first address is used.
  ///   - port: zero lets the system choose.
  ///   - backlog: how many connections the kernel keeps waiting.
  ///   - untakenLimit: how many connections may be accepted and not yet taken by a loop. Further ones wait in the kernel.
  ///   - keepAlive: how the kernel watches connections that are silent; nil leaves that to the system's settings.
  ///   - receive: gets every connection, on the acceptor's thread, and must not block. It lets go of those it refuses.
  public init(
    host: String, port: Int, backlog: CInt, untakenLimit: Int = 128, keepAlive: KeepAlive? = nil,
    receive: @escaping @Sendable (AcceptedSocket) -> Void
  ) throws(ListenError) {
    let listener = try Descriptor.listening(
      host: host, port: port, backlog: backlog, speaksFirst: Acceptor.handoverDelay, keepAlive)
    let pipe = try WakePipe()
    let number = listener.number
    self.port = try listener.localPort()
    self.listener = Mutex(listener)
    wakeSignal = pipe.polled
    wakeTrigger = Mutex(pipe.closed)
    let thread = PosixThread { [self] in
      Acceptor.lowerPriority()
      accept(from: number, untakenLimit, receive)
      self.listener.withLock { $0 = nil }
    }
    if thread == nil { throw .noThread }
  }

  /// Closes the port, from any thread: another socket may listen on it at once. The acceptor's thread ends soon after; until
  /// then it may hand over what it has already taken. Connections in the kernel's queue are reset.
  public func close() {
    // The thread still polls the socket, which keeps it open.
    listener.withLock { listener in listener?.stopListening() }
    wakeTrigger.withLock { $0 = nil }
  }

  /// Until the wake signal. The listener stays open as long.
  private func accept(from number: CInt, _ untakenLimit: Int, _ receive: (AcceptedSocket) -> Void) {
    let untaken = UntakenSockets()
    let wake = pollfd(fd: wakeSignal.number, events: Int16(POLLIN), revents: 0)
    var both = [wake, pollfd(fd: number, events: Int16(POLLIN), revents: 0)]
    while true {
      let ready = poll(&both, 2, -1)
      var pause = ready < 0 && errno != EINTR ? Acceptor.shortagePause : nil
      if ready > 0, both[0].revents != 0 { return }
      var hasTaken = false
      accepting: while pause == nil {
        guard untaken.count < untakenLimit else {
          pause = Acceptor.backlogPause
          break
        }
        switch Descriptor.accept(from: number) {
        case .connection(let descriptor, let remote):
          receive(AcceptedSocket(descriptor, from: remote, untaken))
          hasTaken = true
        case .none: break accepting
        case .shortage: pause = Acceptor.shortagePause
        }
      }
      if let pause = pause ?? (hasTaken ? Acceptor.gatheringPause : nil) {
        var wake = wake
        if poll(&wake, 1, pause) > 0 { return }
      }
    }
  }

  /// `SCHED_BATCH` of Linux, which is not imported.
  private static let batchClass: CInt = 3

  private static func lowerPriority() {
    // Elsewhere a process has one priority for all its threads.
    #if os(Linux)
      _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
      // A thread of this class takes a processor that is free, but nobody's.
      var none = sched_param()
      _ = sched_setscheduler(0, batchClass, &none)
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
