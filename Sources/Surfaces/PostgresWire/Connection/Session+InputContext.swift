import RoostRelational
import RoostSQL

extension Session {
  /// What reading a parameter's text may depend on.
  var inputContext: InputContext { InputContext(timeZone: timeZone) }

  /// The zone of `SET TIME ZONE`, from the name that ParameterStatus reports: "UTC" or "<+02:30>-02:30".
  private var timeZone: TimeZoneOffset {
    guard let name = parameterStatus("TimeZone"), name != "UTC", let end = name.firstIndex(of: ">") else { return .utc }
    let distance = name[..<end].dropFirst()
    let parts = distance.dropFirst().split(separator: ":")
    guard let hours = parts.first.flatMap({ Int32($0) }) else { return .utc }
    let minutes = parts.count > 1 ? Int32(parts[1]) ?? 0 : 0
    let seconds = hours * 3_600 + minutes * 60
    return TimeZoneOffset(name: name, seconds: distance.hasPrefix("-") ? -seconds : seconds)
  }
}
