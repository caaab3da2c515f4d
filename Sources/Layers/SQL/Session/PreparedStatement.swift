public import RoostRelational

/// One statement of a text, parsed. An empty statement is kept as such where the protocol must answer it.
///
/// Between its text and its result a statement goes through stages: parsed, prepared (analysed and planned), bound to a
/// portal.
public struct ParsedStatement: Sendable {
  let syntax: SyntaxStatement
  /// The whole text the statement stands in: positions of errors count from its start.
  let source: StatementSource
  /// Whether no other statement stands in the text.
  var isWholeText = false
  /// Lexical elements of the statement: what its tree and its plan take is in proportion.
  var tokens = 0
  /// Bytes of its own part of the text.
  var length = 0

  /// Bytes that the statement is taken to hold while it is kept.
  public var estimatedSize: Int {
    (isWholeText ? source.text.utf8.count : length) + StatementSize.bytesPerToken * tokens + 1_024
  }

  /// True for an empty text or one that holds comments only.
  public var isEmpty: Bool { if case .empty = syntax { true } else { false } }
  /// Statements that end a failed transaction block are the only ones accepted in it.
  public var endsTransaction: Bool { if case .transaction(let control) = syntax { control.endsBlock } else { false } }
}

/// A statement that is analysed and planned; it can be bound any number of times, by the session that prepared it.
public struct PreparedStatement: Sendable {
  /// The types of `$1`, `$2`, …, as given or inferred.
  public let parameterTypes: [SQLType]
  /// The columns of the rows it returns; nil when it returns none.
  public let columns: [ResultColumn]?
  let compiled: CompiledStatement
}

/// How pulling from a portal ended.
public enum PortalOutcome: Sendable, Hashable {
  /// The row limit was reached; more rows may follow.
  case suspended
  /// The statement is done. The tag is what CommandComplete carries, as "INSERT 0 1".
  case completed(tag: String)
  /// The statement was empty.
  case empty
}
