import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage

/// Gathers what all groups want in the log, and hands it to the log thread once a turn of the loop: one append, one sync.
///
/// Touched on its loop only, which is what `@unchecked` relies on.
final class LogFront<Member: AnyObject & Sendable>: @unchecked Sendable {
  /// What an append holds back.
  private struct Answer: Sendable {
    var member: Member
    var responses: [Message]
  }

  private let loop: any Loop
  private let writer: LogWriter
  /// Called when a write of a member is durable: its responses may go out. Set it before the first write.
  var onDurable: (Member, [Message], Instant) -> Void = { _, _, _ in preconditionFailure("nobody is told") }
  @exclusivity(unchecked) private var writes: [LogWrite] = []
  @exclusivity(unchecked) private var answers: [Answer] = []
  private var isRetryArmed = false
  private var isStopped = false

  private static var retryInterval: Duration { .milliseconds(200) }

  init(loop: any Loop, writer: LogWriter) {
    self.loop = loop
    self.writer = writer
  }

  /// Nothing is called back afterwards.
  func stop() { isStopped = true }

  /// - Parameter responses: what may go out once the write is durable.
  func add(_ write: LogWrite, responses: [Message], of member: Member) {
    writes.append(write)
    answers.append(Answer(member: member, responses: responses))
  }

  /// - Parameter owner: stays alive until it is called back: members rely on it.
  func append(for owner: some AnyObject & Sendable) {
    guard !writes.isEmpty else { return }
    let writes = writes
    let answers = answers
    self.writes.removeAll(keepingCapacity: true)
    self.answers.removeAll(keepingCapacity: true)
    writer.append(writes, on: loop) { [self, owner] in
      withExtendedLifetime(owner) {
        if !isStopped { answer(answers) }
      }
    }
  }

  private func answer(_ answers: [Answer]) {
    let now = loop.now
    for index in answers.indices { onDurable(answers[index].member, answers[index].responses, now) }
  }

  /// The log has no room: what waits for it is tried again until it has. Returns whether that was not known yet.
  func retryUntilThereIsRoom() -> Bool {
    guard !isRetryArmed, !isStopped else { return false }
    isRetryArmed = true
    loop.schedule(at: loop.now + Self.retryInterval) { [self] in
      isRetryArmed = false
      if !isStopped { writer.retry() }
    }
    return true
  }
}
