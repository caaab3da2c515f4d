import NIOCore
import RoostPlatform
import RoostRelational
import RoostSQL

/// From the first byte to the session's task.
extension PostgresConnection {
  /// What a client is told about the session, in PostgreSQL's order of names.
  private static let reportedParameters = [
    "application_name", "client_encoding", "DateStyle", "default_transaction_read_only", "in_hot_standby",
    "integer_datetimes", "IntervalStyle", "is_superuser", "server_encoding", "server_version",
    "session_authorization", "standard_conforming_strings", "TimeZone",
  ]

  /// Acts on the start-up packets that have arrived.
  func negotiate() {
    while case .startup(var negotiation) = phase {
      let packet: StartupPacket
      do throws(ProtocolViolation) {
        guard case .startup(let next)? = try decoder.next() else { return }
        packet = next
      } catch {
        refuse(error.sqlError)
        return
      }
      let action = negotiation.receive(packet)
      phase = .startup(negotiation)
      switch action {
      case .declineEncryption:
        // Whatever came behind the request was sent before the answer and can't be trusted to be the client's.
        guard decoder.bufferedBytes == 0 else {
          refuse(SQLError("08P01", "received unencrypted data after encryption request"))
          return
        }
        output.writeInteger(0x4E as UInt8)  // N
        flush()
      case .cancel(let key):
        server.registry.cancel(key)
        channelContext?.close(promise: nil)
        return
      case .refuse(let error):
        refuse(error)
        return
      case .begin(let request):
        begin(request)
      }
    }
  }

  private func begin(_ request: StartupRequest) {
    guard let key else { return }
    if let refusal = server.registry.beginSession(
      of: key, applicationName: request.parameters["application_name"])
    {
      server.counters.countRefusal()
      refuse(refusal)
      return
    }
    server.counters.countSession()
    startupTimer?.cancel()
    startupTimer = nil
    let session = Session(
      database: server.database, user: request.user, databaseName: request.database, parameters: request.parameters)
    self.session = session
    server.registry.setSession(session, of: key)
    decoder.sessionBegins()
    phase = .session
    if request.negotiates { output.writeNegotiateProtocolVersion(unsupportedOptions: request.unsupportedOptions) }
    output.writeAuthenticationOk()
    _ = session.takeChangedParameters()
    for name in Self.reportedParameters {
      if let value = session.parameterStatus(name) { output.writeParameterStatus(name, value) }
    }
    output.writeBackendKeyData(key)
    output.writeReadyForQuery(session.status)
    flushIsDue = true
    let runner = SessionRunner(connection: self, session: session)
    session.placement = place
    Task(executorPreference: place) { await runner.run() }
  }
}
