/// What is wrong with one value of a node's configuration: which key, where its value stands, and why it is refused.
struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  /// The key's path in the configuration file, like `cluster.raft.election_timeout`; empty for the file as a whole.
  var path: String
  var source: SettingSource
  var reason: String

  var description: String {
    switch source {
    case .flag(let flag): "\(path) (flag --\(flag)): \(reason)"
    case .environment(let name): "\(path) (environment variable \(name)): \(reason)"
    case .file(let file, let position):
      "\(file):\(position.line):\(position.column): \(path.isEmpty ? "" : path + ": ")\(reason)"
    case .builtIn, .derived: "\(path): \(reason)"
    }
  }
}

/// Why a configuration is refused: everything that is wrong with it, so that nobody mends it one start at a time.
struct ConfigurationRefusal: Error, Equatable, CustomStringConvertible {
  /// At least one.
  var problems: [ConfigurationError]

  var description: String {
    if problems.count == 1 { return problems[0].description }
    return "the configuration has \(problems.count) mistakes:" + problems.map { "\n  \($0)" }.joined()
  }
}

/// Where a value was given. A flag beats the environment, that beats the file, that beats the built-in default.
enum SettingSource: Hashable, Sendable {
  case flag(String)
  case environment(String)
  case file(String, JSONPosition)
  case builtIn
  /// It follows from another setting.
  case derived(String)

  /// In a few words.
  var text: String {
    switch self {
    case .flag(let flag): "flag --\(flag)"
    case .environment(let name): "environment variable \(name)"
    case .file(let file, let position): "\(file):\(position.line):\(position.column)"
    case .builtIn: "default"
    case .derived(let path): "follows from \(path)"
    }
  }
}
