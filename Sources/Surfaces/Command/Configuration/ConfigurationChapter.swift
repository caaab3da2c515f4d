/// `docs/configuration.md`, written from the list of settings so that it can't say anything else.
enum ConfigurationChapter {
  static var text: String {
    var lines = [
      "# Configuration of a node",
      "",
      "<!-- Written by `roost manual --configuration`; a test compares. -->",
      "",
      "Every setting can stand in the JSON file that `--config` or `ROOST_CONFIG` names, in the environment and, where it",
      "has one, as a flag of `roost start`. A flag beats the environment, the environment beats the file, the file beats",
      "the default. `roost start --print-config …` prints what would be in force and where each value is from, and ends.",
      "A sample stands in [Samples/roost.json](../Samples/roost.json).",
      "",
      "A node is refused at its start, with exit status 2, when a key is unknown, a value is of the wrong type or out of",
      "range, or values don't fit one another: all mistakes at once, those of the file with line and column.",
      "",
      "Client commands (`roost status`, `sql`, `bench`, …) take `--host` and `--port` from `ROOST_HOST` and `ROOST_PORT` too.",
      "",
      "## Settings",
      "",
      "| key | meaning | type | default | flag | environment |",
      "|---|---|---|---|---|---|",
    ]
    for setting in SettingSchema.settings {
      let standard = setting.standard.map { "`\($0)`" } ?? setting.derivation ?? "–"
      let flag = setting.flag.map { "`--\($0)`" } ?? "–"
      let names = setting.environmentNames.map { "`\($0)`" }.joined(separator: " or ")
      lines.append(
        "| `\(setting.path)` | \(setting.meaning) | \(setting.kind.text) | \(standard) | \(flag) | \(names) |")
    }
    lines += [
      "",
      "`data_dir` and `cluster.node_id` must be given. Dots in a key are groups of the file: `cluster.raft.election_timeout` is",
      "`{\"cluster\": {\"raft\": {\"election_timeout\": \"150ms\"}}}`. Durations are whole numbers with a unit (`us`, `ms`, `s`, `m`,",
      "`h`), sizes whole numbers with `KB`, `MB` or `GB`, multiples of 1024. In flags and in the environment lists are",
      "separated by commas, and a locality is written `region=…,zone=…,rack=…`.",
      "",
      "## Planned",
      "These are refused with the words “has no effect in this version”, so that nobody relies on them before they do.",
      "",
      "| key | what it is going to be for |",
      "|---|---|",
    ]
    for setting in SettingSchema.planned { lines.append("| `\(setting.path)` | \(setting.purpose) |") }
    lines.append("| `cluster.mode`: `replica` | read-only replicas, which a change stream feeds, are planned |")
    return lines.joined(separator: "\n") + "\n"
  }
}

extension SettingKind {
  /// In a few words, for a table.
  fileprivate var text: String {
    switch self {
    case .text: "string"
    case .name: "1 to 64 letters, digits, `-`, `_`, `.`"
    case .choice(let choices, _): choices.map { "`\($0)`" }.joined(separator: ", ")
    case .boolean: "true or false"
    case .port: "0 to 65535"
    case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
    case .duration(let range): "\(DurationText.format(range.lowerBound)) to \(DurationText.format(range.upperBound))"
    case .byteCount(let range): "size, \(range.lowerBound) to \(range.upperBound) bytes"
    case .address: "HOST:PORT"
    case .addresses: "array of HOST:PORT"
    case .locality: "object with `region`, `zone`, `rack`"
    }
  }
}
