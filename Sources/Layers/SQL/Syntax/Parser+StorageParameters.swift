import RoostRelational

/// `WITH (name = value, …)` and `TABLESPACE name` of tables and indexes. Nothing of it has an effect in this version, so
/// nothing of it is taken in silence: who reads the statement later would believe it.
extension Parser {
  /// What a later version is going to have, by name.
  private static let planned: [String: String] = [
    "sharding": "tables lie in one partition", "shards": "tables lie in one partition",
    "virtual_nodes": "tables lie in one partition", "replication_factor": "every node has all tables",
    "mode": "every commit waits for a quorum", "writers": "the leader does every write",
    "read_level": "reads go by roost.read_level of the session",
    "write_level": "every commit waits for a quorum",
    "conflict_resolution": "transactions are serializable, so there are no conflicts to resolve",
    "sync_interval": "every commit waits for a quorum",
  ]

  /// PostgreSQL's parameters of tables and indexes, but for those of autovacuum.
  private static let ofPostgreSQL: Set<String> = [
    "fillfactor", "toast_tuple_target", "parallel_workers", "vacuum_index_cleanup", "vacuum_truncate",
    "log_autovacuum_min_duration", "user_catalog_table", "deduplicate_items", "buffering", "fastupdate",
    "gin_pending_list_limit", "pages_per_range", "autosummarize",
  ]

  mutating func storageParameters() throws(SQLError) {
    try expectSymbol("(")
    let parameters = try list { parser throws(SQLError) in try parser.storageParameter() }
    try expectSymbol(")")
    // The unknown ones first: they are wrong in every version.
    let unknown = parameters.first {
      !Self.ofPostgreSQL.contains($0.name) && !$0.name.hasPrefix("autovacuum_") && Self.planned[$0.name] == nil
        && $0.name != "oids"
    }
    if let unknown {
      throw SQLError(
        "22023", "unrecognized parameter \"\(unknown.name)\"", at: unknown.at,
        hint: "Roost has no storage options yet: leave the WITH clause out.")
    }
    for parameter in parameters {
      // The one that changes nothing by what it says, and that dumps of old servers have.
      if parameter.name == "oids", ["false", "off", "0"].contains(parameter.value) { continue }
      let reason = Self.planned[parameter.name].map { ": \($0)" } ?? ""
      throw SQLError(
        "22023", "parameter \"\(parameter.name)\" has no effect in this version\(reason)",
        at: parameter.at, hint: "Leave the parameter out.")
    }
  }

  private mutating func storageParameter() throws(SQLError) -> (name: String, value: String, at: SourceOffset) {
    let at = token.at
    var name = try label()
    // `toast.autovacuum_enabled`
    if try acceptSymbol(".") { name = try label() }
    guard try acceptSymbol("=") else { return (name, "true", at) }
    var value = ""
    while !token.isSymbol(","), !token.isSymbol(")") {
      guard token.kind != .end, !token.isSymbol("("), !token.isSymbol(";") else { throw syntaxError() }
      value += token.text.lowercased()
      try advance()
    }
    guard !value.isEmpty else { throw syntaxError() }
    return (name, value, at)
  }

  mutating func tableSpace() throws(SQLError) {
    let at = token.at
    guard try accept("tablespace") else { return }
    let name = try name()
    guard name == "pg_default" else {
      throw SQLError("42704", "tablespace \"\(name)\" does not exist", at: at)
    }
  }
}
