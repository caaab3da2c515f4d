import NIOCore
import RoostPlatform
import RoostRelational
import RoostSQL

/// The task of one connection: takes a message, lets the session act, writes the answer, until the client is gone.
///
/// CommandComplete of an extended Execute is held back until the next message: when that is Sync, the implicit
/// transaction commits first, so a client never reads "INSERT 0 1" of a row that a failed commit then takes away.
///
/// What belongs to the connection is touched on its loop only. Long texts are parsed and planned off it, and a statement
/// that computes for long leaves it by itself: then its rows are collected in ``staged``, and the task comes back to
/// hand them on. To let go of what was made for a long statement takes long, too: that is done off the loop as well, and
/// so is that of a statement that fails there.
final class SessionRunner: @unchecked Sendable {  // used by the connection's task only
  let connection: PostgresConnection
  let session: Session
  var objects = NamedObjects()
  private var protocolState = ExtendedQueryState()
  private var heldCompletion: String?
  /// What large rows have drawn from the node's memory that the client has not taken yet, and their bytes.
  private var outputMemory: MemoryReservation
  private var objectMemory: MemoryReservation
  /// What the statements of the message in hand take while they are parsed, planned and run.
  private var statementMemory: MemoryReservation
  private var pendingBytes = 0
  /// Room for one value on its way to the client.
  private var scratch: [UInt8] = []
  /// Rows written while the task was off the loop.
  private var staged = ByteBuffer()
  private var place: SessionExecutor { connection.place }

  /// Texts from this size on are parsed and planned off the loop.
  private static let longText = 16 << 10
  /// Texts up to here cost less than the node's memory is asked for.
  private static let freeText = 1 << 10

  init(connection: PostgresConnection, session: Session) {
    self.connection = connection
    self.session = session
    outputMemory = MemoryReservation(connection.server.memory.messages)
    objectMemory = MemoryReservation(connection.server.memory.messages)
    statementMemory = MemoryReservation(connection.server.memory.messages)
  }

  func run() async {
    while let message = await connection.nextMessage() {
      switch protocolState.receive(message) {
      case .skip: continue
      case .perform:
        do throws(SQLError) {
          try await perform(message)
        } catch {
          await place.returnToLoop()
          unstage()
          releaseOutput()
          connection.stopStatementTimer()
          await report(error, from: message)
        }
      case .fail(let error):
        await report(error, from: message)
      case .synchronize:
        await synchronize()
      case .end:
        connection.end(.clientGone)
      }
    }
    await closePortals()
    if session.holdsMuch || objects.memory >= Self.longText { await place.leaveLoop() }
    objects = NamedObjects()
    await session.end()
    await place.returnToLoop()
    connection.sessionEnded()
  }

  /// Does what may take long, for a text of some size or a statement that needs to: off the loop. It ends on the loop if
  /// it succeeds; if it fails, what the callers hold is let go where the task is, and ``run()`` comes back.
  private func computing<T>(
    _ isLong: Bool = false, _ body: () async throws(SQLError) -> T
  ) async throws(SQLError) -> T {
    if isLong { await place.leaveLoop() }
    let result = try await body()
    await place.returnToLoop()
    return result
  }

  private func perform(_ message: FrontendMessage) async throws(SQLError) {
    writeHeldCompletion()
    defer { if statementMemory.held > 0 { statementMemory.coverRegardless(0) } }
    switch message {
    case .query(let text):
      connection.startStatementTimer()
      try await simpleQuery(text)
    case .parse(let parse):
      connection.startStatementTimer()
      try await self.parse(parse)
      connection.stopStatementTimer()
    case .bind(let bind):
      connection.startStatementTimer()
      try await self.bind(bind)
      connection.stopStatementTimer()
    case .describe(.statement, let name): try describeStatement(name)
    case .describe(.portal, let name): try describePortal(name)
    case .execute(let portal, let maxRows):
      connection.startStatementTimer()
      try await execute(portal, maxRows: maxRows)
      connection.stopStatementTimer()
    case .close(.statement, let name):
      await forgetStatement(name)
      try coverObjects()
      connection.output.writeCloseComplete()
    case .close(.portal, let name):
      await forgetPortal(name)
      connection.output.writeCloseComplete()
    case .flush: connection.flushIsDue = true
    case .sync, .terminate, .functionCall, .copyRemainder, .unusable:
      break  // the protocol state lets none of them through to here
    }
  }

