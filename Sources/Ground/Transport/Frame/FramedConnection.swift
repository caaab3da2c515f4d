import NIOCore
import RoostPlatform

/// One established connection that carries frames: splits what arrives, batches what leaves, bounds both.
///
/// Payloads are copied into one buffer, which is written at the end of the tick. While the socket does not take
/// more, the buffer goes on collecting up to the limit; nothing is handed to SwiftNIO's own queue meanwhile, so that
/// the bytes counted here are the bytes held.
// @unchecked: touched on the channel's event loop only.
final class FramedConnection: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  struct Limits {
    var payload: Int
    /// Bytes waiting to be sent. A single frame is always taken when nothing waits.
    var queue: Int
  }

  /// More than this is written within the tick, so that the kernel starts while the tick goes on.
  private static let earlyFlush = 256 << 10
  /// Buffers that grew beyond this are given back after use.
  private static let retainedCapacity = 64 << 10

  private let limits: Limits
  /// Nil where frames carry a checksum only.
  private var security: FrameSecurity?
  private let flusher: TickFlusher
  /// Held until the connection ends.
  private var owner: (any FramedConnectionOwner)?
  private var context: ChannelHandlerContext?
  private var endReason: ConnectionEnd?

  // Outgoing.
  private var outgoing = ByteBuffer()
  private var isEnqueued = false
  private var isFlushing = false
  /// Bytes that SwiftNIO still holds; counted only while the socket does not take more.
  private var unwritten = 0
  private var isBlocked = false

  // Incoming.
  private var incoming = ByteBuffer()
  /// What the unfinished frame has drawn from the node's memory.
  private var reservation: MemoryReservation
  /// What waits to be sent has drawn as much.
  private var outgoingReservation: MemoryReservation
  private let memory: MemoryAccount?
  private let isRefusable: Bool
  private var isReading = true
  private var isDecoding = false
  private var resumeIsScheduled = false

  // Liveness, in ticks of the network's clock.
  private var hasReceived = false
  private var silentTicks = 0
  private var flushed: UInt64 = 0
  private var drainedAtTick: UInt64 = 0

  /// - Parameters:
  ///   - security: What proves the frames of both sides; nil leaves them with their checksums.
  ///   - memory: What frames beyond a grain draw from, as their bytes arrive.
  ///   - isRefusable: Whether the connection is closed when nothing is left. Nodes need each other, and bound what they
  ///     send.
  init(
    owner: any FramedConnectionOwner, limits: Limits, security: FrameSecurity? = nil, flusher: TickFlusher,
    memory: MemoryAccount? = nil, isRefusable: Bool = true
  ) {
    self.memory = memory
    self.isRefusable = isRefusable
    reservation = MemoryReservation(memory)
    outgoingReservation = MemoryReservation(memory)
    self.owner = owner
    self.limits = limits
    self.security = security
    self.flusher = flusher
  }

  /// Bytes handed over that the kernel has not taken yet.
  var queuedBytes: Int { outgoing.readableBytes + unwritten }

  var isOpen: Bool { context != nil && endReason == nil }

  // MARK: Sending

  /// Queues a payload for the end of the tick. False if the connection is closed, the queue full or the payload
  /// over the limit.
  func send(_ payload: [UInt8]) -> Bool {
    guard isOpen, payload.count <= limits.payload else { return false }
    let size = Frame.headerSize(security) + payload.count
    if queuedBytes > 0, queuedBytes + size > limits.queue {
      countUnwritten()
      guard queuedBytes == 0 || queuedBytes + size <= limits.queue else { return false }
    }
    if queuedBytes + size > MemoryAccount.grain, !cover(queuedBytes + size, &outgoingReservation) { return false }
    Frame.append(payload, to: &outgoing, &security)
    scheduleFlush()
    return true
  }

  func sendPing() {
    guard isOpen else { return }
    Frame.append(.ping, to: &outgoing, &security)
    scheduleFlush()
  }

  private func sendPong() {
    // Whoever asks without reading the answers gets none: pongs must not grow the queue without bound.
    guard isOpen, queuedBytes < limits.queue else { return }
    Frame.append(.pong, to: &outgoing, &security)
    scheduleFlush()
  }

  private func scheduleFlush() {
    if outgoing.readableBytes >= Self.earlyFlush { flush() }
    guard !isEnqueued, !isBlocked else { return }
    isEnqueued = true
    flusher.enqueue(self)
  }

  func tickEnded() {
    isEnqueued = false
    flush()
  }

  private func flush() {
    guard let context, !isBlocked, !isFlushing, outgoing.readableBytes > 0 else { return }
    isFlushing = true
    var batch = ByteBuffer()
    swap(&batch, &outgoing)
    flushed += UInt64(batch.readableBytes)
    context.writeAndFlush(wrapOutboundOut(batch), promise: nil)
    isFlushing = false
    isBlocked = !context.channel.isWritable
    countUnwritten()
    if outgoingReservation.held > 0 { outgoingReservation.coverRegardless(queuedBytes) }
    // The usual case: all is written and the storage is ours again.
    if outgoing.readableBytes == 0, !isBlocked, batch.capacity <= Self.retainedCapacity {
      batch.clear()
      outgoing = batch
    }
    if !isBlocked { owner?.queueDrained() }
  }

  private func countUnwritten() {
    guard isBlocked, let channel = context?.channel else {
      unwritten = 0
      return
    }
    unwritten = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? unwritten
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    guard !isFlushing, isBlocked, context.channel.isWritable else { return }
    isBlocked = false
    unwritten = 0
    if outgoingReservation.held > 0 { outgoingReservation.coverRegardless(queuedBytes) }
    if outgoing.readableBytes > 0 { flush() } else { owner?.queueDrained() }
  }

  // MARK: Receiving

  /// Stops or resumes taking frames; what is already in memory waits too.
  func setReading(_ enabled: Bool) {
    guard enabled != isReading else { return }
    isReading = enabled
    // Fails only for a closed channel.
    try? context?.channel.syncOptions?.setOption(.autoRead, value: enabled)
    if enabled { scheduleResume() }
  }

  private func scheduleResume() {
    guard !isDecoding, !resumeIsScheduled, incoming.readableBytes > 0, let context else { return }
    resumeIsScheduled = true
    context.eventLoop.execute {
      self.resumeIsScheduled = false
      self.decodeIncoming()
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    hasReceived = true
    var bytes = unwrapInboundIn(data)
    if incoming.readableBytes == 0, !isDecoding, isReading {
      decode(&bytes)
      if bytes.readableBytes > 0, endReason == nil { incoming.writeBuffer(&bytes) }
    } else {
      guard endReason == nil, cover(incoming.readableBytes + bytes.readableBytes) else { return }
      incoming.writeBuffer(&bytes)
      decodeIncoming()
    }
  }

  private func decodeIncoming() {
    guard !isDecoding else { return }
    var bytes = ByteBuffer()
    swap(&bytes, &incoming)
    decode(&bytes)
    guard endReason == nil else { return }
    _ = cover(bytes.readableBytes)
    if bytes.readableBytes == 0 {
      guard bytes.capacity <= Self.retainedCapacity else { return }
      bytes.clear()
    } else if bytes.readerIndex >= Self.retainedCapacity {
      bytes.discardReadBytes()
    }
    incoming = bytes
  }

  private func decode(_ bytes: inout ByteBuffer) {
    isDecoding = true
    defer { isDecoding = false }
    do throws(FrameError) {
      while isReading, endReason == nil,
        let (kind, payload) = try Frame.read(from: &bytes, payloadLimit: limits.payload, &security)
      {
        switch kind {
        case .payload:
          // What is made of it takes as much again while it is handled.
          var handled = MemoryReservation(memory)
          guard cover(payload.count, &handled) else { return }
          owner?.frameReceived(payload)
        case .ping: sendPong()
        case .pong: break
        }
      }
    } catch {
      close(.brokenFrame(error))
    }
  }

  /// Draws the memory that `bytes` of unfinished frames take, or closes the connection.
  private func cover(_ bytes: Int) -> Bool { cover(bytes, &reservation) }

  private func cover(_ bytes: Int, _ reservation: inout MemoryReservation) -> Bool {
    if !isRefusable {
      reservation.coverRegardless(bytes)
      return true
    }
    if reservation.cover(bytes) { return true }
    close(.outOfMemory)
    // Nothing of it will be looked at; whatever it holds is needed elsewhere.
    incoming = ByteBuffer()
    return false
  }

  // MARK: Liveness

  /// Notes that one interval has passed; returns how many in a row brought no sign of life.
  ///
  /// Counting intervals, not time, forgives a pause of this process: after it one interval has passed, not many.
  /// A peer that takes what is queued for it is alive too, although its pong may stand behind all that.
  func intervalPassed() -> Int {
    countUnwritten()
    let drained = flushed - UInt64(unwritten)
    let isDraining = queuedBytes > 0 && drained > drainedAtTick
    drainedAtTick = drained
    silentTicks = hasReceived || isDraining ? 0 : silentTicks + 1
    hasReceived = false
    return silentTicks
  }

  // MARK: The end

  /// Takes and delivers nothing any more and closes behind this tick's write. The owner is told later, never from
  /// within this call.
  func close(_ reason: ConnectionEnd = .closedHere) {
    guard endReason == nil else { return }
    endReason = reason
    guard let context else { return }
    context.eventLoop.execute { self.context?.close(promise: nil) }
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    close(.failed(systemReason(of: error)))
  }

  func channelInactive(context: ChannelHandlerContext) {
    finish()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    finish()
  }

  private func finish() {
    context = nil
    guard let owner else { return }
    self.owner = nil
    outgoing = ByteBuffer()
    incoming = ByteBuffer()
    reservation.coverRegardless(0)
    outgoingReservation.coverRegardless(0)
    unwritten = 0
    let reason = endReason ?? .closedByPeer
    endReason = reason
    owner.connectionEnded(reason)
  }
}

