extension FunctionCatalogue {
    mutating func addFormatting() {}
}
