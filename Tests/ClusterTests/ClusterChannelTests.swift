import RoostBase
import RoostStore
import Testing

@testable import RoostCluster

@Suite("Typed questions between nodes")
struct ClusterChannelTests {
  private let channel = ClusterChannel<TransferRequest, TransferResponse>(99)

  @Test func questionArrivesAsItWasAsked() throws {
    guard case .application(99, let body) = channel.request(TransferRequest(target: "node2", partition: 7)) else {
      Issue.record("another request")
      return
    }
    let question = try #require(channel.question(in: body))
    #expect(question.target == "node2" && question.partition == 7)
  }

  @Test func whatIsNoAnswerIsNone() {
    #expect(channel.answer(in: .notLeader(.none, nil)) == nil)
    #expect(channel.answer(in: .application(Array("{}".utf8))) == nil)
  }

  @Test func questionThatCannotBeReadIsNone() {
    #expect(channel.question(in: Array("[1".utf8)) == nil)
    #expect(channel.question(in: []) == nil, "it has parts that are not optional")
  }

  @Test func emptyBodyAsksWhatHasNoParts() {
    #expect(ClusterChannels.status.question(in: []) != nil)
  }
}
