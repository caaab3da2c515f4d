/// The choice among overloads (PostgreSQL documentation, chapter 10: operator and function type resolution).
extension FunctionCatalogue {
  /// What can be overloaded: functions, operators, aggregates.
  protocol Candidate {
    var arguments: [BaseType] { get }
    var isVariadic: Bool { get }
  }

  enum Choice<C> {
    case one(C)
    case none
    case ambiguous
  }

  /// The argument types a candidate presents to a call with `count` arguments; nil when it takes another number.
  static func signature(_ candidate: some Candidate, _ count: Int) -> [BaseType]? {
    let arguments = candidate.arguments
    if arguments.count == count { return arguments }
    guard candidate.isVariadic, count >= arguments.count, let last = arguments.last else { return nil }
    return arguments + [BaseType](repeating: last, count: count - arguments.count)
  }

  static func choose<C: Candidate>(_ candidates: [C], _ inputs: [BaseType]) -> Choice<C> {
    var viable: [(candidate: C, types: [BaseType])] = []
    for candidate in candidates {
      guard let types = signature(candidate, inputs.count) else { continue }
      if types == inputs { return .one(candidate) }
      let fits = zip(inputs, types).allSatisfy { Coercion.method(from: $0, to: $1, .implicit) != nil }
      if fits { viable.append((candidate, types)) }
    }
    if viable.isEmpty { return .none }
    if viable.count == 1 { return .one(viable[0].candidate) }

    func keepBest(_ score: (BaseType, BaseType) -> Bool) {
      var best = -1
      var kept: [(candidate: C, types: [BaseType])] = []
      for entry in viable {
        let matches = zip(inputs, entry.types).count { $0 != .unknown && score($0, $1) }
        if matches > best {
          best = matches
          kept = [entry]
        } else if matches == best {
          kept.append(entry)
        }
      }
      viable = kept
    }

    keepBest { $0 == $1 }
    if viable.count == 1 { return .one(viable[0].candidate) }
    keepBest { $0 == $1 || ($1.isPreferred && $1.category == $0.category) }
    if viable.count == 1 { return .one(viable[0].candidate) }

    let unknowns = inputs.indices.filter { inputs[$0] == .unknown }
    if unknowns.isEmpty { return .ambiguous }
    viable = preferredForUnknowns(viable, unknowns)
    if viable.count == 1 { return .one(viable[0].candidate) }

    // If all known arguments have one type, the unknown ones are taken to have it too.
    let known = Set(inputs.filter { $0 != .unknown })
    if let only = known.first, known.count == 1 {
      let matching = viable.filter { entry in
        entry.types.allSatisfy { Coercion.method(from: only, to: $0, .implicit) != nil }
      }
      if matching.count == 1 { return .one(matching[0].candidate) }
    }
    return .ambiguous
  }

  private static func preferredForUnknowns<C>(
    _ viable: [(candidate: C, types: [BaseType])], _ unknowns: [Int]
  ) -> [(candidate: C, types: [BaseType])] {
    var wanted: [Int: (category: TypeCategory, preferred: Bool)] = [:]
    for position in unknowns {
      var category: TypeCategory?
      var hasPreferred = false
      var hasConflict = false
      for entry in viable {
        let type = entry.types[position]
        if category == nil {
          category = type.category
          hasPreferred = type.isPreferred
        } else if type.category == category {
          hasPreferred = hasPreferred || type.isPreferred
        } else if type.category == .string {
          category = .string
          hasPreferred = type.isPreferred
        } else {
          hasConflict = true
        }
      }
      guard let category, !hasConflict || category == .string else { return viable }
      wanted[position] = (category, hasPreferred)
    }
    let kept = viable.filter { entry in
      unknowns.allSatisfy { position in
        guard let want = wanted[position] else { return true }
        let type = entry.types[position]
        return type.category == want.category && (!want.preferred || type.isPreferred)
      }
    }
    return kept.isEmpty ? viable : kept
  }

  // MARK: Lookup

  /// The binary operator for these operand types. Errors 42883 and 42725.
  public func resolveOperator(
    _ symbol: String, _ left: BaseType, _ right: BaseType
  ) throws(SQLError) -> FunctionDefinition {
    // One unknown operand is first taken to have the other's type.
    let first = left == .unknown ? right : left
    let second = right == .unknown ? left : right
    let named = operators[symbol] ?? []
    for candidate in named where candidate.arguments.count == 2 {
      if candidate.arguments[0] == first, candidate.arguments[1] == second, first != .unknown { return candidate }
    }
    let candidates = named.filter { $0.arguments.count == 2 }
    let shown = "\(left.name) \(symbol) \(right.name)"
    return try Self.pick(Self.choose(candidates, [left, right]), "operator", shown)
  }

  /// The prefix operator for this operand type.
  public func resolvePrefixOperator(_ symbol: String, _ operand: BaseType) throws(SQLError) -> FunctionDefinition {
    let candidates = (operators[symbol] ?? []).filter { $0.arguments.count == 1 }
    return try Self.pick(Self.choose(candidates, [operand]), "operator", "\(symbol) \(operand.name)")
  }

  /// The function for these argument types.
  public func resolveFunction(_ name: String, _ arguments: [BaseType]) throws(SQLError) -> FunctionDefinition {
    let shown = "\(name)(\(arguments.map(\.name).joined(separator: ", ")))"
    return try Self.pick(Self.choose(functions[name] ?? [], arguments), "function", shown)
  }

  /// The aggregate for these argument types.
  public func resolveAggregate(_ name: String, _ arguments: [BaseType]) throws(SQLError) -> AggregateDefinition {
    let shown = "\(name)(\(arguments.map(\.name).joined(separator: ", ")))"
    return try Self.pick(Self.choose(aggregates[name] ?? [], arguments), "function", shown)
  }

  private static func pick<C>(_ choice: Choice<C>, _ what: String, _ shown: String) throws(SQLError) -> C {
    switch choice {
    case .one(let candidate): return candidate
    case .none:
      throw SQLError(
        "42883", what == "operator" ? "operator does not exist: \(shown)" : "function \(shown) does not exist",
        hint: what == "operator"
          ? "No operator matches the given name and argument types. You might need to add explicit type casts."
          : "No function matches the given name and argument types. You might need to add explicit type casts.")
    case .ambiguous:
      throw SQLError(
        "42725", what == "operator" ? "operator is not unique: \(shown)" : "function \(shown) is not unique",
        hint: "Could not choose a best candidate \(what). You might need to add explicit type casts.")
    }
  }
}

extension FunctionDefinition: FunctionCatalogue.Candidate {}
extension AggregateDefinition: FunctionCatalogue.Candidate {}
