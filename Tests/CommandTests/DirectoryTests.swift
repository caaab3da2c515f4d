import Foundation
import Testing

@testable import RoostCommand

@Suite("Directories are claimed, and nobody else's are written into")
struct DirectoryTests {
  /// A folder that is gone after the test.
  private func withFolder(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("roost-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  private func message(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func aClaimNamesItsProcessAndIsGivenBack() throws {
    try withFolder { path in
      let directory = try DataDirectory.claim(path, content: "cluster")
      let file = path + "/roost.pid"
      #expect(try String(contentsOfFile: file, encoding: .utf8) == "\(getpid())\n")
      directory.release()
      #expect(!FileManager.default.fileExists(atPath: file))
    }
  }

  @Test func aSecondClaimIsRefusedWithTheOwner() throws {
    try withFolder { path in
      let directory = try DataDirectory.claim(path, content: "cluster")
      let refusal = message { try DataDirectory.claim(path, content: "cluster").release() }
      #expect(refusal?.contains("in use by process \(getpid())") == true, "\(refusal ?? "no refusal")")
      directory.release()
      #expect(message { try DataDirectory.claim(path, content: "cluster").release() } == nil)
    }
  }

  @Test func whatAKilledProcessLeftIsNoObstacle() throws {
    try withFolder { path in
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      try Data("99999999 and more\n".utf8).write(to: URL(fileURLWithPath: path + "/roost.pid"))
      let directory = try DataDirectory.claim(path, content: "cluster")
      #expect(try String(contentsOfFile: path + "/roost.pid", encoding: .utf8) == "\(getpid())\n")
      directory.release()
    }
  }

  @Test func aForeignDirectoryIsLeftAlone() throws {
    try withFolder { path in
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      try Data().write(to: URL(fileURLWithPath: path + "/letters.txt"))
      let refusal = message { try DataDirectory.claim(path, content: "cluster").release() }
      #expect(refusal?.contains("letters.txt") == true)
      #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["letters.txt"])
      // A user's note beside a node's data is no reason to refuse the data.
      try FileManager.default.createDirectory(atPath: path + "/cluster", withIntermediateDirectories: true)
      #expect(message { try DataDirectory.claim(path, content: "cluster").release() } == nil)
    }
  }

  @Test func anUnusableDirectoryIsAClearError() throws {
    try withFolder { path in
      try Data().write(to: URL(fileURLWithPath: path))
      let refusal = message { try DataDirectory.claim(path + "/node1", content: "cluster").release() }
      #expect(refusal?.contains("cannot use the data directory") == true, "\(refusal ?? "no refusal")")
    }
  }

  @Test func aDemoContinuesWithItsOwnSizeOnly() throws {
    try withFolder { path in
      var directory = try DemoDirectory(checking: path, nodeCount: 3)
      #expect(!FileManager.default.fileExists(atPath: path), "looking writes nothing")
      #expect(!directory.hasLoaded("harbour.sql"))
      try directory.establish(port: 25_432)
      try directory.noteLoaded("harbour.sql")
      let again = try DemoDirectory(checking: path, nodeCount: 3)
      #expect(again.hasLoaded("harbour.sql"))
      #expect(again.port == 25_432)
      let refusal = message { _ = try DemoDirectory(checking: path, nodeCount: 5) }
      #expect(refusal?.contains("a demo of 3 nodes") == true)
    }
  }

  @Test func aDemoTakesNoForeignDirectory() throws {
    try withFolder { path in
      try FileManager.default.createDirectory(atPath: path + "/photos", withIntermediateDirectories: true)
      #expect(message { _ = try DemoDirectory(checking: path, nodeCount: 3) }?.contains("photos") == true)
      #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["photos"])
    }
  }
}
