import ArgumentParser
import Foundation
import RoostPlatform
import Testing

@testable import RoostCommand

@Suite("What a demo cluster consists of")
struct DemoPlanTests {
  private let plan = DemoPlan(nodeCount: 3, host: "127.0.0.1", firstPort: 25_432, directory: "/tmp/d")

  @Test func nodesHaveTheirOwnPortsAndDirectories() {
    #expect(plan.nodes.map(\.name) == ["node1", "node2", "node3"])
    #expect(plan.nodes.map(\.directory) == ["/tmp/d/node1", "/tmp/d/node2", "/tmp/d/node3"])
    #expect(plan.nodes.map(\.ports.sql) == [25_432, 25_433, 25_434])
    #expect(plan.nodes.map(\.ports.peer) == [27_432, 27_433, 27_434])
  }

  @Test func nodesThatAreThereAreNotSentToAnotherPort() {
    for calledByMake in [false, true] {
      #expect(DemoCommand.remedy(hasNodes: true, calledByMake: calledByMake).contains("another directory"))
      #expect(DemoCommand.remedy(hasNodes: false, calledByMake: calledByMake).contains("another port"))
    }
  }

  @Test func noTwoNodesOfTheLargestDemoShareAPort() {
    let largest = DemoPlan(nodeCount: DemoPlan.nodeCounts.upperBound, host: "h", firstPort: 5432, directory: "d")
    let ports = largest.nodes.flatMap { [$0.ports.sql, $0.ports.peer] }
    #expect(Set(ports).count == ports.count)
  }

  @Test func theWordsThatStartANodeAreUnderstood() throws {
    let arguments = plan.startArguments(of: plan.nodes[1])
    let parsed = try Roost.parseAsRoot(arguments)
    let command = try #require(parsed as? StartCommand)
    let settings = try command.options.settings(environment: ["ROOST_PORT": "1", "ROOST_NODE_ID": "other"])
    #expect(settings.nodeID == "node2")
    #expect(settings.ports == plan.nodes[1].ports)
    #expect(settings.dataDirectory == "/tmp/d/node2")
    #expect(settings.mode == .primary)
    #expect(settings.join.map(\.port) == [27_432, 27_433, 27_434])
  }

  @Test func partitionsAreHandedToEveryNode() throws {
    #expect(!plan.startArguments(of: plan.nodes[0]).contains("--partitions"))
    let many = DemoPlan(nodeCount: 2, host: "h", firstPort: 25_432, directory: "/tmp/d", partitions: 64)
    for node in many.nodes {
      let command = try #require(try Roost.parseAsRoot(many.startArguments(of: node)) as? StartCommand)
      #expect(try command.options.settings(environment: [:]).partitions == 64)
    }
  }

  @Test func thePortInTheWayIsNamed() {
    #expect(plan.obstacle { _, _ in nil } == nil)
    #expect(plan.obstacle { _, port in port == 27_433 ? "taken" : nil } == "node2 cannot use peer port 27433: taken")
    #expect(plan.obstacle { _, port in port == 25_434 ? "taken" : nil } == "node3 cannot use SQL port 25434: taken")
  }

  @Test func nodesThatRunKeepTheirPorts() {
    #expect(plan.obstacle(isRunning: { $0.name == "node2" }) { _, port in port == 27_433 ? "taken" : nil } == nil)
  }

  @Test func aListenedPortIsFoundTaken() throws {
    let listener = FileDescriptor(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        #expect(bind(listener.number, address, length) == 0)
        #expect(listen(listener.number, 1) == 0)
        #expect(getsockname(listener.number, address, &length) == 0)
      }
    }
    let port = Int(UInt16(bigEndian: address.sin_port))
    let obstacle = try #require(PortProbe.obstacle(host: "127.0.0.1", port: port))
    #if os(Linux)
      #expect(obstacle.contains("process \(getpid()) ("), "\(obstacle)")
    #endif
  }

  @Test func wrongUseAndFailureHaveTheirExitStatus() {
    func status(_ arguments: String...) -> Int32? {
      do {
        _ = try Roost.parseAsRoot(arguments)
        return nil
      } catch {
        return Roost.status(of: error)
      }
    }
    #expect(status("demo") == nil)
    #expect(status("demo", "--nodes", "0") == 2)
    #expect(status("demo", "--port", "65000") == 2)
    #expect(status("demo", "--bogus") == 2)
    #expect(status("dance") == 2)
    #expect(status("demo", "--partitions", "20001") == 2)
    #expect(status("transfer", "node2", "--partition", "3", "--json") == nil)
    #expect(status("transfer") == 2)
    #expect(status("replace", "node2", "--dry-run") == nil)
    #expect(status("replace") == 2)
    #expect(Roost.status(of: CommandFailure("x")) == 1)
    let problem = ConfigurationError(path: "port", source: .builtIn, reason: "x")
    #expect(Roost.status(of: ConfigurationRefusal(problems: [problem])) == 2)
    for command in [["status"], ["sql", "-c", "SELECT 1"], ["bench", "put"], ["partitions"], ["transfer", "node1"]] {
      for port in ["99999", "0", "-1", "x"] {
        #expect(exitStatus(of: command + ["--port=" + port]) == 2, "\(command) \(port)")
      }
      #expect(exitStatus(of: command + ["--port=65535"]) == nil, "\(command)")
    }
  }

  private func exitStatus(of arguments: [String]) -> Int32? {
    do {
      _ = try Roost.parseAsRoot(arguments)
      return nil
    } catch {
      return Roost.status(of: error)
    }
  }
}
