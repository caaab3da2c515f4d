/// Why a node's configuration is refused: which key, where its value stands, and what is wrong with it.
struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  /// The key's path in the configuration file, like `cluster.raft.election_timeout`; empty for the file as a whole.
  var path: String
  var source: SettingSource
  var reason: String

  var description: String {
    switch source {
    case .flag(let flag): "\(path) (flag --\(flag)): \(reason)"
    case .environment(let name): "\(path) (environment variable \(name)): \(reason)"
    case .file(let file): path.isEmpty ? "\(file): \(reason)" : "\(path) (in \(file)): \(reason)"
    case .builtIn: "\(path): \(reason)"
    }
  }
}

/// Where a value was given. A flag beats the environment, that beats the file, that beats the built-in default.
enum SettingSource: Hashable, Sendable {
  case flag(String)
  case environment(String)
  case file(String)
  case builtIn
}
