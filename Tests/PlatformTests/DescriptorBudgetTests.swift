import RoostPlatform
import Testing

@Suite("Descriptors") struct DescriptorBudgetTests {
  @Test(
    "no part takes from another, and nothing is given twice",
    arguments: [0, 128, 200, 256, 1024, 4096, 20_000, 1 << 20])
  func division(_ limit: Int) {
    let budget = DescriptorBudget(limit: limit)
    #expect(budget.limit == max(limit, DescriptorBudget.minimum))
    let parts = [
      budget.own, budget.stateEngine, budget.peers, budget.arrivals * 2, budget.nativeClients, budget.sqlClients,
    ]
    #expect(parts.reduce(0, +) == budget.limit)
    #expect(parts.allSatisfy { $0 > 0 })
    #expect(budget.own >= 32)
    // RocksDB's own minimum is 20.
    #expect(budget.stateEngine >= 24)
    #expect(budget.peers >= 16)
    #expect(budget.sqlClients >= 16)
  }

  @Test("the usual limit serves a cluster of eight and some hundred sessions")
  func usual() {
    let budget = DescriptorBudget(limit: 1024)
    #expect(budget.peers >= 4 * 8)
    #expect(budget.sqlClients >= 400)
  }

  @Test("the limit of this process is known, and what is open counts")
  func system() throws {
    let limit = DescriptorLimit.raise()
    #expect(limit >= DescriptorBudget.minimum)
    #expect(DescriptorLimit.raise() == limit)
    if let inUse = DescriptorLimit.inUse() { #expect(inUse >= 3 && inUse <= limit) }
  }
}
