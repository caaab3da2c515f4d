extension FunctionCatalogue {
    mutating func addMathematics() {}
    mutating func addStrings() {}
    mutating func addPatterns() {}
    mutating func addBytea() {}
    mutating func addDates() {}
    mutating func addFormatting() {}
    mutating func addSession() {}
    mutating func addAggregates() {}
  static func power(_ a: Double, _ b: Double) throws(SQLError) -> Double { a }
}
