import RoostRelational

/// Calls of catalogue functions over long values.
enum LongValue {
  static func repeated(_ text: String, _ bytes: Int) -> Datum {
    .text(String(repeating: text, count: Swift.max(1, bytes / text.utf8.count)))
  }

  static func nines(_ digits: Int) -> Datum {
    guard let number = try? Numeric.parse([UInt8](repeating: 57, count: digits)) else { return .null }
    return .numeric(number)
  }

  /// Calls the overload of a function or operator that takes these values.
  static func call(
    _ name: String, _ values: [Datum], _ statement: StatementContext = StatementContext()
  ) throws -> Datum {
    let catalogue = FunctionCatalogue.builtin
    let overloads = (catalogue.functions[name] ?? []) + (catalogue.operators[name] ?? [])
    guard let function = overloads.first(where: { takes($0, values) }) else { throw NoFunction(name: name) }
    return try function.call(values, EvaluationContext(statement))
  }

  struct NoFunction: Error { let name: String }

  private static func takes(_ function: FunctionDefinition, _ values: [Datum]) -> Bool {
    guard function.isVariadic ? values.count >= function.arguments.count : values.count == function.arguments.count
    else { return false }
    return values.indices.allSatisfy { index in
      let type = function.arguments[Swift.min(index, function.arguments.count - 1)]
      switch values[index] {
      case .text: return type == .text || type == .any || type == .name
      case .bytea: return type == .bytea || type == .any
      case .numeric: return type == .numeric
      case .integer: return type == .integer
      case .timestamp: return type == .timestamp
      case .boolean: return type == .boolean
      default: return false
      }
    }
  }

  /// What a call fails with: code and message; nil when it returns.
  static func failure(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch let error as SQLError {
      return "\(error.code) \(error.message)"
    } catch {
      return "\(error)"
    }
  }

  static var cancelled: StatementContext {
    let statement = StatementContext()
    statement.cancellation.cancel()
    return statement
  }
}
