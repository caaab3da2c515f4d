import Foundation
import NIOPosix
import RoostBase
import RoostPlatform
import RoostTransport
import Testing

@testable import RoostCluster

/// A folder for one test, gone with it.
private final class Folder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("roost-test-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func mode(of name: String) throws -> Int {
    let facts = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
    return (facts[.posixPermissions] as? NSNumber)?.intValue ?? 0
  }

  func allow(_ mode: Int, of name: String = "") throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path + "/" + name)
  }
}

@Suite("The file of a join secret") struct JoinSecretFileTests {
  @Test func isForItsOwnerOnlyAndIsNeverReplaced() throws {
    let folder = try Folder()
    let file = folder.path + "/join-secret"
    #expect(throws: JoinSecretFileError.missing(file)) { try JoinSecretFile.load(file) }
    let secret = JoinSecret()
    #expect(try JoinSecretFile.keep(secret, at: file) == secret)
    #expect(try folder.mode(of: "join-secret") == 0o600)
    #expect(try JoinSecretFile.keep(JoinSecret(), at: file) == secret)
    #expect(try JoinSecretFile.load(file) == secret)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["join-secret"])
  }

  @Test(arguments: [0o640, 0o604, 0o620, 0o660, 0o644, 0o601]) func isRefusedWhenOthersMayTouchIt(mode: Int) throws {
    let folder = try Folder()
    let file = folder.path + "/join-secret"
    _ = try JoinSecretFile.keep(JoinSecret(), at: file)
    try folder.allow(mode, of: "join-secret")
    #expect(throws: JoinSecretFileError.open(file, mode: mode)) { try JoinSecretFile.load(file) }
  }

  @Test func saysWhatIsWrongWithIt() throws {
    let folder = try Folder()
    let file = folder.path + "/join-secret"
    for (text, error) in [("", JoinSecretError.notASecret), ("roost-secret-abc", .damaged), ("hunter2", .notASecret)] {
      try? FileManager.default.removeItem(atPath: file)
      try Data(text.utf8).write(to: URL(fileURLWithPath: file))
      try folder.allow(0o600, of: "join-secret")
      #expect(throws: JoinSecretFileError.content(file, error)) { try JoinSecretFile.load(file) }
    }
    #expect(throws: JoinSecretFileError.unreadable(folder.path, reason: "it is no regular file")) {
      try JoinSecretFile.load(folder.path)
    }
  }
}

@Suite("What nodes of one user tell each other") struct LocalNodeRegistryTests {
  private let address = PeerAddress(host: "127.0.0.1", port: 7432)

  @Test func aNodeIsFoundWithItsSecretUntilItEnds() throws {
    let folder = try Folder()
    let file = folder.path + "/join-secret"
    let secret = try JoinSecretFile.keep(JoinSecret(), at: file)
    let registry = try #require(LocalNodeRegistry(environment: ["HOME": folder.path]))
    #expect(registry.find(address) == .unknown)
    let registration = try #require(registry.register(address, secretFile: file))
    for host in ["127.0.0.1", "localhost", "::1"] {
      let address = PeerAddress(host: host, port: 7432)
      #expect(registry.find(address) == .secret(secret, file: file))
      #expect(registry.find(address, isRunning: true) == .secret(secret, file: file))
    }
    #expect(registry.find(PeerAddress(host: "127.0.0.1", port: 7433)) == .unknown)
    #expect(registry.find(PeerAddress(host: "10.0.0.1", port: 7432)) == .unknown)
    // Who lives keeps its place.
    #expect(registry.register(address, secretFile: "/other") == nil)
    registration.end()
    #expect(registry.find(address) == .unknown)
    #expect(registry.register(address, secretFile: file) != nil)
  }

  /// Nodes that start together look for one another all the time.
  @Test func aNodeIsWrittenDownWhileOthersLookForIt() async throws {
    let loop = NIOLoop(MultiThreadedEventLoopGroup.singleton.next())
    let folder = try Folder()
    let registry = try #require(LocalNodeRegistry(environment: ["HOME": folder.path]))
    _ = registry.register(address, secretFile: nil)
    let entry = folder.path + "/.local/state/roost/nodes/" + LocalNodeRegistry.names(of: address)[0]
    // As it looks, for a moment.
    let descriptor = open(entry, O_RDONLY | O_CREAT | O_CLOEXEC, 0o600)
    #expect(descriptor >= 0 && flock(descriptor, LOCK_SH | LOCK_NB) == 0)
    loop.schedule(at: loop.now + .milliseconds(30)) { close(descriptor) }
    #expect(registry.register(address, secretFile: nil) == nil)
    let registration = await registry.register(address, secretFile: nil, on: loop)
    #expect(registration != nil)
    registration?.end()
  }

