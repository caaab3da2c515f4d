import ArgumentParser

/// `roost manual`: the manual page, made of what `--help` says, so that there is one text to keep right.
struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Prints the manual page (man -l), or a chapter of the documentation.",
    shouldDisplay: false)

  @Flag(help: "Print docs/configuration.md instead.")
  var configuration = false

  func run() throws {
    Terminal.write(configuration ? ConfigurationChapter.text : ManualPage.text)
  }
}
