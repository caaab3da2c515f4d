/// Statements as written.
enum SyntaxStatement: Sendable {
  case empty
  case query(SyntaxQuery)
  case insert(InsertSyntax)
  case update(UpdateSyntax)
  case delete(DeleteSyntax)
  case createTable(CreateTableSyntax)
  case dropTable(DropSyntax)
  case alterTable(AlterTableSyntax)
  case createIndex(CreateIndexSyntax)
  case dropIndex(DropSyntax)
  case truncate([TableName])
  case transaction(TransactionControl)
  case set(SetSyntax)
  case show(String)
  case reset(String?)
  case explain(ExplainSyntax)
  case discard(String)
  case deallocate(String?)
  case prepare(name: String, types: [TypeName], ParsedBody)
  case execute(name: String, [SyntaxExpression])
  /// VACUUM, ANALYZE: there is nothing to do, which is not an error.
  case maintenance(String)
  /// Understood, and refused with 0A000 when run.
  case unsupported(String)
}

/// A statement inside another one.
indirect enum ParsedBody: Sendable { case statement(SyntaxStatement) }

struct InsertSyntax: Sendable {
  enum Source: Sendable {
    case defaultValues
    case query(SyntaxQuery)
  }

  var with: [CommonTable] = []
  var table: TableName
  var alias: String?
  /// Empty: all columns in order.
  var columns: [(name: String, at: SourceOffset)]
  var source: Source
  var conflict: ConflictClause?
  var returning: [SelectTarget] = []
}

struct ConflictClause: Sendable {
  enum Target: Sendable {
    case none
    case columns([String], SourceOffset)
    case constraint(String, SourceOffset)
  }

  var target: Target
  /// nil: DO NOTHING.
  var update: (assignments: [Assignment], filter: SyntaxExpression?)?
}

struct Assignment: Sendable {
  var columns: [(name: String, at: SourceOffset)]
  /// One expression per column, or one row subquery for all of them.
  var values: [SyntaxExpression]
}

struct UpdateSyntax: Sendable {
  var with: [CommonTable] = []
  var table: TableName
  var alias: String?
  var assignments: [Assignment]
  var from: [TableReference] = []
  var filter: SyntaxExpression?
  var returning: [SelectTarget] = []
}

struct DeleteSyntax: Sendable {
  var with: [CommonTable] = []
  var table: TableName
  var alias: String?
  var using: [TableReference] = []
  var filter: SyntaxExpression?
  var returning: [SelectTarget] = []
}

struct CreateTableSyntax: Sendable {
  var table: TableName
  var ifNotExists: Bool
  var columns: [ColumnDefinition]
  var constraints: [ConstraintSyntax]
}

struct ColumnDefinition: Sendable {
  var name: String
  var type: TypeName
  var isNotNull = false
  var isIdentity = false
  var defaultValue: SyntaxExpression?
  /// The default's text, as written: what the catalogue keeps.
  var defaultText = ""
  var constraints: [ConstraintSyntax] = []
  var at: SourceOffset
}

struct ConstraintSyntax: Sendable {
  enum Action: Sendable, Hashable { case noAction, restrict, cascade, setNull, setDefault }

  enum Kind: Sendable {
    case primaryKey([String])
    case unique([String])
    case check(SyntaxExpression, text: String)
    case foreignKey(
      columns: [String], table: TableName, referenced: [String], onDelete: Action, onUpdate: Action)
  }

  var name: String?
  var kind: Kind
  var at: SourceOffset
}

struct DropSyntax: Sendable {
  var names: [TableName]
  var ifExists: Bool
  var cascades: Bool
}

struct AlterTableSyntax: Sendable {
  enum Action: Sendable {
    case addConstraint(ConstraintSyntax)
    case dropConstraint(String, ifExists: Bool, cascades: Bool)
    case addColumn(ColumnDefinition, ifNotExists: Bool)
    case dropColumn(String, ifExists: Bool, cascades: Bool)
    case setNotNull(String)
    case dropNotNull(String)
    case setDefault(String, SyntaxExpression, text: String)
    case dropDefault(String)
    case renameColumn(String, to: String)
    case renameTable(to: String)
    /// OWNER TO and its kin: accepted, without effect.
    case ignored
  }

  var table: TableName
  var ifExists: Bool
  var actions: [Action]
}

struct CreateIndexSyntax: Sendable {
  var name: String?
  var table: TableName
  var isUnique: Bool
  var ifNotExists: Bool
  var columns: [(name: String, descending: Bool)]
  var at: SourceOffset
}

enum TransactionControl: Sendable {
  case begin(TransactionMode, isStart: Bool)
  case commit
  case rollback
  /// SAVEPOINT, RELEASE, ROLLBACK TO: named by their command.
  case savepoint(String)

  var endsBlock: Bool {
    switch self {
    case .commit, .rollback: true
    case .begin, .savepoint: false
    }
  }
}

struct TransactionMode: Sendable, Hashable {
  var isolation: String?
  var isReadOnly: Bool?
}

struct SetSyntax: Sendable {
  enum Value: Sendable {
    case values([String])
    case toDefault
  }

  var name: String
  var value: Value
  var isLocal: Bool
}

struct ExplainSyntax: Sendable {
  var analyzes: Bool
  var body: ParsedBody
}
