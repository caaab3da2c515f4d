import RoostRelational
import Testing

@testable import RoostPostgresWire

@Suite("ExtendedQueryState rules")
struct ExtendedQueryStateTests {
  private let error = SQLError("22012", "division by zero")

  private func step(_ conversation: inout ExtendedQueryState, _ message: FrontendMessage) -> String {
    switch conversation.receive(message) {
    case .skip: "skip"
    case .perform: "perform"
    case .fail(let error): "fail \(error.code)"
    case .synchronize: "synchronize"
    case .end: "end"
    }
  }

  @Test("an error in an extended batch drops everything up to Sync")
  func skipToSync() {
    for failing in [
      FrontendMessage.execute(portal: "", maxRows: 0), .describe(.portal, name: ""), .close(.statement, name: ""),
      .flush, .unusable(.bind, error), .unusable(.parse, error),
    ] {
      var conversation = ExtendedQueryState()
      #expect(conversation.failed(failing) == .skipToSync)
      let steps = [
        FrontendMessage.execute(portal: "", maxRows: 0), .flush, .query("SELECT 1"), .functionCall, .copyRemainder,
        .unusable(.query, error), .sync, .query("SELECT 1"),
      ].map { step(&conversation, $0) }
      #expect(steps == ["skip", "skip", "skip", "skip", "skip", "skip", "synchronize", "perform"], "\(failing)")
    }
  }

  @Test("an error of a simple query concerns nothing behind it")
  func simpleError() {
    var conversation = ExtendedQueryState()
    #expect(conversation.failed(.query("x")) == .readyForQuery)
    #expect(conversation.failed(.unusable(.query, error)) == .readyForQuery)
    #expect(step(&conversation, .query("SELECT 1")) == "perform")
    #expect(step(&conversation, .functionCall) == "fail 0A000")
    #expect(conversation.failed(.functionCall) == .readyForQuery)
  }

  @Test("Terminate ends even a batch that failed")
  func terminate() {
    var conversation = ExtendedQueryState()
    _ = conversation.failed(.flush)
    #expect(step(&conversation, .terminate) == "end")
  }
}
