/// Expressions as written, before any name or type is known.
///
/// Chains of AND, OR and || are flat lists, so that a hundred thousand of them need no deep tree.
indirect enum SyntaxExpression: Sendable {
  case null
  case boolean(Bool)
  /// Digits, with point or exponent if it has any; perhaps a leading minus.
  case number(String, SourceOffset)
  case string(String, SourceOffset)
  case typed(TypeName, String, SourceOffset)
  case parameter(Int, SourceOffset)
  case column([String], SourceOffset)
  /// `*` or `t.*`, in a target list or a whole-row argument.
  case star([String], SourceOffset)
  case unary(String, SyntaxExpression, SourceOffset)
  case binary(String, SyntaxExpression, SyntaxExpression, SourceOffset)
  case concatenation([SyntaxExpression], SourceOffset)
  case and([SyntaxExpression])
  case or([SyntaxExpression])
  case not(SyntaxExpression)
  case isNull(SyntaxExpression, negated: Bool)
  /// IS [NOT] TRUE, FALSE; nil is UNKNOWN.
  case isBoolean(SyntaxExpression, Bool?, negated: Bool, SourceOffset)
  case isDistinct(SyntaxExpression, SyntaxExpression, negated: Bool, SourceOffset)
  case between(SyntaxExpression, SyntaxExpression, SyntaxExpression, negated: Bool, symmetric: Bool, SourceOffset)
  case inList(SyntaxExpression, [SyntaxExpression], negated: Bool, SourceOffset)
  case inQuery(SyntaxExpression, SyntaxQuery, negated: Bool, SourceOffset)
  case quantified(SyntaxExpression, String, all: Bool, QuantifiedOperand, SourceOffset)
  case like(SyntaxExpression, SyntaxExpression, escape: SyntaxExpression?, LikeForm, SourceOffset)
  case caseWhen(SyntaxExpression?, [CaseBranch], otherwise: SyntaxExpression?, SourceOffset)
  case cast(SyntaxExpression, TypeName, SourceOffset)
  case call(SyntaxCall)
  case exists(SyntaxQuery, SourceOffset)
  case subquery(SyntaxQuery, SourceOffset)
  case row([SyntaxExpression], SourceOffset)
  case array([SyntaxExpression], SourceOffset)
  case atTimeZone(SyntaxExpression, SyntaxExpression, SourceOffset)
  case collate(SyntaxExpression, String, SourceOffset)
  /// DEFAULT, where a row of values is inserted or assigned.
  case defaultValue(SourceOffset)

  struct CaseBranch: Sendable {
    var condition: SyntaxExpression
    var result: SyntaxExpression
  }

  struct LikeForm: Sendable, Hashable {
    var negated: Bool
    var ignoresCase: Bool
  }

  enum QuantifiedOperand: Sendable {
    case query(SyntaxQuery)
    case array(SyntaxExpression)
  }

  /// The place an error about the whole expression points to.
  var offset: SourceOffset {
    switch self {
    case .null, .boolean: .none
    case .number(_, let at), .string(_, let at), .typed(_, _, let at), .parameter(_, let at), .column(_, let at),
      .star(_, let at), .unary(_, _, let at), .binary(_, _, _, let at), .concatenation(_, let at),
      .isBoolean(_, _, _, let at), .isDistinct(_, _, _, let at), .between(_, _, _, _, _, let at),
      .inList(_, _, _, let at), .inQuery(_, _, _, let at), .quantified(_, _, _, _, let at), .like(_, _, _, _, let at),
      .caseWhen(_, _, _, let at), .cast(_, _, let at), .exists(_, let at), .subquery(_, let at), .row(_, let at),
      .array(_, let at), .atTimeZone(_, _, let at), .collate(_, _, let at), .defaultValue(let at):
      at
    case .and(let parts), .or(let parts): parts.first?.offset ?? .none
    case .not(let inner): inner.offset
    case .isNull(let inner, _): inner.offset
    case .call(let call): call.at
    }
  }
}

/// A function call, an aggregate, a window function; also the forms with a syntax of their own, under their function's
/// name.
struct SyntaxCall: Sendable {
  var name: String
  var arguments: [SyntaxExpression]
  /// `count(*)`.
  var isStar = false
  var isDistinct = false
  var orderBy: [SortItem] = []
  var filter: SyntaxExpression?
  var window: WindowReference?
  var at: SourceOffset
}

enum WindowReference: Sendable {
  case named(String, SourceOffset)
  case inline(WindowDefinition)
}

struct WindowDefinition: Sendable {
  var base: String?
  var partitionBy: [SyntaxExpression]
  var orderBy: [SortItem]
  var frame: WindowFrame?
}

struct WindowFrame: Sendable {
  enum Unit: Sendable { case rows, range, groups }
  enum Bound: Sendable {
    case unboundedPreceding, currentRow, unboundedFollowing
    case preceding(SyntaxExpression)
    case following(SyntaxExpression)
  }
  var unit: Unit
  var start: Bound
  var end: Bound
}

struct SortItem: Sendable {
  var expression: SyntaxExpression
  var descending: Bool
  /// nil: last when ascending, first when descending.
  var nullsFirst: Bool?
}