/// What stands behind a ``FramedConnection``: called on its event loop.
protocol FramedConnectionOwner: AnyObject {
  func frameReceived(_ payload: [UInt8])
  /// What waited has been written, but for less than the socket's own buffering.
  func queueDrained()
  /// Called exactly once, last.
  func connectionEnded(_ reason: ConnectionEnd)
}

/// Why a connection ended.
public enum ConnectionEnd: Hashable, Sendable, CustomStringConvertible {
  case closedHere
  case closedByPeer
  /// No sign of life for the configured time.
  case silent
  case brokenFrame(FrameError)
  /// More waited to be sent than is allowed.
  case queueFull
  /// A newer connection took its place.
  case replaced
  /// The client had asked nothing, and there were too many.
  case madeRoom
  /// A frame would have taken more memory than the node has left.
  case outOfMemory
  case failed(String)

  public var description: String {
    switch self {
    case .closedHere: "closed"
    case .closedByPeer: "closed by the other side"
    case .silent: "no answer in time"
    case .brokenFrame(let error): error.description
    case .queueFull: "the other side reads too slowly"
    case .replaced: "replaced by a newer connection"
    case .madeRoom: "made room for other clients"
    case .outOfMemory: "the node has no memory left for what was being sent"
    case .failed(let reason): reason
    }
  }
}
