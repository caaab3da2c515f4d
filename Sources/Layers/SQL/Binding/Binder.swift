import RoostRelational

/// Gives written names their meaning: tables, columns, functions, types (PostgreSQL documentation, chapters 7 and 10).
///
/// The binder owns names and levels, `TypeChecker` owns overloads and conversions.
final class Binder {
  let catalogue: Catalogue
  let checker: TypeChecker
  var stack: StackGuard
  /// How often a WITH query was put in the place of its name.
  var commonTableMentions = 0
  static let maximumMentions = 2_000
  /// Planning a join takes time by the square of its tables.
  static let maximumTables = 1_000
  /// The depth of the outermost level that a name was found in since this was last reset: tells correlated subqueries.
  var outermostDepth = Int.max
  /// Tables the statement depends on.
  private(set) var tables: [TableDescriptor] = []

  init(catalogue: Catalogue, checker: TypeChecker, _ pace: EvaluationPace? = nil) {
    self.catalogue = catalogue
    self.checker = checker
    stack = StackGuard(pace)
  }

  func table(_ name: TableName) throws(SQLError) -> TableDescriptor {
    let table = try catalogue.table(name)
    tables.append(table)
    return table
  }

  // MARK: Expressions

  /// Binds an expression; errors without a place get the innermost expression's.
  func bind(_ syntax: SyntaxExpression, _ level: QueryLevel) throws(SQLError) -> Expression {
    try stack.enter()
    defer { stack.leave() }
    do throws(SQLError) {
      return try bindNode(syntax, level)
    } catch {
      guard error.position == nil, syntax.offset != .none else { throw error }
      var located = error
      located.position = -Int(syntax.offset.bytes) - 1
      throw located
    }
  }

  @inline(never)
  func bind(_ syntax: [SyntaxExpression], _ level: QueryLevel) throws(SQLError) -> [Expression] {
    var result: [Expression] = []
    result.reserveCapacity(syntax.count)
    for item in syntax { result.append(try bind(item, level)) }
    return result
  }

  /// A condition, split at its ANDs.
  func conjuncts(
    _ syntax: SyntaxExpression?, _ level: QueryLevel, _ construct: String
  ) throws(SQLError) -> [Expression] {
    guard let syntax else { return [] }
    let bound = try bind(syntax, level)
    do throws(SQLError) {
      return Binder.split(try checker.condition(bound, construct))
    } catch {
      var located = error
      if located.position == nil, syntax.offset != .none { located.position = -Int(syntax.offset.bytes) - 1 }
      throw located
    }
  }

  static func split(_ condition: Expression) -> [Expression] {
    if case .and(let parts) = condition { return parts.flatMap(split) }
    return [condition]
  }

  @inline(never)
  private func bindNode(_ syntax: SyntaxExpression, _ level: QueryLevel) throws(SQLError) -> Expression {
    switch syntax {
    case .null: return checker.null
    case .boolean(let value): return checker.boolean(value)
    case .number(let text, _): return try number(text)
    case .string(let text, _): return checker.string(text)
    case .parameter(let number, _): return try checker.parameter(number - 1)
    case .column(let parts, let at): return try column(parts, at, level)
    case .call(let call): return try bindCall(call, level)
    case .binary(let name, let left, let right, let at): return try binary(name, left, right, at, level)
    case .and(let parts): return try checker.and(bind(parts, level))
    case .or(let parts): return try checker.or(bind(parts, level))
    case .not(let inner): return try checker.not(bind(inner, level))
    default: return try bindOther(syntax, level)
    }
  }