  // MARK: Simple query

  /// All statements of the text are one implicit transaction; the first error ends them all.
  private func simpleQuery(_ text: String) async throws(SQLError) {
    connection.server.counters.countQuery()
    await forgetStatement("")
    await forgetPortal("")
    try await runStatements(of: text)
    await place.returnToLoop()
    if session.status == .idle { await closePortals() }
    writeReadyForQuery()
  }

  /// Ends off the loop if the text is long, so that what was made of it is let go of there.
  private func runStatements(of text: String) async throws(SQLError) {
    let isLong = text.utf8.count >= Self.longText
    let statements = try await parsed(text, isLong)
    do throws(SQLError) {
      for (index, statement) in statements.enumerated() {
        await place.returnToLoop()
        // Each statement has its own time; the first one's began with the message.
        if index > 0 { connection.startStatementTimer() }
        try await run(statement, isLast: index == statements.count - 1, isLong)
      }
    } catch {
      if isLong { await place.leaveLoop() }
      throw error
    }
    if isLong { await place.leaveLoop() }
  }

  /// Ends off the loop if to let go of the statement may take long.
  private func run(_ statement: ParsedStatement, isLast: Bool, _ isLong: Bool) async throws(SQLError) {
    session.commitComesNext = isLast
    let prepared = try await computing(isLong) { () async throws(SQLError) in
      try await session.prepare(statement, runsAtOnce: true)
    }
    let portal = try await session.bind(prepared)
    defer { session.close(portal) }
    do throws(SQLError) {
      let encoder = portal.columns.map { RowEncoder(columns: $0) }
      encoder?.writeDescription(to: &connection.output)
      let outcome = try await pull(portal, maxRows: 0, encoder: encoder)
      // Before the last completion, not after it: see above. And within the time of the last statement.
      let tagAfterRepeat = isLast ? try await commit() : nil
      connection.stopStatementTimer()
      writeNotices()
      switch outcome {
      case .completed(let tag): connection.output.writeCommandComplete(tagAfterRepeat ?? tag)
      case .empty, .suspended: connection.output.writeEmptyQueryResponse()
      }
    } catch {
      if portal.holdsMuch { await place.leaveLoop() }
      throw error
    }
    if portal.holdsMuch { await place.leaveLoop() }
  }

  // MARK: Extended query

  private func parse(_ message: ParseMessage) async throws(SQLError) {
    let size = message.query.utf8.count
    try objects.checkStatement(message.name, bytes: size)
    let isLong = size >= Self.longText
    let statements = try await parsed(message.query, isLong)
    do throws(SQLError) {
      try await prepare(statements, message, isLong)
    } catch {
      if isLong { await place.leaveLoop() }
      throw error
    }
    connection.output.writeParseComplete()
  }

  private func prepare(
    _ statements: [ParsedStatement], _ message: ParseMessage, _ isLong: Bool
  ) async throws(SQLError) {
    guard let statement = statements.first, statements.count == 1 else {
      throw SQLError("42601", "cannot insert multiple commands into a prepared statement")
    }
    try objects.checkStatement(message.name, bytes: statement.estimatedSize)
    try coverObjects(and: statement.estimatedSize)
    let prepared = try await computing(isLong) { () async throws(SQLError) in
      try await session.prepare(statement, parameterTypes: message.parameterTypes)
    }
    await forgetStatement(message.name)
    objects.insert(prepared, name: message.name, bytes: statement.estimatedSize)
  }

  private func bind(_ message: BindMessage) async throws(SQLError) {
    let size = message.parameters.reduce(0) { $0 + ($1?.readableBytes ?? 0) }
    try objects.checkPortal(message.portal, bytes: size)
    try coverObjects(and: size)
    let statement = try objects.statement(message.statement)
    let parameters = try await computing(size >= Self.longText) { () throws(SQLError) in
      try message.decodedParameters(of: statement, session.inputContext)
    }
    let portal = try await session.bind(statement, parameters: parameters)
    let encoder: RowEncoder
    do throws(SQLError) {
      encoder = try RowEncoder(columns: portal.columns ?? [], requested: message.resultFormats)
    } catch {
      session.close(portal)
      throw error
    }
    await forgetPortal(message.portal)
    objects.insert(NamedObjects.BoundPortal(portal: portal, encoder: encoder, bytes: size), name: message.portal)
    connection.output.writeBindComplete()
  }

