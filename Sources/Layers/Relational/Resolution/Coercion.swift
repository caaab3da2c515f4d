/// Which conversions between types exist and when they apply by themselves: `pg_cast` for Roost's types.
public enum Coercion {
  /// How eagerly a conversion is applied.
  public enum Context: Int, Sendable, Comparable {
    /// Anywhere in an expression.
    case implicit
    /// When a value is stored in a column.
    case assignment
    /// Only by CAST or `::`.
    case explicit

    public static func < (left: Context, right: Context) -> Bool { left.rawValue < right.rawValue }
  }

  public enum Method: Sendable {
    /// The same bits.
    case relabel
    /// A conversion function.
    case function
    /// Through the text form.
    case inputOutput
  }

  /// The conversion between two types, if there is one in this context.
  public static func method(from source: BaseType, to target: BaseType, _ context: Context) -> Method? {
    if source == target { return .relabel }
    if source == .unknown { return .inputOutput }
    if target == .any { return .relabel }
    if let (method, least) = listed(source, target) { return least <= context ? method : nil }
    // Every type converts to the string types in assignments, and from them explicitly, through its text form.
    if target.category == .string, context >= .assignment, source.category != .pseudo { return .inputOutput }
    if source.category == .string, context == .explicit, target.category != .pseudo { return .inputOutput }
    return nil
  }

  /// Whether a value of `source` is one of `target` without any work.
  public static func isBinaryCoercible(_ source: BaseType, _ target: BaseType) -> Bool {
    if source == target || target == .any { return true }
    guard let (method, least) = listed(source, target), case .relabel = method else { return false }
    return least == .implicit
  }

  private static func listed(_ source: BaseType, _ target: BaseType) -> (Method, Context)? {
    switch (source, target) {
    // Integers widen implicitly and narrow in assignments.
    case (.smallint, .integer), (.smallint, .bigint), (.integer, .bigint): return (.function, .implicit)
    case (.bigint, .integer), (.bigint, .smallint), (.integer, .smallint): return (.function, .assignment)
    case (.smallint, .real), (.smallint, .double), (.smallint, .numeric), (.integer, .real), (.integer, .double),
      (.integer, .numeric), (.bigint, .real), (.bigint, .double), (.bigint, .numeric):
      return (.function, .implicit)
    case (.real, .double), (.numeric, .real), (.numeric, .double): return (.function, .implicit)
    case (.real, .smallint), (.real, .integer), (.real, .bigint), (.real, .numeric), (.double, .smallint),
      (.double, .integer), (.double, .bigint), (.double, .numeric), (.double, .real), (.numeric, .smallint),
      (.numeric, .integer), (.numeric, .bigint):
      return (.function, .assignment)
    case (.integer, .boolean), (.boolean, .integer): return (.function, .explicit)
    case (.boolean, .text), (.boolean, .varchar), (.boolean, .char): return (.function, .assignment)
    case (.smallint, .oid), (.bigint, .oid): return (.function, .implicit)
    case (.integer, .oid): return (.function, .implicit)
    case (.oid, .bigint), (.oid, .integer): return (.function, .assignment)
    // The string types are the same bytes; leaving char drops the padding.
    case (.text, .varchar), (.varchar, .text), (.text, .char), (.varchar, .char): return (.relabel, .implicit)
    case (.char, .text), (.char, .varchar): return (.function, .implicit)
    case (.name, .text): return (.function, .implicit)
    case (.name, .varchar), (.name, .char): return (.function, .assignment)
    case (.text, .name), (.varchar, .name), (.char, .name): return (.function, .implicit)
    case (.date, .timestamp), (.date, .timestamptz), (.timestamp, .timestamptz): return (.function, .implicit)
    case (.timestamp, .date), (.timestamp, .time), (.timestamptz, .date), (.timestamptz, .time),
      (.timestamptz, .timestamp):
      return (.function, .assignment)
    case (.time, .interval): return (.function, .implicit)
    case (.interval, .time): return (.function, .assignment)
    default: return nil
    }
  }
}
