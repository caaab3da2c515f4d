import Foundation

/// The folder of a demo cluster: `nodeN/` for each node, and `demo.json`, which makes it one and says what it holds.
struct DemoDirectory {
  private struct Description: Codable {
    var format = 1
    var nodes: Int
    /// The first node's SQL port. The nodes remember one another's addresses, so it stays.
    var port: Int?
    /// Names of the scripts that were loaded.
    var loaded: [String] = []
  }

  let path: String
  private var description: Description

  private var file: String { path + "/demo.json" }

  /// The first port of an earlier start.
  var port: Int? { description.port }

  /// Looks whether the folder can be used: it is missing or empty, or an earlier demo of the same size left it.
  /// Nothing is written yet.
  init(checking path: String, nodeCount: Int) throws(CommandFailure) {
    self.path = path
    description = Description(nodes: nodeCount)
    guard FileManager.default.fileExists(atPath: path) else { return }
    do {
      let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      if let data = FileManager.default.contents(atPath: file) {
        guard let earlier = try? JSONDecoder().decode(Description.self, from: data) else {
          throw CommandFailure("\(file) is damaged; name another directory with --data")
        }
        guard earlier.nodes == nodeCount else {
          throw CommandFailure(
            "\(path) holds a demo of \(earlier.nodes) nodes: use --nodes \(earlier.nodes), or another --data")
        }
        description = earlier
      } else if let foreign = names.first {
        throw CommandFailure(
          "\(path) holds \(foreign) and is no demo's directory; name an empty or a new directory with --data")
      }
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw unusable(error)
    }
  }

  /// Makes the folder where it is missing, and notes that it is this demo's.
  mutating func establish(port: Int) throws(CommandFailure) {
    description.port = port
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      try save()
    } catch {
      throw unusable(error)
    }
  }

  private func unusable(_ error: any Error) -> CommandFailure {
    CommandFailure("cannot use the directory \(path): \(SystemError.reason(error)); name another with --data")
  }

  func hasLoaded(_ script: String) -> Bool { description.loaded.contains(script) }

  mutating func noteLoaded(_ script: String) throws(CommandFailure) {
    description.loaded.append(script)
    do {
      try save()
    } catch {
      throw CommandFailure("cannot write \(file): \(SystemError.reason(error))")
    }
  }

  private func save() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try (encoder.encode(description) + Data("\n".utf8)).write(to: URL(fileURLWithPath: file), options: .atomic)
  }
}
