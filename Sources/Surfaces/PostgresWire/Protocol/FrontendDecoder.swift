import NIOCore
import RoostRelational

/// Cuts the client's byte stream into messages, on demand and within limits.
///
/// The decoder holds bytes, not messages: whoever reads asks for the ``next()`` one when it can use it, so a client
/// that sends ahead costs what it sent and nothing more. A length is judged before room is made for the body:
/// start-up packets beyond ``Limits/startupPacket`` break the protocol; a body beyond ``Limits/message`` is thrown away
/// as it streams in and reported as an unusable message. What a length announces is not believed: whoever appends bytes
/// watches ``bufferedBytes`` and calls ``refuseMessage()`` when the node has no memory for more of them.
struct FrontendDecoder {
  struct Limits: Sendable {
    /// PostgreSQL's MAX_STARTUP_PACKET_LENGTH.
    var startupPacket = 10_000
    /// Bytes of a message's body.
    var message = 64 << 20
  }

  enum Event: Sendable {
    case startup(StartupPacket)
    /// A message and the length of its body in bytes.
    case message(FrontendMessage, size: Int)
  }

  private enum State {
    /// Untyped packets, until one of them begins the session.
    case startup
    case header
    case body(FrontendMessage.Kind, size: Int)
    /// Throws away what is left of a body, then reports `error`.
    case discarding(FrontendMessage.Kind, remaining: Int, error: SQLError)
  }

  let limits: Limits
  private var state = State.startup
  private var bytes = ByteBuffer()

  init(limits: Limits = Limits()) { self.limits = limits }

  /// Bytes received and not yet taken by ``next()``.
  var bufferedBytes: Int { bytes.readableBytes }

  mutating func append(_ received: ByteBuffer) {
    if bytes.readableBytes == 0 {
      bytes = received
    } else {
      var received = received
      if bytes.readerIndex > 64 << 10 { bytes.discardReadBytes() }
      bytes.writeBuffer(&received)
    }
    discardUnwanted()
  }

  /// After the packet that begins the session: typed messages follow.
  mutating func sessionBegins() { state = .header }

  /// Throws the message away of which bytes are arriving, and reports it as `error`. One that is complete stays.
  mutating func refuseMessage(_ error: (_ size: Int) -> SQLError) {
    // A broken header is found by ``next()``.
    if case .header = state { _ = try? readHeader() }
    guard case .body(let kind, let size) = state, bytes.readableBytes < size else { return }
    state = .discarding(kind, remaining: size, error: error(size))
    discardUnwanted()
  }

  /// Whether the next message has begun to arrive and is a Sync.
  var isSyncNext: Bool {
    switch state {
    case .header: bytes.getInteger(at: bytes.readerIndex) == FrontendMessage.Kind.sync.rawValue
    case .body(let kind, _): kind == .sync
    case .startup, .discarding: false
    }
  }

  /// The next event, or nil when more bytes are needed.
  mutating func next() throws(ProtocolViolation) -> Event? {
    while true {
      switch state {
      case .startup:
        return try nextStartupPacket()
      case .header:
        guard try readHeader() else { return nil }
      case .body(let kind, let size):
        guard let body = bytes.readSlice(length: size) else { return nil }
        state = .header
        let message = try FrontendMessage(kind, body: body)
        releaseDrainedStorage()
        return .message(message, size: size)
      case .discarding(let kind, let remaining, let error):
        guard remaining == 0 else { return nil }
        state = .header
        return .message(.unusable(kind, error), size: 0)
      }
    }
  }

  private mutating func nextStartupPacket() throws(ProtocolViolation) -> Event? {
    guard let length = bytes.getInteger(at: bytes.readerIndex, as: Int32.self) else { return nil }
    guard length >= 8, Int(length) <= limits.startupPacket else { throw .startupLength }
    guard var packet = bytes.readSlice(length: Int(length)) else { return nil }
    packet.moveReaderIndex(forwardBy: 4)
    return .startup(try StartupPacket(body: packet))
  }

  /// Reads type and length; false when they aren't here yet.
  private mutating func readHeader() throws(ProtocolViolation) -> Bool {
    let start = bytes.readerIndex
    guard let type: UInt8 = bytes.getInteger(at: start) else { return false }
    guard let kind = FrontendMessage.Kind(rawValue: type) else {
      throw ProtocolViolation(message: "invalid frontend message type \(type)")
    }
    guard let length: Int32 = bytes.getInteger(at: start + 1) else { return false }
    guard length >= 4 else { throw ProtocolViolation(message: "invalid message length") }
    bytes.moveReaderIndex(forwardBy: 5)
    let size = Int(length) - 4
    if size > limits.message {
      let error = SQLError(
        "54000", "message of \(size) bytes exceeds the limit of \(limits.message) bytes",
        hint: "Send the statement in smaller parts.")
      state = .discarding(kind, remaining: size, error: error)
      discardUnwanted()
    } else {
      state = .body(kind, size: size)
    }
    return true
  }

  private mutating func discardUnwanted() {
    guard case .discarding(let kind, let remaining, let error) = state, remaining > 0 else { return }
    let count = min(remaining, bytes.readableBytes)
    bytes.moveReaderIndex(forwardBy: count)
    state = .discarding(kind, remaining: remaining - count, error: error)
    releaseDrainedStorage()
  }

  /// Gives the storage back once everything in it was read: an idle connection holds none.
  private mutating func releaseDrainedStorage() {
    if bytes.readableBytes == 0 { bytes = ByteBuffer() }
  }
}
