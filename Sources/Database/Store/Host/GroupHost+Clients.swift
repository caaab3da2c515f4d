import RoostBase
public import RoostPlatform

/// The host as the server of native clients.
///
/// A client may have many requests under way; answers come in any order, each with the id of its request. One that has
/// too many is not read from until some are answered.
extension GroupHost: NativeService {
  static let maximumRequestsPerClient = 1024
  static let maximumBytesPerClient = 32 << 20
  private static let scanByteLimit = 1 << 20

  public func clientConnected(_ connection: any NativeConnection) {
    guard !isStopped else { return connection.close() }
    clients[ObjectIdentifier(connection)] = ClientState(connection: connection)
  }

  public func clientDisconnected(_ connection: any NativeConnection) {
    clients[ObjectIdentifier(connection)] = nil
  }

  public func received(_ payload: [UInt8], from connection: any NativeConnection) {
    guard !isStopped, let client = clients[ObjectIdentifier(connection)] else { return connection.close() }
    var reader = ByteReader(payload)
    guard let id = try? reader.readVarint() else {
      count(\.refusedRequests)
      return connection.close()
    }
    let request: Request
    do { request = try Request(from: &reader) } catch {
      count(\.refusedRequests)
      connection.send(NativePayload.response(id, .malformed(error.description)))
      return
    }
    // What an answer may take counts from the beginning: a client that sends ahead waits for its answers.
    let cost = payload.count + GroupHost.answerBytes(request)
    client.begin(bytes: cost)
    serve(request) { response in
      connection.send(NativePayload.response(id, response))
      client.end(bytes: cost)
    }
  }

  /// Bytes that an answer may have beyond what any has.
  private static func answerBytes(_ request: Request) -> Int {
    switch request {
    case .scan(_, let limit, _): limit > 64 ? maximumBytesPerClient / 2 : maximumBytesPerClient / 8
    case .put, .delete, .commit, .get, .readIndex, .application: 0
    }
  }

  private func serve(_ request: Request, respond: @escaping @Sendable (Response) -> Void) {
    switch request {
    case .put(let key, let value):
      commit(CommitRequest(readTimestamp: .zero, writes: [.init(key: key, value: value)]), respond)
    case .delete(let key):
      commit(CommitRequest(readTimestamp: .zero, writes: [.init(key: key, value: nil)]), respond)
    case .commit(_, var request):
      // Deletions speak for themselves; that a put belongs to one is the word of a node only.
      request.recordsRemoval = false
      commit(request, respond)
    case .get(let key, let level):
      do throws(StoreError) { try configuration.keySpace.requireOpen(key) } catch { return respond(.failure(error)) }
      view(for: key, level) { result in
        respond(GroupHost.response { () throws(StoreError) in .value(try result.get().get(key)) })
      }
    case .scan(let range, let limit, let level):
      let open: KeyRange
      do throws(StoreError) { open = try configuration.keySpace.clamped(range) } catch {
        return respond(.failure(error))
      }
      guard let group = group(of: range.lower), let replica = replica(of: group) else {
        return respond(.failure(.noPartition(range.lower)))
      }
      // What lies beyond the partition is not part of its view.
      let range = KeyRange(open.lower, min(open.upper, replica.descriptor.range.upper))
      view(for: range.lower, level) { result in
        respond(
          GroupHost.response { () throws(StoreError) in
            .pairs(try GroupHost.pairs(range, limit: limit, from: try result.get()))
          })
      }
    case .readIndex: respond(.malformed("this request is for nodes"))
    case .application(let opcode, let body): channels.serve(opcode, body, respond: respond)
    }
  }

  private func commit(_ request: CommitRequest, _ respond: @escaping @Sendable (Response) -> Void) {
    do throws(StoreError) { try configuration.keySpace.requireOpen(request) } catch { return respond(.failure(error)) }
    guard let key = request.writes.first?.key else { return respond(.malformed("a commit without writes")) }
    guard let group = group(of: key) else { return respond(.failure(.noPartition(key))) }
    if let excess = request.excess { return respond(.failure(excess)) }
    commit(request, in: group, timeLimit: GroupHost.clientTimeLimit) { result in
      switch result {
      case .success(let timestamp): respond(.committed(timestamp))
      case .failure(let error): respond(.failure(error))
      }
    }
  }

  private func view(
    for key: Key, _ level: TransactionOptions.ReadLevel,
    _ body: @escaping @Sendable (Result<any LocalReadView, StoreError>) -> Void
  ) {
    guard let group = group(of: key) else { return body(.failure(.noPartition(key))) }
    switch level {
    case .linearizable: openView(of: group, timeLimit: GroupHost.clientTimeLimit, completion: body)
    case .stale: body(Result { () throws(StoreError) in try openStaleView(of: group) })
    }
  }

  private static func response(_ body: () throws(StoreError) -> Response) -> Response {
    do throws(StoreError) { return try body() } catch { return .failure(error) }
  }

  private static func pairs(
    _ range: KeyRange, limit: Int, from view: any LocalReadView
  ) throws(StoreError) -> [KeyValue] {
    let cursor = try view.localCursor(range, reverse: false)
    var pairs: [KeyValue] = []
    var bytes = 0
    while pairs.count < limit, bytes < scanByteLimit {
      let next = try cursor.next(min(limit - pairs.count, 64))
      if next.isEmpty { break }
      for pair in next { bytes += pair.key.bytes.count + pair.value.count }
      pairs.append(contentsOf: next)
    }
    return pairs
  }
}

/// What a host knows of one native client. Touched on the host's loop only.
final class ClientState: @unchecked Sendable {
  private let connection: any NativeConnection
  private var running = 0
  private var bytes = 0
  private var isReading = true

  init(connection: any NativeConnection) { self.connection = connection }

  func begin(bytes count: Int) {
    running += 1
    bytes += count
    guard isReading, running >= GroupHost.maximumRequestsPerClient || bytes >= GroupHost.maximumBytesPerClient else {
      return
    }
    isReading = false
    connection.setReading(false)
  }

  func end(bytes count: Int) {
    running -= 1
    bytes -= count
    guard !isReading, running <= GroupHost.maximumRequestsPerClient / 2, bytes <= GroupHost.maximumBytesPerClient / 2
    else { return }
    isReading = true
    connection.setReading(true)
  }
}
