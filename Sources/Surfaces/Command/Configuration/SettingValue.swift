import RoostPlatform

/// A checked value of one setting.
enum SettingValue: Hashable, Sendable {
  case text(String)
  case integer(Int)
  case boolean(Bool)
  case duration(Duration)
  case addresses([PeerAddress])
  case locality(Locality)
}

/// Where a machine stands, from the widest circle to the narrowest; placement keeps replicas apart by it.
struct Locality: Hashable, Sendable {
  var region: String?
  var zone: String?
  var rack: String?
}

/// What a setting may hold, and how its text or its JSON is read.
enum SettingKind: Hashable, Sendable {
  /// Any text that is not empty, like a path or a host.
  case text
  /// A name of a node or a cluster: it becomes part of file names and messages.
  case name
  /// One of some words; the planned ones are refused with that reason.
  case choice([String], planned: [String] = [])
  /// true or false, as words or as 1 and 0.
  case boolean
  /// 0 asks the system for a free port.
  case port
  case integer(ClosedRange<Int>)
  case duration(ClosedRange<Duration>)
  case byteCount(ClosedRange<Int>)
  case address
  /// In text separated by commas, in JSON an array of strings.
  case addresses
  /// In text `region=…,zone=…,rack=…`, in JSON an object.
  case locality
}

/// What is wrong with a value; the caller knows which key and where.
struct SettingProblem: Error, Equatable {
  var reason: String
}

extension SettingKind {
  /// Reads a value from a flag, an environment variable or a JSON string.
  func parse(text: String) throws(SettingProblem) -> SettingValue {
    switch self {
    case .text:
      guard !text.isEmpty else { throw SettingProblem(reason: "must not be empty") }
      guard !text.utf8.contains(0) else { throw SettingProblem(reason: "must not contain a zero byte") }
      return .text(text)
    case .name:
      let allowed = text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
          true
        default: false
        }
      }
      guard allowed, (1...64).contains(text.utf8.count), !text.hasPrefix(".") else {
        throw SettingProblem(
          reason: "\(quotedForPeople(text)) is not a name of 1 to 64 letters, digits, '-', '_' and '.'")
      }
      return .text(text)
    case .choice(let choices, let planned):
      guard !planned.contains(text) else {
        throw SettingProblem(reason: "\(text) has no effect in this version; it is planned")
      }
      guard choices.contains(text) else {
        throw SettingProblem(reason: "\(quotedForPeople(text)) is none of \(choices.joined(separator: ", "))")
      }
      return .text(text)
    case .boolean:
      switch text {
      case "true", "1": return .boolean(true)
      case "false", "0": return .boolean(false)
      default: throw SettingProblem(reason: "\(quotedForPeople(text)) is neither true nor false")
      }
    case .port, .integer:
      guard let number = Int(text) else {
        throw SettingProblem(reason: "\(quotedForPeople(text)) is not a whole number")
      }
      return try check(number)
    case .duration(let range):
      guard let duration = DurationText.parse(text) else {
        throw SettingProblem(reason: "\(quotedForPeople(text)) is not a duration like 150ms, 10s or 5m")
      }
      guard range.contains(duration) else {
        throw SettingProblem(
          reason: "\(text) is not between \(DurationText.format(range.lowerBound)) and "
            + DurationText.format(range.upperBound))
      }
      return .duration(duration)
    case .byteCount:
      guard let count = ByteCountText.parse(text) else {
        throw SettingProblem(reason: "\(quotedForPeople(text)) is not a size like 512, 64KB or 16MB")
      }
      return try check(count)
    case .address:
      return .addresses([try address(text)])
    case .addresses:
      var list: [PeerAddress] = []
      for part in text.split(separator: ",", omittingEmptySubsequences: false) {
        list.append(try address(String(part)))
      }
      return .addresses(list)
    case .locality:
      var pairs: [(String, String)] = []
      for part in text.split(separator: ",", omittingEmptySubsequences: false) {
        guard let equals = part.firstIndex(of: "=") else {
          throw SettingProblem(
            reason: "\(quotedForPeople(String(part))) is not like region=NAME, zone=NAME or rack=NAME")
        }
        pairs.append((String(part[..<equals]), String(part[part.index(after: equals)...])))
      }
      return .locality(try locality(pairs))
    }
  }

  /// Reads a value from the configuration file. Types are strict: a number is no string, a string no number.
  func parse(json: JSONValue) throws(SettingProblem) -> SettingValue {
    switch (self, json.content) {
    case (.port, .integer(let number)), (.integer, .integer(let number)), (.byteCount, .integer(let number)):
      return try check(number)
    case (.port, _): throw SettingProblem(reason: "a whole number is expected, not \(json.kind)")
    case (.integer, _): throw SettingProblem(reason: "a whole number is expected, not \(json.kind)")
    case (.addresses, .array(let elements)):
      var list: [PeerAddress] = []
      for element in elements {
        guard case .string(let text) = element.content else {
          throw SettingProblem(reason: "an array of strings is expected, and one element is \(element.kind)")
        }
        list.append(try address(text))
      }
      return .addresses(list)
    case (.addresses, _): throw SettingProblem(reason: "an array of strings is expected, not \(json.kind)")
    case (.locality, .object(let members)):
      var pairs: [(String, String)] = []
      for member in members {
        guard case .string(let text) = member.value.content else {
          throw SettingProblem(reason: "\(member.key): a string is expected, not \(member.value.kind)")
        }
        pairs.append((member.key, text))
      }
      return .locality(try locality(pairs))
    case (.locality, _):
      throw SettingProblem(reason: "an object with region, zone and rack is expected, not \(json.kind)")
    case (.boolean, .bool(let isTrue)): return .boolean(isTrue)
    case (.boolean, _): throw SettingProblem(reason: "true or false is expected, not \(json.kind)")
    case (_, .string(let text)): return try parse(text: text)
    case (.byteCount, _):
      throw SettingProblem(reason: "a size like \"16MB\" or a whole number is expected, not \(json.kind)")
    case (.duration, _): throw SettingProblem(reason: "a duration like \"150ms\" is expected, not \(json.kind)")
    default: throw SettingProblem(reason: "a string is expected, not \(json.kind)")
    }
  }

  private func check(_ number: Int) throws(SettingProblem) -> SettingValue {
    let range: ClosedRange<Int>
    switch self {
    case .integer(let bounds), .byteCount(let bounds): range = bounds
    default: range = 0...65_535
    }
    guard range.contains(number) else {
      throw SettingProblem(reason: "\(number) is not between \(range.lowerBound) and \(range.upperBound)")
    }
    return .integer(number)
  }

  private func address(_ text: String) throws(SettingProblem) -> PeerAddress {
    guard let address = PeerAddress(text), address.port > 0 else {
      throw SettingProblem(reason: "\(quotedForPeople(text)) is not an address like HOST:PORT or [IPV6]:PORT")
    }
    return address
  }

  private func locality(_ pairs: [(String, String)]) throws(SettingProblem) -> Locality {
    var locality = Locality()
    for (key, value) in pairs {
      guard !value.isEmpty else { throw SettingProblem(reason: "\(key) must not be empty") }
      let place: WritableKeyPath<Locality, String?>
      switch key {
      case "region": place = \.region
      case "zone": place = \.zone
      case "rack": place = \.rack
      default: throw SettingProblem(reason: "\(quotedForPeople(key)) is none of region, zone, rack")
      }
      guard locality[keyPath: place] == nil else { throw SettingProblem(reason: "\(key) is given twice") }
      locality[keyPath: place] = value
    }
    return locality
  }
}
