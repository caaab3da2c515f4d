import ArgumentParser
import Foundation
import RoostCluster
import RoostPlatform
import RoostTransport
import Testing

@testable import RoostCommand

@Suite("How a node is told to prove itself") struct SecuritySettingsTests {
  private func settings(
    _ flags: [String: String] = [:], _ environment: [String: String] = [:], file: String? = nil
  ) throws -> NodeSettings {
    try NodeSettings(
      ConfigurationLayers(
        flags: ["node-id": "node1", "data": "d"].merging(flags) { $1 }, environment: environment,
        file: file.map { (name: "roost.json", data: Data($0.utf8)) }))
  }

  @Test func theSecretLiesInTheDataDirectoryUnlessToldOtherwise() throws {
    #expect(try settings().security == .joinSecret(file: "d/join-secret"))
    #expect(try settings(["join-secret-file": "/s"]).security == .joinSecret(file: "/s"))
    #expect(try settings([:], ["ROOST_JOIN_SECRET_FILE": "/s"]).security == .joinSecret(file: "/s"))
    #expect(try settings(file: #"{"cluster": {"join_secret_file": "/s"}}"#).security == .joinSecret(file: "/s"))
  }

  @Test func insecureIsSaidByFlagEnvironmentOrFile() throws {
    #expect(try settings(["insecure": "true"]).security == .insecure)
    #expect(try settings([:], ["ROOST_INSECURE": "true"]).security == .insecure)
    #expect(try settings(file: #"{"cluster": {"insecure": true}}"#).security == .insecure)
    let parsed = try Roost.parseAsRoot(["start", "--node-id", "x", "--data", "d", "--insecure"])
    let command = try #require(parsed as? StartCommand)
    #expect(try command.options.settings(environment: [:]).security == .insecure)
    for (environment, file) in [(["ROOST_INSECURE": "yes"], nil), ([:], #"{"cluster": {"insecure": "true"}}"#)]
      as [([String: String], String?)]
    {
      #expect(throws: ConfigurationRefusal.self) { try settings([:], environment, file: file) }
    }
  }

  @Test(arguments: [("true", true), ("1", true), ("false", false), ("0", false), ("yes", false)])
  func commandsReadInsecureAsNodesDo(text: String, isInsecure: Bool) throws {
    let secret = RemoteSecret(try RemoteOptions.parse([]), environment: ["ROOST_INSECURE": text])
    let found = try? secret.authentication(for: PeerAddress(host: "192.0.2.1", port: 1))
    if case .insecure? = found { #expect(isInsecure) } else { #expect(!isInsecure) }
  }

  @Test func whatIsCloserCountsAndBothAtOnceAreRefused() throws {
    #expect(try settings(["join-secret-file": "/s"], ["ROOST_INSECURE": "true"]).security == .joinSecret(file: "/s"))
    #expect(try settings(["insecure": "true"], ["ROOST_JOIN_SECRET_FILE": "/s"]).security == .insecure)
    #expect(throws: ConfigurationRefusal.self) { try settings(["insecure": "true", "join-secret-file": "/s"]) }
  }

  @Test func insecureNodesAreNotReachedFromOtherMachines() throws {
    for flags in [
      ["host": "0.0.0.0"], ["host": "10.0.0.1"], ["host": "::"], ["host": "db1"], ["join": "10.0.0.1:7432"],
    ] {
      do {
        _ = try settings(flags.merging(["insecure": "true"]) { $1 })
        Issue.record("\(flags) was accepted")
      } catch let refusal as ConfigurationRefusal {
        #expect(refusal.problems.map(\.path) == ["cluster.insecure"])
      }
    }
    for host in ["localhost", "127.0.0.1", "127.1.2.3", "::1"] {
      #expect(try settings(["insecure": "true", "host": host]).security == .insecure)
    }
  }

  @Test func aDemoHandsItsSecretToEveryNode() throws {
    let plan = DemoPlan(nodeCount: 3, host: "127.0.0.1", firstPort: 25_432, directory: "/tmp/d")
    let insecure = DemoPlan(nodeCount: 3, host: "127.0.0.1", firstPort: 25_432, directory: "/tmp/d", isInsecure: true)
    for (plan, expected) in [(plan, NodeSecurity.joinSecret(file: "/tmp/d/join-secret")), (insecure, .insecure)] {
      for node in plan.nodes {
        let command = try #require(try Roost.parseAsRoot(plan.startArguments(of: node)) as? StartCommand)
        #expect(try command.options.settings(environment: [:]).security == expected)
      }
    }
    #expect(throws: (any Error).self) { try Roost.parseAsRoot(["demo", "--insecure", "--host", "0.0.0.0"]) }
  }
}
