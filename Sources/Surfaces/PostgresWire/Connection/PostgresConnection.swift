import NIOCore
import RoostBase
import RoostPlatform
import RoostRelational
import RoostSQL
import Synchronization

/// The shell between a socket and its session: moves bytes, decides nothing about SQL.
///
/// A session is one task whose executor is this connection's event loop, so reading, executing and answering happen on
/// one thread without a wake-up. It pulls messages with ``nextMessage()`` and writes into ``output``. While a long
/// statement computes the task is elsewhere (see ``SessionExecutor``), and the loop goes on reading: a client that hangs
/// up is noticed at once.
///
/// Both directions push back. Inbound, the decoder is the queue: while the session is busy and more than
/// ``readAhead`` bytes wait, the socket isn't read. Outbound, rows are written in chunks; when the client doesn't take
/// them, ``deliver()`` suspends the session until the socket is writable again.
///
/// How it ends: the client says Terminate or hangs up, breaks the protocol, or the server shuts down. A client that only
/// closes its sending side is answered what it has sent (see ``inputClosed()``). The session's task always runs to its end (rolling back) before the registry forgets the connection.
final class PostgresConnection: ChannelDuplexHandler, @unchecked Sendable {  // all state is touched on `loop` only
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  enum Phase {
    /// Before the session.
    case startup(StartupNegotiation)
    case session
    /// A last message was sent; what still comes in is dropped until the client hangs up or a timer fires.
    case lingering
    case closed
  }

  /// Why no further message is taken.
  enum Ending {
    case clientGone
    case violation(ProtocolViolation)
    case shutdown
    /// The client left its session or its transaction alone for too long.
    case idle(SQLError)
  }

  /// Bytes read ahead of a busy session before the socket is left alone.
  static let readAhead = 256 << 10
  /// Bytes of rows collected before they are handed to the socket.
  static let chunk = 64 << 10
  /// Bytes in the socket's queue at which the session waits, and at which it goes on.
  static let writeQueue = ChannelOptions.Types.WriteBufferWaterMark(low: 64 << 10, high: 256 << 10)

  let server: ServerContext
  let executor: ConnectionExecutor
  /// Where the session's task runs.
  let place: SessionExecutor
  var loop: any Loop { executor.loop }

  var channelContext: ChannelHandlerContext?
  var phase: Phase
  var decoder: FrontendDecoder
  var key: BackendKey?
  var session: Session?
  var startupTimer: (any LoopTimer)?
  /// Ends a session that waits for its client for too long.
  var idleTimer: (any LoopTimer)?
  /// Ends the statement in hand when its time is over.
  var statementTimer: (any LoopTimer)?
  /// When its time began.
  var statementStart = Instant.origin
  /// How much of its time the last statement used.
  var statementTime = Duration.zero
  var ending: Ending?

  /// Messages for the client that are not yet with the socket.
  var output = ByteBuffer()
  /// Something in `output` is due: ReadyForQuery, or the client asked with Flush.
  var flushIsDue = false
  var flushIsScheduled = false
  /// Bytes written since the session last gave way to the others of its loop.
  var deliveredBytes = 0
  /// Messages handled since then.
  var handledMessages = 0

  /// The session waiting for a message.
  var reader: CheckedContinuation<FrontendMessage?, Never>?
  /// The session waiting for a writable socket.
  var writer: CheckedContinuation<SQLError?, Never>?
  /// The client has closed its sending side, or all of its socket.
  var isInputClosed = false
  /// Something was written since the last look whether such a client is there.
  var hasWritten = false
  /// A read that was asked for and held back.
  var readIsHeldBack = false
  /// A cancel request came, or the time was over, while the session was at work. It holds until a statement has failed
  /// by it or the session is idle, so that one that comes between a message and the run of its statement isn't lost.
  var pendingCancel: CancellationFlag.Reason?
  /// What the client's messages have drawn from the node's memory, as they arrive and while they are handled.
  var messageMemory: MemoryReservation

  init(server: ServerContext, executor: ConnectionExecutor) {
    self.server = server
    self.executor = executor
    place = SessionExecutor(executor, server.workers)
    decoder = FrontendDecoder(limits: server.decoderLimits)
    messageMemory = MemoryReservation(server.memory.messages)
    phase = .startup(StartupNegotiation(databaseName: server.configuration.databaseName))
  }

  // MARK: Channel events

