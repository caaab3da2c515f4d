import ArgumentParser
import Foundation

/// `roost sql`: a small shell, for machines without psql.
struct SQLCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sql", abstract: "Runs SQL statements against any node.",
    discussion: """
      Without -c and -f, statements are read from standard input, with a prompt at a terminal. The first error ends a
      script, with exit status 1; at the prompt it is shown and the next statement is read.
      """)

  @OptionGroup var remote: RemoteOptions

  @Option(name: .customShort("c"), help: ArgumentHelp("Statements to run.", valueName: "SQL"))
  var command: String?

  @Option(
    name: .customShort("f"), help: ArgumentHelp("A script to run, after the statements of -c.", valueName: "FILE"))
  var file: String?

  func validate() throws {
    guard remote.joinSecretFile == nil else { throw ValidationError("SQL needs no --join-secret-file") }
  }

  func run() async throws {
    let cluster = RemoteCluster(remote)
    let shell = SQLShell(cluster)
    let outcome: Result<Void, any Error>
    do {
      try await work(shell)
      outcome = .success(())
    } catch let failure as SQLShell.Failure {
      outcome = .failure(CommandFailure(failure.text))
    } catch {
      outcome = .failure(error)
    }
    await shell.close()
    await cluster.shutDown()
    try outcome.get()
  }

  private func work(_ shell: SQLShell) async throws {
    if let command { try await shell.run(command) }
    if let file {
      guard let handle = FileHandle(forReadingAtPath: file) else { throw CommandFailure("cannot read \(file)") }
      defer { try? handle.close() }
      try await shell.runScript(handle, name: file)
    }
    guard command == nil, file == nil else { return }
    if isatty(STDIN_FILENO) == 1 {
      try await shell.interact()
    } else {
      try await shell.runScript(.standardInput, name: "standard input")
    }
  }
}
