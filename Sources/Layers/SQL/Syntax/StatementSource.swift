import RoostRelational

/// The text statements were parsed from: turns byte offsets into the character positions clients see.
final class StatementSource: Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  /// The one-based character position of a byte offset, as PostgreSQL counts (code points).
  func position(_ offset: Int) -> Int {
    var count = 1
    for (index, byte) in text.utf8.enumerated() {
      if index >= offset { break }
      if byte & 0xC0 != 0x80 { count += 1 }
    }
    return count
  }
}

/// A byte offset into the statement's text.
struct SourceOffset: Hashable, Sendable {
  var bytes: Int32

  init(_ bytes: Int) { self.bytes = Int32(clamping: bytes) }

  /// Stands for something that was not written by the user.
  static let none = SourceOffset(-1)
}

extension SQLError {
  /// An error at a place of the statement. Until the source is at hand the position holds the byte offset, negated and
  /// less one, so that it can't be mistaken for a character position.
  init(
    _ code: String, _ message: String, at offset: SourceOffset, detail: String? = nil, hint: String? = nil
  ) {
    self.init(code, message, detail: detail, hint: hint, position: offset == .none ? nil : -Int(offset.bytes) - 1)
  }

  /// The same error with its byte offset turned into a character position.
  func located(in source: StatementSource) -> SQLError {
    guard let position, position < 0 else { return self }
    var error = self
    error.position = source.position(-position - 1)
    return error
  }
}
