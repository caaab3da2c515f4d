import ArgumentParser
import Foundation

/// Which cluster a command talks to: the SQL port of any node; it finds the others by itself.
///
/// `ROOST_HOST` and `ROOST_PORT` stand in for the flags, as they do for `roost start`.
struct RemoteOptions: ParsableArguments {
  @Option(
    name: .customLong("host"),
    help: ArgumentHelp("The address of any node. (default: ROOST_HOST, else 127.0.0.1)", valueName: "ADDR"))
  var givenHost: String?

  @Option(
    name: .customLong("port"),
    help: ArgumentHelp("The SQL port of that node. (default: ROOST_PORT, else 5432)", valueName: "PORT"))
  var givenPort: String?

  @Option(
    help: ArgumentHelp(
      "The cluster's join secret. (default: ROOST_JOIN_SECRET_FILE, else what a node of this user here uses)",
      valueName: "FILE"))
  var joinSecretFile: String?

  @Option(
    help: ArgumentHelp("How many seconds to wait for an answer, and for partitions to have leaders.", valueName: "S"))
  var timeLimit = 10.0

  var host: String { givenHost ?? Self.variable("ROOST_HOST") ?? "127.0.0.1" }

  var port: Int { (try? Self.port(givenPort)) ?? 5432 }

  func validate() throws {
    _ = try Self.port(givenPort)
    guard !host.isEmpty else { throw ValidationError("--host must not be empty") }
    guard timeLimit > 0, timeLimit <= 3600 else {
      throw ValidationError("--time-limit must lie between 0 and 3600 seconds")
    }
  }

  private static func port(_ given: String?) throws -> Int {
    guard let text = given ?? variable("ROOST_PORT") else { return 5432 }
    guard let number = Int(text), (1...65_535).contains(number) else {
      let place = given == nil ? "the environment variable ROOST_PORT" : "--port"
      throw ValidationError("\(place) must lie between 1 and 65535, and is \(quotedForPeople(text))")
    }
    return number
  }

  private static func variable(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }
}