  @inline(never)
  private func bindOther(_ syntax: SyntaxExpression, _ level: QueryLevel) throws(SQLError) -> Expression {
    switch syntax {
    case .typed(let name, let text, _):
      return try checker.coerce(checker.string(text), to: TypeNames.resolve(name), .explicit)
    case .cast(let operand, let name, _):
      return try checker.coerce(bind(operand, level), to: TypeNames.resolve(name), .explicit)
    case .unary(let name, let operand, _): return try checker.prefix(name, bind(operand, level))
    case .concatenation(let parts, _): return try concatenation(bind(parts, level))
    case .isNull(.row(let items, _), let negated):
      var parts: [Expression] = []
      for item in items { parts.append(try checker.isNull(bind(item, level), negated: negated)) }
      return try checker.and(parts)
    case .isNull(let operand, let negated): return try checker.isNull(bind(operand, level), negated: negated)
    case .isBoolean(let operand, let value, let negated, _):
      let truth: Expression.Truth = value.map { $0 ? .isTrue : .isFalse } ?? .isUnknown
      return try checker.isTruth(bind(operand, level), truth, negated: negated)
    case .isDistinct(let left, let right, let negated, _):
      return try checker.isDistinct(bind(left, level), bind(right, level), negated: negated)
    case .between(let operand, let low, let high, let negated, let symmetric, _):
      return try checker.between(
        bind(operand, level), bind(low, level), bind(high, level), negated: negated, symmetric: symmetric)
    case .inList(let operand, let list, let negated, let at): return try inList(operand, list, negated, at, level)
    case .like(let operand, let pattern, let escape, let form, _):
      return try like(operand, pattern, escape, form, level)
    case .caseWhen(let operand, let branches, let otherwise, _):
      return try caseWhen(operand, branches, otherwise, level)
    case .atTimeZone(let operand, let zone, _):
      return try checker.function("timezone", [bind(zone, level), bind(operand, level)])
    case .collate(let operand, let name, let at):
      guard ["C", "POSIX", "default", "ucs_basic"].contains(name) else {
        throw SQLError("42704", "collation \"\(name)\" for encoding \"UTF8\" does not exist", at: at)
      }
      return try bind(operand, level)
    case .inQuery, .exists, .subquery, .quantified: return try bindSubquery(syntax, level)
    case .row(_, let at): throw SQLError("0A000", "row values are only supported in comparisons", at: at)
    case .array(_, let at): throw SQLError("0A000", "array types are not supported", at: at)
    case .defaultValue(let at): throw SQLError("42601", "DEFAULT is not allowed in this context", at: at)
    case .star(let parts, let at):
      throw SQLError(
        parts.isEmpty ? "42601" : "0A000",
        parts.isEmpty ? "row expansion via \"*\" is not supported here" : "whole-row references are not supported",
        at: at)
    default: throw SQLError("XX000", "an expression was not understood", at: syntax.offset)
    }
  }

  private func number(_ text: String) throws(SQLError) -> Expression {
    guard text.hasPrefix("-") else { return try checker.number(text) }
    // -2147483648 is an integer though 2147483648 is not: PostgreSQL negates the constant of the wider type.
    let positive = try checker.number(String(text.dropFirst()))
    switch positive {
    case .constant(.integer(let value), _): return .constant(.integer(-value), .integer)
    case .constant(.bigint(let value), _): return .constant(.bigint(-value), .bigint)
    case .constant(.numeric(let value), let type): return .constant(.numeric(value.negated), type)
    default: return positive
    }
  }

  @inline(never)
  private func binary(
    _ name: String, _ left: SyntaxExpression, _ right: SyntaxExpression, _ at: SourceOffset, _ level: QueryLevel
  ) throws(SQLError) -> Expression {
    if case .row(let lefts, _) = left { return try rowComparison(name, lefts, right, at, level) }
    // A chain of operators nests to the left: walked in a loop, so that its length costs no stack.
    var chain = [(name: name, right: right, at: at)]
    var first = left
    while case .binary(let innerName, let innerLeft, let innerRight, let innerAt) = first {
      if case .row = innerLeft { break }
      chain.append((innerName, innerRight, innerAt))
      first = innerLeft
    }
    var result = try bind(first, level)
    for (name, right, at) in chain.reversed() {
      let operand = try bind(right, level)
      do throws(SQLError) {
        result = try checker.infix(name, result, operand)
      } catch {
        guard error.position == nil else { throw error }
        var located = error
        located.position = -Int(at.bytes) - 1
        throw located
      }
    }
    return result
  }

  /// A chain of || becomes a balanced tree, so that its depth grows with the logarithm of its length. Text and bytea
  /// are
  /// joined associatively; a chain that begins with operands of other types keeps its order up to the first text.
  private func concatenation(_ operands: [Expression]) throws(SQLError) -> Expression {
    if operands.count <= 16 {
      var result = operands[0]
      for operand in operands.dropFirst() { result = try checker.infix("||", result, operand) }
      return result
    }
    var prefix = try checker.infix("||", operands[0], operands[1])
    var rest: [Expression] = []
    for operand in operands.dropFirst(2) {
      // Joining with text turns every operand into text first; so each can be turned by itself.
      rest.append(
        prefix.type == .bytea
          ? operand : try checker.infix("||", checker.coerce(checker.string(""), to: .text, .implicit), operand))
    }
    rest.insert(prefix, at: 0)
    while rest.count > 1 {
      var next: [Expression] = []
      for index in stride(from: 0, to: rest.count, by: 2) {
        next.append(index + 1 < rest.count ? try checker.infix("||", rest[index], rest[index + 1]) : rest[index])
      }
      rest = next
    }
    prefix = rest[0]
    return prefix
  }