  @Test func otherAddressesAreFoundByTheirText() throws {
    let folder = try Folder()
    let registry = try #require(LocalNodeRegistry(environment: ["XDG_STATE_HOME": folder.path, "HOME": "/nowhere"]))
    let address = PeerAddress(host: "fe80::1/../x", port: 7432)
    let registration = try #require(registry.register(address, secretFile: nil))
    #expect(registry.find(address) == .insecure)
    // roost/nodes/hosts/ADDRESS: what stands in the address makes no folder.
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    #expect(paths.map { $0.split(separator: "/").count }.max() == 4)
    registration.end()
    for host in ["0.0.0.0", "::", "0", "0:0:0:0:0:0:0:0"] {
      let everywhere = try #require(registry.register(PeerAddress(host: host, port: 9), secretFile: nil))
      #expect(registry.find(PeerAddress(host: "127.0.0.1", port: 9)) == .insecure, "\(host)")
      everywhere.end()
    }
  }

  @Test(arguments: [
    ("127.0.0.1", true), ("127.255.0.3", true), ("localhost", true), ("::1", true), ("127.a.example.com", false),
    ("127.0.0.1.example.com", false), ("127.0.0.example", false), ("127.0.0.256", false), ("127.0.0.", false),
    ("127.0.0.+1", false), ("127..0.1", false), ("10.0.0.1", false), ("::", false),
  ])
  func onlyThisMachineIsLoopback(host: String, isLoopback: Bool) {
    #expect(PeerAddress(host: host, port: 1).isLoopback == isLoopback)
  }

  /// What a killed node leaves: for a command it may still be right, for a node that is to join it is not.
  @Test func whatADeadNodeLeftIsNoneOfANewClusters() throws {
    let folder = try Folder()
    let file = folder.path + "/join-secret"
    let secret = try JoinSecretFile.keep(JoinSecret(), at: file)
    let registry = try #require(LocalNodeRegistry(environment: ["HOME": folder.path]))
    let registration = try #require(registry.register(address, secretFile: file))
    let entry = folder.path + "/.local/state/roost/nodes/" + LocalNodeRegistry.names(of: address)[0]
    let bytes = try Data(contentsOf: URL(fileURLWithPath: entry))
    registration.end()
    try bytes.write(to: URL(fileURLWithPath: entry))
    #expect(registry.find(address) == .secret(secret, file: file))
    #expect(registry.find(address, isRunning: true) == .unknown)
    try FileManager.default.removeItem(atPath: file)
    guard case .unusable(let reason) = registry.find(address) else {
      Issue.record("a missing file is not told")
      return
    }
    #expect(reason.contains(file))
    try Data("{".utf8).write(to: URL(fileURLWithPath: entry))
    #expect(registry.find(address) == .unknown)
  }

  @Test func aFolderThatOthersMayWriteIsNotBelieved() throws {
    let folder = try Folder()
    let registry = try #require(LocalNodeRegistry(environment: ["HOME": folder.path]))
    let registration = try #require(registry.register(address, secretFile: nil))
    #expect(try folder.mode(of: ".local/state/roost/nodes") == 0o700)
    for (name, mode) in [
      (".local/state/roost/nodes", 0o770), (".local/state/roost/nodes", 0o707), (".local/state/roost", 0o777),
    ] {
      let before = try folder.mode(of: name)
      try folder.allow(mode, of: name)
      #expect(registry.find(address) == .unknown)
      #expect(registry.register(PeerAddress(host: "h", port: 1), secretFile: nil) == nil)
      try folder.allow(before, of: name)
    }
    #expect(registry.find(address) == .insecure)
    registration.end()
    let nowhere = LocalNodeRegistry(environment: [:])
    #expect(nowhere == nil)
  }
}
