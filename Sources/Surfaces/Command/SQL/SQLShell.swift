import Foundation
import RoostPostgresClient

/// Runs statements one after the other over one connection and shows what comes of them.
final class SQLShell {
  /// A failed statement, with the place it stands at.
  struct Failure: Error {
    var text: String
  }

  private let cluster: RemoteCluster
  private var client: PostgresClient?
  /// Whether a statement was done.
  private var hasAnswered = false

  init(_ cluster: RemoteCluster) { self.cluster = cluster }

  /// Runs everything in a file, or in standard input, and stops at the first error.
  func runScript(_ handle: FileHandle, name: String) async throws {
    var splitter = StatementSplitter()
    while let piece = try handle.read(upToCount: 1 << 16), !piece.isEmpty {
      for statement in splitter.feed(piece) { try await run(statement, in: name) }
    }
    if let last = splitter.finish() { try await run(last, in: name) }
  }

  /// Runs the statements of a text, and stops at the first error.
  func run(_ text: String) async throws {
    var splitter = StatementSplitter()
    for statement in splitter.feed(Array(text.utf8)) + [splitter.finish()].compactMap({ $0 }) {
      try await run(statement, in: nil)
    }
  }

  /// Reads statements at a prompt, until the end of the input, `\q` or `exit`. Errors are shown, and the next is read.
  func interact() async throws {
    Terminal.print(
      "Connected to \(cluster.options.host):\(cluster.options.port). A statement ends with ; and \\q leaves.")
    var splitter = StatementSplitter()
    while true {
      Terminal.write(splitter.isInside ? "   ... " : "roost> ")
      guard let line = readLine(strippingNewline: false) else { break }
      let word = line.trimmingCharacters(in: .whitespacesAndNewlines)
      if !splitter.isInside, ["\\q", "exit", "quit"].contains(word) { return }
      for statement in splitter.feed(Array(line.utf8)) {
        do {
          try await run(statement, in: nil)
        } catch let failure as Failure {
          Terminal.complain(failure.text)
        } catch let failure as CommandFailure {
          Terminal.complain(failure.description)
        }
      }
    }
    Terminal.print("")
  }

  func close() async {
    try? await client?.close()
    client = nil
  }

  private func run(_ statement: StatementSplitter.Statement, in script: String?) async throws {
    let connection = try await connect()
    do {
      for result in try await results(of: statement.text, connection) {
        for line in ResultText.lines(of: result) { Terminal.print(line) }
      }
      hasAnswered = true
    } catch let error as PostgresClientError {
      // Class 08: the connection is gone; the next statement makes another.
      if error.code.hasPrefix("08") { client = nil }
      let place = script.map { "\($0), statement at line \(statement.line): " } ?? ""
      throw Failure(text: place + error.description)
    }
  }

  /// A cluster that is starting or electing refuses for a moment what it takes afterwards; the first statement gives it
  /// the command's time limit. 57P03 says that nothing was done.
  private func results(of text: String, _ connection: PostgresClient) async throws -> [PostgresResult] {
    let deadline = ContinuousClock.now + cluster.timeLimit
    while true {
      do {
        return try await connection.query(text)
      } catch let error as PostgresClientError where error.code == "57P03" && !hasAnswered {
        guard ContinuousClock.now < deadline else { throw error }
        // house: the program waits for the cluster, not a node for anything
        try await ContinuousClock().sleep(for: .milliseconds(200))
      }
    }
  }

  private func connect() async throws -> PostgresClient {
    if let client { return client }
    let connection = try await cluster.sql()
    connection.onNotice { Terminal.complain("\($0.severity): \($0.message)") }
    client = connection
    return connection
  }
}
