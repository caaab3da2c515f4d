import Foundation

/// The layers of a node's configuration, laid over one another: flag over environment over file over default.
///
/// Every layer is checked completely, also where a higher one covers it: a wrong value in a file is found on the day
/// it is written, not on the day the flag is dropped. All mistakes are collected, so that they can be told at once.
struct ConfigurationLayers {
  struct Entry: Equatable {
    var value: SettingValue
    var source: SettingSource
  }

  /// By path.
  private(set) var entries: [String: Entry] = [:]
  /// What is wrong, in the order in which it was found.
  private(set) var problems: [ConfigurationError] = []

  /// - Parameters:
  ///   - flags: what the command line gave, by flag name.
  ///   - environment: the process's environment; variables that are no setting are not looked at.
  ///   - file: the configuration file's name and content.
  init(flags: [String: String], environment: [String: String], file: (name: String, data: Data)?) {
    for setting in SettingSchema.settings {
      if let standard = setting.standard { set(setting, text: standard, source: .builtIn) }
    }
    if let file { read(file.data, name: file.name) }
    for setting in SettingSchema.settings { read(setting, environment) }
    for setting in SettingSchema.settings {
      if let flag = setting.flag, let text = flags[flag] { set(setting, text: text, source: .flag(flag)) }
    }
    refusePlanned(flags, environment)
  }

  /// Names in the environment that look like settings and are none: typing errors, most likely.
  static func unknownVariables(in environment: [String: String]) -> [String] {
    let known = knownVariables.union(SettingSchema.planned.flatMap(\.environmentNames))
    return environment.keys.filter { $0.hasPrefix("ROOST_") && !known.contains($0) }.sorted()
  }

  /// What to say about such a name.
  static func unknown(_ variable: String) -> String {
    "\(variable) is no setting\(NearestName.hint(variable, among: knownVariables.sorted()))"
  }

  private static var knownVariables: Set<String> {
    Set(["ROOST_CONFIG", "ROOST_VECTORS"] + SettingSchema.settings.flatMap(\.environmentNames))
  }

  // MARK: Flags and environment

  private mutating func set(_ setting: Setting, text: String, source: SettingSource) {
    do throws(SettingProblem) {
      entries[setting.path] = Entry(value: try setting.kind.parse(text: text), source: source)
    } catch {
      problems.append(ConfigurationError(path: setting.path, source: source, reason: error.reason))
    }
  }

  private mutating func read(_ setting: Setting, _ environment: [String: String]) {
    var given: (name: String, text: String)?
    for name in setting.environmentNames {
      guard let text = environment[name] else { continue }
      let earlier = entries[setting.path]
      set(setting, text: text, source: .environment(name))
      if let given, text != given.text, earlier?.value != entries[setting.path]?.value {
        problems.append(
          ConfigurationError(
            path: setting.path, source: .environment(given.name), reason: "\(name) says something else; set one of them"
          ))
      }
      given = (name, text)
    }
  }

  /// What a later version is going to have must not be taken for something that works.
  private mutating func refusePlanned(_ flags: [String: String], _ environment: [String: String]) {
    for setting in SettingSchema.planned {
      if let flag = setting.flag, flags[flag] != nil { refuse(setting, .flag(flag)) }
      for name in setting.environmentNames where environment[name] != nil { refuse(setting, .environment(name)) }
    }
  }

  private mutating func refuse(_ setting: PlannedSetting, _ source: SettingSource) {
    problems.append(ConfigurationError(path: setting.path, source: source, reason: setting.refusal))
  }

  // MARK: File

  private mutating func read(_ data: Data, name: String) {
    do throws(JSONError) {
      read(try JSONReader.read(data), at: "", name: name)
    } catch {
      problems.append(
        ConfigurationError(path: "", source: .file(name, error.position), reason: "this is not JSON: \(error.reason)"))
    }
  }

  private mutating func read(_ value: JSONValue, at path: String, name: String) {
    guard case .object(let members) = value.content else {
      problems.append(
        ConfigurationError(
          path: path, source: .file(name, value.position), reason: "an object is expected, not \(value.kind)"))
      return
    }
    let known = SettingSchema.keys(inGroup: path)
    for member in members {
      let place = path.isEmpty ? member.key : path + "." + member.key
      if let planned = SettingSchema.planned.first(where: { $0.path == place }) {
        refuse(planned, .file(name, member.position))
      } else if !known.contains(member.key) {
        let reason =
          "unknown key\(NearestName.hint(member.key, among: known)) (known here: \(known.joined(separator: ", ")))"
        problems.append(ConfigurationError(path: place, source: .file(name, member.position), reason: reason))
      } else if let setting = SettingSchema.setting(at: place) {
        do throws(SettingProblem) {
          let value = try setting.kind.parse(json: member.value)
          entries[place] = Entry(value: value, source: .file(name, member.value.position))
        } catch {
          problems.append(
            ConfigurationError(path: place, source: .file(name, member.value.position), reason: error.reason))
        }
      } else {
        read(member.value, at: place, name: name)
      }
    }
  }
}
