import Foundation
import RoostRelational
import RoostSQL
import RoostStore
import Testing

/// The Northwind script loads as it is, and its queries give what PostgreSQL 15 gives.
@Suite struct NorthwindTests {
  /// The folder with the shared data; nil where it isn't there.
  static let folder: String? = {
    var folder = URL(fileURLWithPath: #filePath)
    for _ in 0..<8 {
      folder.deleteLastPathComponent()
      let candidate = folder.appendingPathComponent("shared/data")
      if FileManager.default.fileExists(atPath: candidate.appendingPathComponent("northwind.sql").path) {
        return candidate.path
      }
    }
    return nil
  }()

  static func text(_ name: String) throws -> String {
    try String(contentsOfFile: (folder ?? "") + "/" + name, encoding: .utf8)
  }

  /// Loads the script statement by statement, as psql does.
  static func loaded(into store: any TransactionBackend) async throws -> TestSession {
    let session = TestSession(store: store)
    for statement in try session.session.parse(text("northwind.sql")) {
      let prepared = try await session.session.prepare(statement)
      let portal = try await session.session.bind(prepared)
      _ = try await session.session.execute(portal) { _ in }
      try await session.session.sync()
    }
    return session
  }

  @Test(
    .enabled(if: folder != nil, "needs the folder northwind of others' vectors (ROOST_VECTORS)"),
    arguments: [false, true])
  func queriesGiveWhatPostgreSQLGives(isRemote: Bool) async throws {
    let session = try await Self.loaded(into: MemoryBackend(isRemote: isRemote))
    var output = ""
    for line in try Self.text("northwind-queries.sql").split(separator: "\n") where !line.hasPrefix("--") {
      for row in try await session.rows(String(line)) { output += row + "\n" }
    }
    #expect(try output == Self.text("northwind-expected.txt"))
  }
}
