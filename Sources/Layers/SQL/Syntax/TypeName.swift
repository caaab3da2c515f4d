/// A type as written: name, modifiers, array marks.
struct TypeName: Sendable, Hashable {
  /// Folded; multi-word names in their short form: "double precision" is "float8", "character varying" "varchar".
  var name: String
  var modifiers: [Int] = []
  var isArray = false
  var at: SourceOffset = .none
}
