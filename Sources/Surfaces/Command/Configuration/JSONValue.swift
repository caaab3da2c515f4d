/// A JSON value that keeps what kind of value it was and where it stands: a configuration is refused when a number stands
/// where a string belongs, with the line and column at which to look.
struct JSONValue: Equatable {
  indirect enum Content: Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    /// In the order of the text; no key stands twice.
    case object([Member])
  }

  struct Member: Equatable {
    var key: String
    var position: JSONPosition
    var value: JSONValue
  }

  var content: Content
  var position: JSONPosition

  /// What this is, in a sentence.
  var kind: String {
    switch content {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let number): "the number \(number)"
    case .number(let number): "the number \(number)"
    case .string(let text): "the string \(quotedForPeople(text))"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// A place in a text; both count from 1, columns in characters.
struct JSONPosition: Hashable, Sendable {
  var line = 1
  var column = 1
}

/// Why a text is no JSON, and where.
struct JSONError: Error, Equatable {
  var position: JSONPosition
  var reason: String
}

/// A value as it was written, cut where it would fill the screen.
func quotedForPeople(_ text: String) -> String {
  let shown = text.count > 80 ? text.prefix(77) + "..." : text[...]
  return "\"\(shown)\""
}
