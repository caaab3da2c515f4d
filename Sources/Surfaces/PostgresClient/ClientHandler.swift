import NIOCore

/// Writes requests, reads answers and gives each to the request it belongs to. Lives on its channel's event loop.
///
/// Every request ends with the server's ReadyForQuery; the first one is the start-up itself.
final class ClientHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private struct Request {
    var keepsRows: Bool
    var done: (PostgresReply) -> Void
  }

  /// A reply that holds more than this is not what a command line can show: the connection is given up.
  private static let maximumReplySize = 256 << 20

  private let eventLoop: any EventLoop
  private let user: String
  private let database: String
  private let applicationName: String
  private var context: ChannelHandlerContext?
  private var bytes = ByteBuffer()
  private var requests = CircularBuffer<Request>()
  private var reply = PostgresReply()
  private var replySize = 0
  /// The statement whose rows are coming.
  private var result = PostgresResult()
  private var failure: PostgresClientError?

  private(set) var parameters: [String: String] = [:]
  private(set) var backendKey: (processID: UInt32, secret: UInt32)?
  var notice: ((PostgresNotice) -> Void)?

  init(user: String, database: String, applicationName: String, eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
    self.user = user
    self.database = database
    self.applicationName = applicationName
  }

  // MARK: Requests

  func enqueue(keepsRows: Bool, _ done: @escaping (PostgresReply) -> Void) {
    requests.append(Request(keepsRows: keepsRows, done: done))
  }

  func send(
    keepsRows: Bool, _ done: @escaping (PostgresReply) -> Void, _ write: (inout ByteBuffer) -> Void
  ) {
    guard let context, failure == nil else {
      // Later, not now: a closed loop that answers a failure with the next request would recurse without end.
      let reply = PostgresReply(error: failure ?? .connectionLost("the connection is closed"))
      eventLoop.assumeIsolated().execute { done(reply) }
      return
    }
    enqueue(keepsRows: keepsRows, done)
    var buffer = context.channel.allocator.buffer(capacity: 256)
    write(&buffer)
    context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
  }

  func terminate() {
    guard let context else { return }
    var buffer = context.channel.allocator.buffer(capacity: 8)
    buffer.writeClientMessage("X") { _ in }
    context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    context.close(promise: nil)
  }

  // MARK: Channel events

  func channelActive(context: ChannelHandlerContext) {
    self.context = context
    var buffer = context.channel.allocator.buffer(capacity: 256)
    buffer.writeStartup(user: user, database: database, applicationName: applicationName)
    context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var received = unwrapInboundIn(data)
    if bytes.readableBytes == 0 { bytes = received } else { bytes.writeBuffer(&received) }
    do throws(PostgresClientError) {
      while failure == nil, let message = try nextMessage() { try handle(message) }
    } catch {
      fail(error)
      context.close(promise: nil)
    }
    if bytes.readableBytes == 0 { bytes = ByteBuffer() }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    fail(.connectionLost("the connection broke: \(systemReason(of: error))"))
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    fail(.connectionLost("the server closed the connection"))
  }

  // MARK: Answers

  private func nextMessage() throws(PostgresClientError) -> ServerMessage? {
    let start = bytes.readerIndex
    guard let type: UInt8 = bytes.getInteger(at: start), let length: Int32 = bytes.getInteger(at: start + 1)
    else { return nil }
    guard length >= 4, Int(length) <= Self.maximumReplySize else {
      throw .protocolViolation("what answers does not speak PostgreSQL's protocol (it sent \(beginning))")
    }
    guard bytes.readableBytes >= 1 + Int(length) else { return nil }
    bytes.moveReaderIndex(forwardBy: 5)
    guard let body = bytes.readSlice(length: Int(length) - 4) else { return nil }
    return try ServerMessage(type: type, body: body)
  }

  private func handle(_ message: ServerMessage) throws(PostgresClientError) {
    switch message {
    case .authenticationOk, .other: break
    case .authenticationRequest(let method):
      throw PostgresClientError(
        code: "28000", severity: "FATAL", message: "the server asks for authentication method \(method)")
    case .parameterStatus(let name, let value): parameters[name] = value
    case .backendKey(let processID, let secret): backendKey = (processID, secret)
    case .notice(let received): notice?(received)
    case .rowDescription(let columns): result = PostgresResult(columns: columns)
    case .dataRow(let body): try add(body)
    case .commandComplete(let tag):
      result.tag = tag
      endStatement()
    case .emptyQuery: endStatement()
    case .error(let error):
      reply.error = error
      if error.severity != "ERROR" { throw error }
    case .readyForQuery: endRequest()
    }
  }

  /// The first bytes of what can't be read, for people: a text in quotes, else digits.
  private var beginning: String {
    let first = bytes.readableBytesView.prefix(24)
    let isText = first.allSatisfy { (0x20..<0x7F).contains($0) || $0 == 0x0D || $0 == 0x0A }
    guard !isText else { return "\"" + String(decoding: first.filter { $0 >= 0x20 }, as: UTF8.self) + "\"" }
    return first.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }

  private func add(_ row: ByteBuffer) throws(PostgresClientError) {
    result.rowCount += 1
    guard let request = requests.first, request.keepsRows else { return }
    replySize += row.readableBytes
    guard replySize <= Self.maximumReplySize else {
      throw PostgresClientError(
        code: "54000", severity: "FATAL", message: "a reply of more than \(Self.maximumReplySize) bytes",
        hint: "Ask for fewer rows.")
    }
    result.rows.append(try ServerMessage.readRow(row))
  }

  private func endStatement() {
    reply.results.append(result)
    result = PostgresResult()
  }

  private func endRequest() {
    guard let request = requests.popFirst() else { return }
    // A described statement that was not run: its columns are the result.
    if reply.error == nil, !result.columns.isEmpty { endStatement() }
    let finished = reply
    reply = PostgresReply()
    result = PostgresResult()
    replySize = 0
    request.done(finished)
  }

  /// Ends every request that waits.
  private func fail(_ error: PostgresClientError) {
    if failure == nil { failure = error }
    let waiting = requests
    requests = CircularBuffer()
    for request in waiting { request.done(PostgresReply(error: failure)) }
  }
}
