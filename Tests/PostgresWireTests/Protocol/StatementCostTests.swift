import Testing

@testable import RoostPostgresWire

@Suite("What a statement costs in memory")
struct StatementCostTests {
  @Test("many short words cost far more than one long literal of the same size")
  func words() {
    let list = "SELECT " + Array(repeating: "1", count: 20_000).joined(separator: ",")
    let literal = "SELECT '" + String(repeating: "x", count: list.utf8.count) + "'"
    // Measured: 117 bytes for each byte of such a text.
    #expect(StatementCost.bytes(of: list) > 110 * list.utf8.count)
    #expect(StatementCost.bytes(of: literal) < 5 * literal.utf8.count)
  }

  @Test(
    "what usual statements cost is below what is asked for",
    arguments: ["", "SELECT 1", "INSERT INTO t VALUES ('it''s', 2)"])
  func usual(_ text: String) {
    #expect(StatementCost.bytes(of: text) < 256 << 10)
    #expect(StatementCost.bytes(of: String(repeating: "(", count: StatementCost.freeTextBytes)) < 256 << 10)
  }
}