  private func describeStatement(_ name: String) throws(SQLError) {
    let statement = try objects.statement(name)
    try checkDescribable(statement.columns)
    connection.output.writeParameterDescription(statement.parameterTypes)
    if let columns = statement.columns {
      RowEncoder(columns: columns).writeDescription(to: &connection.output)
    } else {
      connection.output.writeNoData()
    }
  }

  private func describePortal(_ name: String) throws(SQLError) {
    let bound = try objects.portal(name)
    try checkDescribable(bound.portal.columns)
    if bound.portal.columns == nil {
      connection.output.writeNoData()
    } else {
      bound.encoder.writeDescription(to: &connection.output)
    }
  }

  /// What a failed block returns can't be promised any more.
  private func checkDescribable(_ columns: [ResultColumn]?) throws(SQLError) {
    guard session.status == .failed, columns != nil else { return }
    throw SQLError("25P02", "current transaction is aborted, commands ignored until end of transaction block")
  }

  private func execute(_ name: String, maxRows: Int) async throws(SQLError) {
    connection.server.counters.countQuery()
    let bound = try objects.portal(name)
    let statusBefore = session.status
    session.commitComesNext = connection.isSyncNext
    let outcome = try await pull(bound.portal, maxRows: maxRows, encoder: bound.encoder)
    writeNotices()
    switch outcome {
    case .suspended: connection.output.writePortalSuspended()
    case .completed(let tag): heldCompletion = tag
    case .empty: connection.output.writeEmptyQueryResponse()
    }
    if statusBefore != .idle, session.status == .idle { await closePortals() }
  }

  private func synchronize() async {
    do throws(SQLError) {
      connection.resumeStatementTimer()
      if let tag = try await commit(), heldCompletion != nil { heldCompletion = tag }
      connection.stopStatementTimer()
      if session.status == .idle { await closePortals() }
      writeNotices()
      writeHeldCompletion()
    } catch {
      await place.returnToLoop()
      connection.stopStatementTimer()
      await writeError(error)
    }
    writeReadyForQuery()
  }

  // MARK: What all share

  /// Parses a text and draws memory for it as it is read: only the parser knows what is a word and what is in quotes.
  private func parsed(_ text: String, _ isLong: Bool) async throws(SQLError) -> [ParsedStatement] {
    guard text.utf8.count > Self.freeText else { return try session.parse(text) }
    return try await computing(isLong) { () throws(SQLError) in
      try session.parse(text) { [unowned self] bytes throws(SQLError) in
        guard statementMemory.cover(bytes) else { throw connection.server.outOfMemory("for a statement of this size") }
      }
    }
  }

  /// Runs a portal and writes its rows, in step with the client; on the loop, unless even to begin takes long.
  private func pull(_ portal: Portal, maxRows: Int, encoder: RowEncoder?) async throws(SQLError) -> PortalOutcome {
    if let reason = connection.pendingCancel { throw reason.error }
    let connection = connection
    let zone = session.timeZone
    if portal.isLong { await place.leaveLoop() }
    let outcome = try await session.execute(portal, maxRows: maxRows) { rows in
      guard let encoder else { return }
      guard place.isOnLoop else {
        try await self.stage(rows, of: portal, encoder, zone)
        return
      }
      for row in rows {
        try cover(row, in: &connection.output)
        try encoder.write(row, zone: zone, scratch: &self.scratch, to: &connection.output)
        if connection.output.readableBytes >= PostgresConnection.chunk { try await deliver(for: portal) }
      }
    }
    await place.returnToLoop()
    unstage()
    // Less than a chunk is left to send.
    releaseOutput()
    return outcome
  }

