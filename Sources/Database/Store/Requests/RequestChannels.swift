/// What the floors above serve on the peer and the native protocol: whoever serves a kind of request registers it here,
/// by its number. Touched on the host's loop only.
public final class RequestChannels {
  /// Serves one request. It answers exactly once, then or later.
  public typealias Handler = (_ body: [UInt8], _ respond: @escaping @Sendable (Response) -> Void) -> Void

  private var handlers: [UInt8: Handler] = [:]

  init() {}

  /// - Parameter opcode: the number of the kind, from ``Request/firstApplicationOpcode`` on, and nobody else's.
  public func register(_ opcode: UInt8, _ handler: @escaping Handler) {
    precondition(opcode >= Request.firstApplicationOpcode, "a request of the store's own has the number \(opcode)")
    let former = handlers.updateValue(handler, forKey: opcode)
    precondition(former == nil, "two kinds of request have the number \(opcode)")
  }

  func serve(_ opcode: UInt8, _ body: [UInt8], respond: @escaping @Sendable (Response) -> Void) {
    // A node that is just being put together, or nothing but a store.
    if handlers.isEmpty { return respond(.failure(.notServing)) }
    guard let handler = handlers[opcode] else { return respond(.malformed("unknown request \(opcode)")) }
    handler(body, respond)
  }
}
