import NIOCore
import RoostPlatform
import RoostRelational
import RoostSQL

/// The session's side of reading: one message at a time, when it is ready for it.
extension PostgresConnection {
  /// Messages a session may handle before other connections of its loop get their turn.
  private static let messagesPerTurn = 128

  /// Whether more bytes are wanted: the session waits for them, or there is room to read ahead.
  var mayRead: Bool {
    switch phase {
    case .startup, .lingering: true
    case .session: reader != nil || decoder.bufferedBytes < Self.readAhead
    case .closed: false
    }
  }

  /// The next message, or nil when the connection ends. Call it when everything about the last one is done.
  func nextMessage() async -> FrontendMessage? {
    releaseMessageMemory()
    if let message = takeMessage() {
      // The client pipelines. What is due goes out with this tick, together with what follows until then.
      if flushIsDue { flushWithThisTick() }
      handledMessages += 1
      if handledMessages >= Self.messagesPerTurn { await giveWay() }
      return message
    }
    if isInputClosed, ending == nil { ending = .clientGone }
    if ending != nil { return nil }
    handledMessages = 0
    deliveredBytes = 0
    pendingCancel = nil
    if flushIsDue { flush() }
    startIdleTimer()
    let message = await withCheckedContinuation { continuation in
      reader = continuation
      releaseHeldBackRead()
      // A read that was held back may have been answered on the spot.
      wakeReader()
    }
    stopIdleTimer()
    // What came while the session was idle concerns no statement.
    if pendingCancel == nil { session?.forgetCancellation() }
    return message
  }

  /// Hands the waiting session its message, when there is one.
  func wakeReader() {
    guard reader != nil else { return }
    let message = takeMessage()
    guard message != nil || ending != nil, let waiting = reader else { return }
    reader = nil
    waiting.resume(returning: message)
  }

  func releaseHeldBackRead() {
    guard readIsHeldBack, mayRead else { return }
    readIsHeldBack = false
    channelContext?.read()
  }

  /// Draws memory for what has arrived; without it, the message that is arriving is dropped.
  func coverUnreadBytes() {
    if messageMemory.cover(decoder.bufferedBytes) { return }
    decoder.refuseMessage { size in
      server.outOfMemory("for a message of \(size) bytes")
    }
    messageMemory.coverRegardless(decoder.bufferedBytes)
  }

  func releaseMessageMemory() {
    if messageMemory.held > 0 { messageMemory.coverRegardless(decoder.bufferedBytes) }
  }

  /// Whether the client has sent a Sync behind the message in hand.
  var isSyncNext: Bool { decoder.isSyncNext }

  /// A complete message, or nil: more bytes are needed, or ``ending`` says why there are none.
  private func takeMessage() -> FrontendMessage? {
    while ending == nil {
      do throws(ProtocolViolation) {
        switch try decoder.next() {
        case .message(let message, _): return message
        case .startup, nil: return nil
        }
      } catch {
        ending = .violation(error)
      }
    }
    return nil
  }
}