  func channelActive(context: ChannelHandlerContext) {
    channelContext = context
    let counters = server.counters
    let source = context.remoteAddress?.ipAddress.map(ConnectionSource.init) ?? .unknown
    let admission = server.registry.add(self, from: source, secret: UInt32(truncatingIfNeeded: server.randomness()))
    // Whoever sees it counted finds it in the registry.
    counters.acceptedConnections.wrappingAdd(1, ordering: .relaxed)
    counters.openConnections.wrappingAdd(1, ordering: .relaxed)
    switch admission {
    case .admitted(let key, let leaver):
      self.key = key
      leaver?.makeRoom()
    case .full:
      counters.countRefusal()
      output.writeError(ConnectionAdmission.crowded(), severity: .fatal)
      flush()
      context.close(promise: nil)
      return
    case .shuttingDown:
      context.close(promise: nil)
      return
    }
    startupTimer = loop.schedule(at: loop.now + server.configuration.startupTimeLimit) { [weak self] in
      guard let self, case .startup = phase else { return }
      channelContext?.close(promise: nil)
    }
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch phase {
    case .startup:
      decoder.append(unwrapInboundIn(data))
      negotiate()
    case .session:
      decoder.append(unwrapInboundIn(data))
      coverUnreadBytes()
      wakeReader()
    case .lingering, .closed:
      break
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .inputClosed? = event as? ChannelEvent { inputClosed() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { wakeWriter(nil) }
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Reset, timed out: nothing can be told to the client any more.
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    server.counters.openConnections.wrappingSubtract(1, ordering: .relaxed)
    startupTimer?.cancel()
    stopTimers()
    let hasSession = session != nil
    phase = .closed
    channelContext = nil
    output = ByteBuffer()
    if hasSession {
      // Nobody will read what it makes; the task ends and then `sessionEnded()` leaves the registry.
      session?.cancel(.disconnect)
      end(.clientGone)
      wakeWriter(.connectionLost)
    } else {
      leaveRegistry()
    }
    context.fireChannelInactive()
  }

  func read(context: ChannelHandlerContext) {
    if mayRead { context.read() } else { readIsHeldBack = true }
  }

  // MARK: Ending

  /// No more messages for the session; it ends when it asks for the next one.
  func end(_ reason: Ending) {
    if ending == nil { ending = reason }
    if let waiting = reader {
      reader = nil
      waiting.resume(returning: nil)
    }
  }

  /// The session's task is over: says why, if the client can still hear it, and closes.
  func sessionEnded() {
    releaseMessageMemory()
    stopTimers()
    session = nil
    server.counters.sessions.wrappingSubtract(1, ordering: .relaxed)
    switch phase {
    case .closed:
      break
    case .startup, .session, .lingering:
      switch ending {
      case .violation(let violation): refuse(violation.sqlError)
      case .shutdown: refuse(.adminShutdown)
      case .idle(let error): refuse(error)
      case .clientGone, nil: closeWhenWritten()
      }
    }
    if case .closed = phase { leaveRegistry() }
  }

  private func leaveRegistry() {
    guard let left = key else { return }
    key = nil
    server.registry.remove(left)
  }

  /// Sends a last, FATAL error and closes in a way that lets the client read it.
  func refuse(_ error: SQLError) {
    server.counters.countError()
    output.writeError(error, severity: .fatal)
    flush()
    linger()
  }

  /// Closes the sending side and waits for the client to hang up: closing at once with unread input would reset the
  /// connection and could destroy the message on its way.
  private func linger() {
    guard let context = channelContext else { return }
    phase = .lingering
    startupTimer?.cancel()
    context.close(mode: .output, promise: nil)
    releaseHeldBackRead()
    loop.schedule(at: loop.now + server.configuration.shutdownGrace) { [weak self] in
      self?.channelContext?.close(promise: nil)
    }
  }

  // MARK: From other threads

  /// Closes a connection without a session, at once: there were too many, and it was the oldest.
  func makeRoom() {
    loop.execute {
      switch self.phase {
      case .startup, .lingering:
        self.server.counters.countRefusal()
        self.channelContext?.close(promise: nil)
      case .session, .closed: break
      }
    }
  }

  /// A cancel request hit the session; if it waits for a client that doesn't read, it waits no longer.
  func statementCancelled() {
    loop.execute {
      // What has arrived since the request is not meant by it.
      guard case .session = self.phase, self.reader == nil, self.session?.isCancelled == true else { return }
      self.interrupt(.request)
    }
  }

  /// Tells an idle client at once, a busy one after its statement or when the grace is over.
  func shutDown() {
    loop.execute {
      switch self.phase {
      case .startup: self.refuse(.adminShutdown)
      case .session:
        self.end(.shutdown)
        self.endStoreWaitSoon()
        let grace = self.server.configuration.shutdownGrace
        self.loop.schedule(at: self.loop.now + grace) { [weak self] in
          guard let self, case .session = phase else { return }
          session?.cancel(.shutdown)
          wakeWriter(.adminShutdown)
        }
        self.loop.schedule(at: self.loop.now + grace * 4) { [weak self] in
          self?.channelContext?.close(promise: nil)
        }
      case .lingering, .closed: break
      }
    }
  }
}

extension SQLError {
  static var adminShutdown: SQLError { CancellationFlag.Reason.shutdown.error }
  static var connectionLost: SQLError { SQLError("08006", "connection to client lost") }
}