  @inline(never)
  private func rowComparison(
    _ name: String, _ lefts: [SyntaxExpression], _ right: SyntaxExpression, _ at: SourceOffset, _ level: QueryLevel
  ) throws(SQLError) -> Expression {
    guard case .row(let rights, _) = right else {
      throw SQLError("0A000", "comparison of a row with something else than a row is not supported", at: at)
    }
    guard lefts.count == rights.count else {
      throw SQLError("42601", "unequal number of entries in row expressions", at: at)
    }
    return try rowComparison(name, bind(lefts, level), bind(rights, level), at)
  }

  private func rowComparison(
    _ name: String, _ lefts: [Expression], _ rights: [Expression], _ at: SourceOffset
  ) throws(SQLError) -> Expression {
    var pairs: [Expression] = []
    switch name {
    case "=", "<>":
      for (left, right) in zip(lefts, rights) { pairs.append(try counted(name, left, right)) }
      return name == "=" ? try checker.and(pairs) : try checker.or(pairs)
    case "<", "<=", ">", ">=":
      // (a, b) < (c, d) is a < c OR (a = c AND b < d).
      let strict = String(name.prefix(1))
      for index in lefts.indices {
        var parts: [Expression] = []
        for before in 0..<index { parts.append(try counted("=", lefts[before], rights[before])) }
        let isLast = index == lefts.count - 1
        parts.append(try counted(isLast ? name : strict, lefts[index], rights[index]))
        pairs.append(parts.count == 1 ? parts[0] : try checker.and(parts))
      }
      return pairs.count == 1 ? pairs[0] : try checker.or(pairs)
    default: throw SQLError("0A000", "operator \(name) is not supported for rows", at: at)
    }
  }

  /// A comparison that the text has no node for. They are counted as if it had: there may be as many as the square of
  /// what is written.
  private func counted(_ name: String, _ left: Expression, _ right: Expression) throws(SQLError) -> Expression {
    try stack.enter()
    defer { stack.leave() }
    return try checker.infix(name, left, right)
  }

  @inline(never)
  private func inList(
    _ operand: SyntaxExpression, _ list: [SyntaxExpression], _ negated: Bool, _ at: SourceOffset, _ level: QueryLevel
  ) throws(SQLError) -> Expression {
    guard case .row(let lefts, _) = operand else {
      return try checker.inList(bind(operand, level), bind(list, level), negated: negated)
    }
    let boundLefts = try bind(lefts, level)
    var comparisons: [Expression] = []
    for item in list {
      guard case .row(let rights, _) = item, rights.count == lefts.count else {
        throw SQLError("42601", "unequal number of entries in row expressions", at: item.offset)
      }
      comparisons.append(try rowComparison("=", boundLefts, bind(rights, level), at))
    }
    let any = comparisons.count == 1 ? comparisons[0] : try checker.or(comparisons)
    return negated ? try checker.not(any) : any
  }

  @inline(never)
  private func like(
    _ operand: SyntaxExpression, _ pattern: SyntaxExpression, _ escape: SyntaxExpression?,
    _ form: SyntaxExpression.LikeForm, _ level: QueryLevel
  ) throws(SQLError) -> Expression {
    let value = try bind(operand, level)
    var bound = try bind(pattern, level)
    if let escape { bound = try checker.function("like_escape", [bound, bind(escape, level)]) }
    let name = (form.negated ? "!" : "") + (form.ignoresCase ? "~~*" : "~~")
    return try checker.infix(name, value, bound)
  }

  @inline(never)
  private func caseWhen(
    _ operand: SyntaxExpression?, _ branches: [SyntaxExpression.CaseBranch], _ otherwise: SyntaxExpression?,
    _ level: QueryLevel
  ) throws(SQLError) -> Expression {
    let boundOperand: Expression? = if let operand { try bind(operand, level) } else { nil }
    var bound: [(condition: Expression, result: Expression)] = []
    for branch in branches { bound.append((try bind(branch.condition, level), try bind(branch.result, level))) }
    let boundOtherwise: Expression? = if let otherwise { try bind(otherwise, level) } else { nil }
    return try checker.caseWhen(operand: boundOperand, bound, otherwise: boundOtherwise)
  }
}
