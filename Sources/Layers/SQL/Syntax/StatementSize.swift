/// What a statement's text costs in memory once it is parsed and planned: much for many short words, little for long
/// literals.
enum StatementSize {
  /// Measured: 20,000 times `1,` in a prepared SELECT take 234 bytes for each pair of tokens.
  static let bytesPerToken = 128
  /// The text itself, the bytes that the lexer reads, and those that values take of them.
  private static let bytesPerByte = 4

  /// Bytes while the statement is parsed and planned.
  static func bytes(text: Int, tokens: Int) -> Int { text * bytesPerByte + tokens * bytesPerToken }
}
