import RoostBase
import Testing

@testable import RoostStore

@Suite("Kinds of requests that the floors above serve")
struct RequestChannelsTests {
  private final class Answers: @unchecked Sendable {  // for one thread
    var all: [Response] = []
  }

  private func ask(_ channels: RequestChannels, _ opcode: UInt8, _ body: [UInt8] = []) -> [Response] {
    let answers = Answers()
    channels.serve(opcode, body) { answers.all.append($0) }
    return answers.all
  }

  @Test func requestGoesToWhoRegisteredItsKind() {
    let channels = RequestChannels()
    channels.register(64) { body, respond in respond(.application(body.reversed())) }
    channels.register(65) { _, respond in respond(.notLeader(.none, nil)) }
    #expect(ask(channels, 64, [1, 2]) == [.application([2, 1])])
    #expect(ask(channels, 65) == [.notLeader(.none, nil)])
  }

  @Test func kindThatNobodyServesIsRefused() {
    let channels = RequestChannels()
    channels.register(64) { _, respond in respond(.application([])) }
    #expect(ask(channels, 200) == [.malformed("unknown request 200")])
  }

  @Test func nodeThatServesNothingYetSaysSo() {
    #expect(ask(RequestChannels(), 64) == [.failure(.notServing)])
  }
}
