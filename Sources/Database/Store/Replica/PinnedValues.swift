import RoostStorage

/// The values of a group's pinned keys (``KeySpaceDeclaration/pinnedKeys``) in one state of it. Views of that state answer
/// with them and leave the state engine alone.
struct PinnedValues: Sendable {
  private let keys: [Key]
  private let values: [[UInt8]?]

  static let none = PinnedValues(keys: [], values: [])

  private init(keys: [Key], values: [[UInt8]?]) {
    self.keys = keys
    self.values = values
  }

  /// Reads them as of a timestamp.
  init(of keys: [Key], in reader: MultiVersionReader, at timestamp: Timestamp) throws(EngineError) {
    var values: [[UInt8]?] = []
    for key in keys { values.append(try reader.get(key.bytes, at: timestamp.rawValue)) }
    self.init(keys: keys, values: values)
  }

  /// Nil if the key is not pinned; otherwise its value, or nil if it has none.
  subscript(key: Key) -> [UInt8]?? {
    for place in keys.indices where keys[place] == key { return .some(values[place]) }
    return nil
  }
}
