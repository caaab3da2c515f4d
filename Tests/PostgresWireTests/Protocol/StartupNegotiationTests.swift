import RoostRelational
import Testing

@testable import RoostPostgresWire

@Suite("Start-up negotiation")
struct StartupNegotiationTests {
  private func begin(_ parameters: [(String, String)], minor: UInt16 = 0) throws -> StartupRequest {
    var negotiation = StartupNegotiation(databaseName: "roost")
    let packet = StartupPacket.startup(
      major: 3, minor: minor, parameters: parameters.map { .init(name: $0.0, value: $0.1) })
    switch negotiation.receive(packet) {
    case .begin(let request): return request
    case .refuse(let error): throw error
    case .declineEncryption, .cancel: throw SQLError("XX000", "not an answer to a startup message")
    }
  }

  private func refusal(_ parameters: [(String, String)]) -> String? {
    do {
      _ = try begin(parameters)
      return nil
    } catch {
      return (error as? SQLError)?.code
    }
  }

  @Test(
    "the database is the configured one, postgres, or the user's own",
    arguments: [
      ("roost", "roost", nil), ("ada", "roost", nil), ("ada", "postgres", nil), ("ada", "ada", nil),
      ("ada", "", nil), ("ada", "other", "3D000"),
    ] as [(String, String, String?)])
  func databases(user: String, database: String, code: String?) {
    #expect(refusal([("user", user), ("database", database)]) == code)
  }

  @Test("a user is needed")
  func user() {
    #expect(refusal([("database", "roost")]) == "28000")
    #expect(refusal([("user", "")]) == "28000")
  }

  @Test("replication is refused, its absence is not")
  func replication() {
    #expect(refusal([("user", "u"), ("replication", "database")]) == "0A000")
    #expect(refusal([("user", "u"), ("replication", "true")]) == "0A000")
    #expect(refusal([("user", "u"), ("replication", "off")]) == nil)
  }

  @Test(
    "only encodings that are UTF-8 in disguise are taken",
    arguments: [("UTF8", "UTF8"), ("utf-8", "UTF8"), ("Unicode", "UTF8"), ("SQL_ASCII", "SQL_ASCII"), ("LATIN1", nil)]
      as [(String, String?)])
  func encodings(asked: String, taken: String?) {
    if let taken {
      #expect((try? begin([("user", "u"), ("client_encoding", asked)]))?.parameters["client_encoding"] == taken)
    } else {
      #expect(refusal([("user", "u"), ("client_encoding", asked)]) == "22023")
    }
  }

  @Test("options become settings")
  func options() throws {
    let request = try begin([
      ("user", "u"), ("options", "-c DateStyle=ISO --statement-timeout=5s -cTimeZone=Europe/Paris -c a=b\\ c"),
      ("application_name", "test"),
    ])
    #expect(
      request.parameters == [
        "DateStyle": "ISO", "statement_timeout": "5s", "TimeZone": "Europe/Paris", "a": "b c",
        "application_name": "test",
      ])
    #expect(refusal([("user", "u"), ("options", "-x")]) == "42601")
    #expect(refusal([("user", "u"), ("options", "-c")]) == "42601")
    #expect(refusal([("user", "u"), ("options", "-c =1")]) == "42601")
  }

  @Test("a client that asks for more than 3.0 is told what there is")
  func versions() throws {
    #expect(try begin([("user", "u")]).negotiates == false)
    #expect(try begin([("user", "u")], minor: 2).negotiates)
    let extended = try begin([("user", "u"), ("_pq_.compression", "zstd")])
    #expect(extended.negotiates)
    #expect(extended.unsupportedOptions == ["_pq_.compression"])
    var negotiation = StartupNegotiation(databaseName: "roost")
    guard case .refuse(let error) = negotiation.receive(.startup(major: 2, minor: 0, parameters: [])) else {
      Issue.record("version 2 was taken")
      return
    }
    #expect(error.code == "0A000")
  }

  @Test("encryption is declined once per kind")
  func encryption() {
    var negotiation = StartupNegotiation(databaseName: "roost")
    for packet in [StartupPacket.encryptionRequest(.gss), .encryptionRequest(.tls)] {
      guard case .declineEncryption = negotiation.receive(packet) else {
        Issue.record("\(packet) was not declined")
        return
      }
      guard case .refuse(let error) = negotiation.receive(packet) else {
        Issue.record("\(packet) was declined twice")
        return
      }
      #expect(error.code == "08P01")
    }
  }
}
