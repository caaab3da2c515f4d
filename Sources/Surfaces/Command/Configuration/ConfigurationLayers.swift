import Foundation

/// The layers of a node's configuration, laid over one another: flag over environment over file over default.
///
/// Every layer is checked completely, also where a higher one covers it: a wrong value in a file is found on the day
/// it is written, not on the day the flag is dropped.
struct ConfigurationLayers {
  struct Entry: Equatable {
    var value: SettingValue
    var source: SettingSource
  }

  /// By path.
  private(set) var entries: [String: Entry] = [:]

  /// - Parameters:
  ///   - flags: what the command line gave, by flag name.
  ///   - environment: the process's environment; variables that are no setting are not looked at.
  ///   - file: the configuration file's name and content.
  init(
    flags: [String: String], environment: [String: String], file: (name: String, data: Data)?
  ) throws(ConfigurationError) {
    for setting in SettingSchema.settings {
      if let standard = setting.standard { try set(setting, text: standard, source: .builtIn) }
    }
    if let file { try read(file.data, name: file.name) }
    for setting in SettingSchema.settings {
      var given: Entry?
      for name in setting.environmentNames {
        guard let text = environment[name] else { continue }
        try set(setting, text: text, source: .environment(name))
        if let given, given.value != entries[setting.path]?.value {
          throw ConfigurationError(
            path: setting.path, source: given.source, reason: "\(name) says something else; set one of them")
        }
        given = entries[setting.path]
      }
    }
    for setting in SettingSchema.settings {
      if let flag = setting.flag, let text = flags[flag] { try set(setting, text: text, source: .flag(flag)) }
    }
  }

  /// Names in the environment that look like settings and are none: typing errors, most likely.
  static func unknownVariables(in environment: [String: String]) -> [String] {
    var known: Set<String> = ["ROOST_CONFIG", "ROOST_VECTORS"]
    for setting in SettingSchema.settings { known.formUnion(setting.environmentNames) }
    return environment.keys.filter { $0.hasPrefix("ROOST_") && !known.contains($0) }.sorted()
  }

  private mutating func set(_ setting: Setting, text: String, source: SettingSource) throws(ConfigurationError) {
    do throws(SettingProblem) {
      entries[setting.path] = Entry(value: try setting.kind.parse(text: text), source: source)
    } catch {
      throw ConfigurationError(path: setting.path, source: source, reason: error.reason)
    }
  }

  private mutating func read(_ data: Data, name: String) throws(ConfigurationError) {
    let document: JSONValue
    do {
      document = try JSONValue(parsing: data)
    } catch {
      throw ConfigurationError(path: "", source: .file(name), reason: "this is not JSON: \(Self.explain(error))")
    }
    try read(document, at: "", name: name)
  }

  private mutating func read(_ value: JSONValue, at path: String, name: String) throws(ConfigurationError) {
    guard case .object(let members) = value else {
      throw ConfigurationError(path: path, source: .file(name), reason: "an object is expected, not \(value.kind)")
    }
    let known = SettingSchema.keys(inGroup: path)
    for key in members.keys.sorted() {
      guard let member = members[key] else { continue }
      let place = path.isEmpty ? key : path + "." + key
      guard known.contains(key) else {
        throw ConfigurationError(
          path: place, source: .file(name), reason: "unknown key; known here: \(known.joined(separator: ", "))")
      }
      guard let setting = SettingSchema.setting(at: place) else {
        try read(member, at: place, name: name)
        continue
      }
      do throws(SettingProblem) {
        entries[place] = Entry(value: try setting.kind.parse(json: member), source: .file(name))
      } catch {
        throw ConfigurationError(path: place, source: .file(name), reason: error.reason)
      }
    }
  }

  /// Where the JSON broke, as far as the decoder tells.
  private static func explain(_ error: any Error) -> String {
    guard case DecodingError.dataCorrupted(let context) = error else { return "\(error)" }
    if let underlying = context.underlyingError as? NSError,
      let detail = underlying.userInfo["NSDebugDescription"] as? String
    {
      return detail
    }
    return context.debugDescription
  }
}
