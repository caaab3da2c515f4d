import Foundation

/// One run of the program under test, with its output in a file; killed at the end whatever happens.
final class RunningProgram: @unchecked Sendable {  // used by one test
  let process = Process()
  private let outputFile: String

  init(_ arguments: [String], environment: [String: String] = [:], in directory: String) throws {
    outputFile = directory + "/output-\(UUID().uuidString)"
    _ = FileManager.default.createFile(atPath: outputFile, contents: nil)
    let output = try FileHandle(forWritingTo: URL(fileURLWithPath: outputFile))
    process.executableURL = URL(fileURLWithPath: DemoCluster.binary)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    try process.run()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
  }

  var id: Int32 { process.processIdentifier }
  var output: String { (try? String(contentsOfFile: outputFile, encoding: .utf8)) ?? "" }

  func waitUntilOutput(contains text: String) async throws {
    try await eventually("the program says '\(text)'", within: .seconds(90)) {
      if output.contains(text) { return true }
      guard process.isRunning else { throw DemoCluster.Failure(description: "it ended before:\n\(output)") }
      return false
    }
  }

  /// Waits for the end, and returns the exit status.
  func end() async throws -> Int32 {
    try await eventually("the program ends") { !process.isRunning }
    return process.terminationStatus
  }
}

/// Whether a process is there and no zombie.
func isAlive(_ id: Int32) -> Bool {
  guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
    let end = text.lastIndex(of: ")")
  else { return false }
  return !text[end...].hasPrefix(") Z")
}

/// Runs a test's body with a folder of its own.
func withTemporaryDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("roost-test-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try await body(path)
}
