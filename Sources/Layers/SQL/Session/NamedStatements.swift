import RoostPlatform
import RoostRelational

/// SQL's own prepared statements of a session (PREPARE): bounded in number and in bytes, which draw from the node's
/// memory.
struct NamedStatements: ~Copyable {
  static let maximumCount = 1_000
  static let maximumBytes = 64 << 20

  private struct Entry {
    var statement: CompiledStatement
    var bytes: Int
  }

  private var entries: [String: Entry] = [:]
  private(set) var bytes = 0
  private var memory: MemoryReservation

  init(_ account: MemoryAccount?) { memory = MemoryReservation(account) }

  subscript(_ name: String) -> CompiledStatement? { entries[name]?.statement }

  /// Takes the memory of one more statement, before it is planned. Give it back with ``settle()`` if it is not inserted.
  ///
  /// - Throws: 42P05 when there is one of that name, 54000 beyond the limits, 53200 when the node has no memory for it.
  mutating func admit(_ name: String, bytes size: Int) throws(SQLError) {
    guard entries[name] == nil else { throw SQLError("42P05", "prepared statement \"\(name)\" already exists") }
    guard entries.count < Self.maximumCount, bytes + size <= Self.maximumBytes else {
      throw SQLError(
        "54000", "too many prepared statements",
        detail:
          "A session holds \(Self.maximumCount) statements, whose texts and plans take \(Self.maximumBytes >> 20) MiB.",
        hint: "DEALLOCATE those that are not needed.")
    }
    guard memory.cover(bytes + size) else {
      throw .outOfNodeMemory("for prepared statements", limit: memory.nodeLimit)
    }
  }

  /// Keeps a statement that was admitted.
  mutating func insert(_ statement: CompiledStatement, _ name: String, bytes size: Int) {
    entries[name] = Entry(statement: statement, bytes: size)
    bytes += size
  }

  /// Draws no more than what is there.
  mutating func settle() { memory.coverRegardless(bytes) }

  /// Removes a statement; returns whether it was there.
  mutating func remove(_ name: String) -> Bool {
    guard let removed = entries.removeValue(forKey: name) else { return false }
    bytes -= removed.bytes
    settle()
    return true
  }

  mutating func removeAll() {
    entries = [:]
    bytes = 0
    settle()
  }
}
