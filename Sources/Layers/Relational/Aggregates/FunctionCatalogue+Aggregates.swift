/// The aggregates by argument type, with PostgreSQL's result types.
extension FunctionCatalogue {
  mutating func addAggregates() {
    add(AggregateDefinition("count", [], .bigint, skipsNulls: false) { CountAccumulator() })
    add(AggregateDefinition("count", [.any], .bigint) { CountAccumulator() })
    addSums()
    addExtremes()
    addStatistics()
    for name in ["bool_and", "every"] {
      add(AggregateDefinition(name, [.boolean], .boolean, ignoresDuplicates: true) { BooleanAccumulator(isAnd: true) })
    }
    add(
      AggregateDefinition("bool_or", [.boolean], .boolean, ignoresDuplicates: true) { BooleanAccumulator(isAnd: false) }
    )
    for type in [BaseType.smallint, .integer, .bigint] {
      add(AggregateDefinition("bit_and", [type], type, ignoresDuplicates: true) { BitAccumulator(type) { $0 & $1 } })
      add(AggregateDefinition("bit_or", [type], type, ignoresDuplicates: true) { BitAccumulator(type) { $0 | $1 } })
      add(AggregateDefinition("bit_xor", [type], type) { BitAccumulator(type) { $0 ^ $1 } })
    }
    add(AggregateDefinition("string_agg", [.text, .text], .text, skipsNulls: false) { StringAccumulator() })
    add(AggregateDefinition("string_agg", [.bytea, .bytea], .bytea, skipsNulls: false) { ByteaAccumulator() })
  }

  private mutating func addSums() {
    add(AggregateDefinition("sum", [.smallint], .bigint) { IntegerSum(.bigint) })
    add(AggregateDefinition("sum", [.integer], .bigint) { IntegerSum(.bigint) })
    add(AggregateDefinition("sum", [.bigint], .numeric) { IntegerSum(.numeric) })
    add(AggregateDefinition("sum", [.numeric], .numeric) { NumericSum(isAverage: false) })
    add(AggregateDefinition("sum", [.real], .real) { FloatSum(.real) })
    add(AggregateDefinition("sum", [.double], .double) { FloatSum(.double) })
    add(AggregateDefinition("sum", [.interval], .interval) { IntervalSum(isAverage: false) })
    for type in [BaseType.smallint, .integer, .bigint] {
      add(AggregateDefinition("avg", [type], .numeric) { IntegerSum(nil) })
    }
    add(AggregateDefinition("avg", [.numeric], .numeric) { NumericSum(isAverage: true) })
    for type in [BaseType.real, .double] {
      add(AggregateDefinition("avg", [type], .double) { FloatStatistics(.average) })
    }
    add(AggregateDefinition("avg", [.interval], .interval) { IntervalSum(isAverage: true) })
  }

  private mutating func addExtremes() {
    let types: [BaseType] = [
      .smallint, .integer, .bigint, .oid, .real, .double, .numeric, .text, .char, .date, .time, .timestamp,
      .timestamptz, .interval,
    ]
    for type in types {
      add(
        AggregateDefinition("min", [type], type, ignoresDuplicates: true) {
          ExtremeAccumulator(type, wantsGreatest: false)
        })
      add(
        AggregateDefinition("max", [type], type, ignoresDuplicates: true) {
          ExtremeAccumulator(type, wantsGreatest: true)
        })
    }
  }

  private mutating func addStatistics() {
    let names: [(String, Statistic)] = [
      ("variance", .sampleVariance), ("var_samp", .sampleVariance), ("var_pop", .populationVariance),
      ("stddev", .sampleDeviation), ("stddev_samp", .sampleDeviation), ("stddev_pop", .populationDeviation),
    ]
    for (name, statistic) in names {
      for type in [BaseType.smallint, .integer, .bigint, .numeric] {
        add(AggregateDefinition(name, [type], .numeric) { NumericStatistics(statistic) })
      }
      for type in [BaseType.real, .double] {
        add(AggregateDefinition(name, [type], .double) { FloatStatistics(statistic) })
      }
    }
  }
}

/// What the statistical aggregates give.
enum Statistic {
  case average, sampleVariance, populationVariance, sampleDeviation, populationDeviation

  var isSample: Bool { self == .sampleVariance || self == .sampleDeviation }
  var isDeviation: Bool { self == .sampleDeviation || self == .populationDeviation }
}
