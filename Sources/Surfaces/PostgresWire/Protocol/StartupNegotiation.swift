import RoostRelational

/// What happens between the first byte of a connection and its session.
///
///     client                         server
///     SSLRequest / GSSENCRequest  →  'N': go on in clear text        (each at most once)
///     CancelRequest               →  nothing; the connection closes
///     StartupMessage              →  [NegotiateProtocolVersion] AuthenticationOk ParameterStatus… BackendKeyData
///                                    ReadyForQuery, or a FATAL error
struct StartupNegotiation {
  enum Action {
    /// Answer `N`.
    case declineEncryption
    case cancel(BackendKey)
    case begin(StartupRequest)
    /// Say why, then close.
    case refuse(SQLError)
  }

  /// The database that exists under its own name.
  let databaseName: String
  private var declinedTLS = false
  private var declinedGSS = false

  init(databaseName: String) { self.databaseName = databaseName }

  mutating func receive(_ packet: StartupPacket) -> Action {
    switch packet {
    case .encryptionRequest(.tls):
      if declinedTLS { return .refuse(SQLError("08P01", "TLS was declined already")) }
      declinedTLS = true
      return .declineEncryption
    case .encryptionRequest(.gss):
      if declinedGSS { return .refuse(SQLError("08P01", "GSSAPI encryption was declined already")) }
      declinedGSS = true
      return .declineEncryption
    case .cancel(let key):
      return .cancel(key)
    case .startup(let major, let minor, let parameters):
      guard major == 3 else {
        return .refuse(
          SQLError("0A000", "unsupported frontend protocol \(major).\(minor): server supports 3.0 to 3.0"))
      }
      do throws(SQLError) {
        return .begin(try request(minor: minor, parameters: parameters))
      } catch {
        return .refuse(error)
      }
    }
  }

  private func request(
    minor: UInt16, parameters: [StartupPacket.Parameter]
  ) throws(SQLError) -> StartupRequest {
    var request = StartupRequest(user: "", database: "")
    for parameter in parameters {
      switch parameter.name {
      case "user": request.user = parameter.value
      case "database": request.database = parameter.value
      case "replication":
        guard ["false", "off", "no", "0"].contains(parameter.value.lowercased()) else {
          throw SQLError("0A000", "replication connections are not supported")
        }
      case "options": try request.add(commandLineOptions: parameter.value)
      case let name where name.hasPrefix("_pq_."): request.unsupportedOptions.append(name)
      default: request.parameters[parameter.name] = parameter.value
      }
    }
    if let encoding = request.parameters["client_encoding"] {
      request.parameters["client_encoding"] = try Self.clientEncoding(encoding)
    }
    guard !request.user.isEmpty else {
      throw SQLError("28000", "no PostgreSQL user name specified in startup packet")
    }
    if request.database.isEmpty { request.database = request.user }
    guard [databaseName, "postgres", request.user].contains(request.database) else {
      throw SQLError(
        "3D000", "database \"\(request.database)\" does not exist",
        hint: "A cluster holds one database; it is called \"\(databaseName)\".")
    }
    request.negotiates = minor > 0 || !request.unsupportedOptions.isEmpty
    return request
  }

  /// All text is UTF-8. SQL_ASCII asks for bytes as they are, which is the same.
  private static func clientEncoding(_ name: String) throws(SQLError) -> String {
    let letters = name.lowercased().filter { $0.isLetter || $0.isNumber }
    switch letters {
    case "utf8", "unicode": return "UTF8"
    case "sqlascii": return "SQL_ASCII"
    default:
      throw SQLError(
        "22023", "invalid value for parameter \"client_encoding\": \"\(name)\"",
        hint: "The server speaks UTF8 only; set PGCLIENTENCODING=UTF8.")
    }
  }
}

/// What a StartupMessage asked for, checked.
struct StartupRequest: Sendable, Equatable {
  var user: String
  var database: String
  /// Settings for the session, by name.
  var parameters: [String: String] = [:]
  /// Protocol options (`_pq_.…`) that this server doesn't know.
  var unsupportedOptions: [String] = []
  /// Whether the client asked for more than protocol 3.0 and has to be told so.
  var negotiates = false

  init(user: String, database: String) {
    self.user = user
    self.database = database
  }

  /// Takes settings from `options`: `-c name=value` and `--name=value`, backslash before a space that is meant.
  mutating func add(commandLineOptions options: String) throws(SQLError) {
    var words = Self.words(options)[...]
    while let word = words.popFirst() {
      let assignment: Substring
      if word == "-c" {
        guard let next = words.popFirst() else { throw Self.invalidOption(word) }
        assignment = next[...]
      } else if word.hasPrefix("--") {
        assignment = word.dropFirst(2)
      } else if word.hasPrefix("-c") {
        assignment = word.dropFirst(2)
      } else {
        throw Self.invalidOption(word)
      }
      guard let equals = assignment.firstIndex(of: "="), equals != assignment.startIndex else {
        throw Self.invalidOption(word)
      }
      let name = assignment[..<equals].replacing("-", with: "_")
      parameters[String(name)] = String(assignment[assignment.index(after: equals)...])
    }
  }

  private static func invalidOption(_ word: String) -> SQLError {
    SQLError("42601", "invalid command-line argument for server process: \(word)")
  }

  private static func words(_ text: String) -> [String] {
    var words: [String] = []
    var word = ""
    var escaped = false
    for character in text {
      if escaped {
        word.append(character)
        escaped = false
      } else if character == "\\" {
        escaped = true
      } else if character.isWhitespace {
        if !word.isEmpty { words.append(word) }
        word = ""
      } else {
        word.append(character)
      }
    }
    if !word.isEmpty { words.append(word) }
    return words
  }
}
