import ArgumentParser

/// Which cluster a command talks to: the SQL port of any node; it finds the others by itself.
struct RemoteOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The address of any node.", valueName: "ADDR"))
  var host = "127.0.0.1"

  @Option(help: ArgumentHelp("The SQL port of that node.", valueName: "PORT"))
  var port = 5432

  @Option(
    help: ArgumentHelp(
      "The cluster's join secret. (default: ROOST_JOIN_SECRET_FILE, else what a node of this user here uses)",
      valueName: "FILE"))
  var joinSecretFile: String?
}
