import RoostCluster
import RoostPlatform

/// The configuration that is in force, as JSON that can be given to `--config` again, with the source of each value
/// beside it.
struct EffectiveConfiguration {
  private struct Line {
    var path: String
    var json: String
    var source: SettingSource
  }

  private let lines: [Line]

  init(_ settings: NodeSettings, _ layers: ConfigurationLayers) {
    lines = SettingSchema.settings.compactMap { setting in
      if let entry = layers.entries[setting.path] {
        return Line(path: setting.path, json: entry.value.json(setting.kind), source: entry.source)
      }
      return Self.derived(setting.path, settings).map {
        Line(path: setting.path, json: $0.value.json(setting.kind), source: .derived($0.from))
      }
    }
  }

  /// The value of a setting that nobody gave and that follows from others.
  private static func derived(_ path: String, _ settings: NodeSettings) -> (value: SettingValue, from: String)? {
    switch path {
    case "peer_port": (.integer(settings.ports.peer), "port")
    case "cluster.mode": (.text(settings.mode.rawValue), "cluster.join")
    case "cluster.data_dir": (.text(settings.clusterDataDirectory), "data_dir")
    case "cluster.join_secret_file": settings.security.secretFile.map { (.text($0), "data_dir") }
    default: nil
    }
  }

  /// Two objects: the configuration as a file has it, and where each of its values is from.
  var text: String {
    var sources = "  \"sources\": {\n"
    sources += lines.map { "    \(JSONText.quoted($0.path)): \(JSONText.quoted($0.source.text))" }
      .joined(separator: ",\n")
    return "{\n  \"configuration\": " + group(lines.map { ($0.path, $0.json) }, indentation: "  ") + ",\n" + sources
      + "\n  }\n}"
  }

  /// The members of one group; deeper ones are groups of their own.
  private func group(_ members: [(path: String, json: String)], indentation: String) -> String {
    var keys: [String] = []
    var values: [String: String] = [:]
    var inner: [String: [(path: String, json: String)]] = [:]
    for member in members {
      let key = String(member.path.prefix { $0 != "." })
      if !keys.contains(key) { keys.append(key) }
      if key == member.path {
        values[key] = member.json
      } else {
        inner[key, default: []].append((String(member.path.dropFirst(key.count + 1)), member.json))
      }
    }
    let deeper = indentation + "  "
    let rows = keys.map { key in
      "\(deeper)\(JSONText.quoted(key)): " + (values[key] ?? group(inner[key] ?? [], indentation: deeper))
    }
    return "{\n" + rows.joined(separator: ",\n") + "\n\(indentation)}"
  }
}

extension SettingValue {
  /// As it stands in a configuration file.
  fileprivate func json(_ kind: SettingKind) -> String {
    switch self {
    case .text(let text): return JSONText.quoted(text)
    case .integer(let number): return String(number)
    case .boolean(let isTrue): return String(isTrue)
    case .duration(let duration): return JSONText.quoted(DurationText.format(duration))
    case .addresses(let list):
      let quoted = list.map { JSONText.quoted($0.description) }
      return kind == .address ? quoted.first ?? "null" : "[" + quoted.joined(separator: ", ") + "]"
    case .locality(let locality):
      let tiers = [("region", locality.region), ("zone", locality.zone), ("rack", locality.rack)]
      let members = tiers.compactMap { name, value in value.map { "\(JSONText.quoted(name)): \(JSONText.quoted($0))" } }
      return "{" + members.joined(separator: ", ") + "}"
    }
  }
}