  /// Writes rows of a statement that computes off the loop; comes back to hand them on when there are many.
  private func stage(
    _ rows: [[Datum]], of portal: Portal, _ encoder: RowEncoder, _ zone: TimeZoneOffset
  ) async throws(SQLError) {
    for row in rows {
      try cover(row, in: &staged)
      try encoder.write(row, zone: zone, scratch: &scratch, to: &staged)
      guard staged.readableBytes >= PostgresConnection.chunk else { continue }
      await place.returnToLoop()
      unstage()
      try await deliver(for: portal)
      await place.leaveLoop()
    }
  }

  /// Draws memory for a row with large values, before it is encoded, until the client has taken it.
  private func cover(_ row: [Datum], in output: inout ByteBuffer) throws(SQLError) {
    var bytes = 0
    for value in row { bytes += value.largeBytes }
    guard bytes > 0 else { return }
    // Twice, since a buffer grows to a power of two.
    pendingBytes += 2 * bytes
    guard outputMemory.cover(pendingBytes) else { throw connection.server.outOfMemory("for a row of \(bytes) bytes") }
    output.reserveCapacity(minimumWritableBytes: bytes)
  }

  /// Draws memory for the prepared statements and the parameters of portals that the session keeps, and `more`.
  private func coverObjects(and more: Int = 0) throws(SQLError) {
    guard objectMemory.cover(objects.memory + more) else {
      throw connection.server.outOfMemory("for prepared statements and portals")
    }
  }

  /// Hands rows on; if that fails, what their statement holds is let go of off the loop.
  private func deliver(for portal: Portal) async throws(SQLError) {
    defer { releaseOutput() }
    do throws(SQLError) {
      try await connection.deliver()
    } catch {
      if portal.holdsMuch { await place.leaveLoop() }
      throw error
    }
  }

  private func releaseOutput() {
    guard pendingBytes > 0 else { return }
    pendingBytes = 0
    outputMemory.coverRegardless(0)
  }

  private func unstage() {
    guard staged.readableBytes > 0 else { return }
    connection.output.writeBuffer(&staged)
    if staged.capacity > 2 * PostgresConnection.chunk { staged = ByteBuffer() } else { staged.clear() }
  }

  /// - Returns: the tag of the last statement, if it has another one now.
  @discardableResult
  private func commit() async throws(SQLError) -> String? {
    try await computing { () async throws(SQLError) in try await session.sync() }
  }

  private func report(_ error: SQLError, from message: FrontendMessage) async {
    writeHeldCompletion()
    await writeError(error)
    switch protocolState.failed(message) {
    case .skipToSync: break
    case .readyForQuery:
      // Ends the implicit transaction's batch; there is nothing left in it that could fail.
      _ = try? await commit()
      await place.returnToLoop()
      writeReadyForQuery()
    }
  }

  /// Rolls back what the error spoiled, then tells.
  private func writeError(_ error: SQLError) async {
    await session.fail()
    await closePortals()
    heldCompletion = nil
    connection.pendingCancel = nil
    session.forgetCancellation()
    writeNotices()
    connection.server.counters.countError()
    connection.output.writeError(error)
  }

  private func writeHeldCompletion() {
    guard let tag = heldCompletion else { return }
    heldCompletion = nil
    connection.output.writeCommandComplete(tag)
  }

  private func writeNotices() {
    for notice in session.takeNotices() { connection.output.writeNotice(notice) }
  }

  private func writeReadyForQuery() {
    let changed = session.takeChangedParameters()
    if !changed.isEmpty {
      for (name, value) in changed.sorted(by: { $0.key < $1.key }) {
        connection.output.writeParameterStatus(name, value)
      }
    }
    connection.output.writeReadyForQuery(session.status)
    connection.flushIsDue = true
  }

  private func closePortals() async {
    if objects.hasPortals {
      if objects.portalsHoldMuch { await place.leaveLoop() }
      objects.removeAllPortals { session.close($0) }
      await place.returnToLoop()
    }
    // Less is always there.
    _ = objectMemory.cover(objects.memory)
  }

  private func forgetPortal(_ name: String) async {
    if objects.holdsMuch(portal: name) { await place.leaveLoop() }
    objects.removePortal(name) { session.close($0) }
    await place.returnToLoop()
  }

  private func forgetStatement(_ name: String) async {
    if objects.bytes(ofStatement: name) >= Self.longText { await place.leaveLoop() }
    objects.removeStatement(name)
    await place.returnToLoop()
  }
}
