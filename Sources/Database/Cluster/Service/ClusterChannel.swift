import Foundation
public import RoostStore

/// A kind of question that nodes answer, on the peer and the native protocol: its number there, and the types of what is
/// asked and answered. Bodies are JSON, for they are rare.
///
///     let progress = try ClusterChannels.progress.answer(in: await ask(address, ClusterChannels.progress.request(question)))
public struct ClusterChannel<Question: Codable & Sendable, Answer: Codable & Sendable>: Sendable {
  let opcode: UInt8

  /// - Parameter opcode: nobody else's, for a node refuses to start with two channels of one number.
  init(_ opcode: UInt8) { self.opcode = opcode }

  /// What asks it.
  public func request(_ question: Question) -> Request {
    .application(opcode: opcode, body: encoded(question))
  }

  /// What is answered; nil if the response is something else: a failure, or who may know.
  public func answer(in response: Response) -> Answer? {
    guard case .application(let body) = response else { return nil }
    return try? decode(body)
  }

  /// The answer in the body of a response. Throws `DecodingError`.
  public func decode(_ body: [UInt8]) throws -> Answer { try JSONDecoder().decode(Answer.self, from: Data(body)) }

  /// The question in the body of a request; nil if that can't be read. An empty body asks the question that has no parts.
  func question(in body: [UInt8]) -> Question? {
    try? JSONDecoder().decode(Question.self, from: body.isEmpty ? Data("{}".utf8) : Data(body))
  }
}

/// The channels of the cluster floor; each is declared beside what is asked and answered on it.
public enum ClusterChannels {}

/// A question without parts.
public struct NoParts: Codable, Sendable {
  public init() {}
}

extension RequestChannels {
  /// Serves a channel. `serve` answers exactly once.
  func register<Question, Answer>(
    _ channel: ClusterChannel<Question, Answer>,
    _ serve: @escaping (Question, ClusterReply<Answer>) -> Void
  ) {
    register(channel.opcode) { body, respond in
      guard let question = channel.question(in: body) else {
        return respond(.malformed("a request that can't be read"))
      }
      serve(question, ClusterReply(respond: respond))
    }
  }
}

/// Takes the answer to one question.
struct ClusterReply<Answer: Codable & Sendable>: Sendable {
  /// For what is no answer: a failure, or who may know.
  let respond: @Sendable (Response) -> Void

  func callAsFunction(_ answer: Answer) { respond(response(answer)) }

  func response(_ answer: Answer) -> Response { .application(encoded(answer)) }
}

private func encoded(_ value: some Encodable) -> [UInt8] {
  // Plain values: there is nothing in them that could fail.
  (try? JSONEncoder.stable.encode(value)).map { [UInt8]($0) } ?? []
}
