import ArgumentParser

/// The program `roost`: one subcommand per file under `Commands`.
struct Roost: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "roost",
    abstract: "A distributed SQL database.",
    version: Version.text,
    subcommands: [
      StartCommand.self, DemoCommand.self, StatusCommand.self, PartitionsCommand.self, TransferCommand.self,
      ReplaceCommand.self, DecommissionCommand.self, LeaveCommand.self, RecoverQuorumCommand.self, BenchCommand.self,
      SQLCommand.self, SimulateCommand.self, CheckHistoryCommand.self, ManualCommand.self,
    ])

  /// What a person can choose among.
  static var commandNames: [String] {
    configuration.subcommands.filter { $0.configuration.shouldDisplay }.compactMap { $0.configuration.commandName }
  }
}

/// Reads the command line, runs the command, and maps how it ended to an exit status: 0 done, 1 failed, 2 wrong use.
@main
enum Program {
  static func main() async {
    do {
      if let complaint = Roost.complaint(about: Array(CommandLine.arguments.dropFirst())) {
        throw ValidationError(complaint)
      }
      var command = try Roost.parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      Roost.leave(after: error)
    }
  }
}

extension Roost {
  /// What is wrong with the first word, where that should be a command and is none.
  static func complaint(about arguments: [String]) -> String? {
    guard let first = arguments.first, !first.hasPrefix("-") else { return nil }
    let known = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
    guard !known.contains(first) else { return nil }
    return "there is no command \(quotedForPeople(first))\(NearestName.hint(first, among: commandNames)) "
      + "(commands: \(commandNames.joined(separator: ", ")))"
  }

  /// What an error means to the shell that started the program.
  static func status(of error: any Error) -> Int32 {
    if error is ConfigurationRefusal { return 2 }
    if error is CommandFailure { return 1 }
    let code = exitCode(for: error)
    return code == .validationFailure ? 2 : code.rawValue
  }

  static func leave(after error: any Error) -> Never {
    let status = status(of: error)
    switch error {
    case let error as ConfigurationRefusal: Terminal.complain("roost: \(error)")
    case let error as CommandFailure: Terminal.complain("roost: \(error)")
    default:
      let message = fullMessage(for: error)
      if message.isEmpty {
        break
      } else if status == 0 {
        Terminal.print(message)
      } else {
        Terminal.complain(message)
      }
    }
    Terminal.exit(status)
  }
}
