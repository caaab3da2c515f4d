import Foundation
import RoostPlatform
import RoostSQLSimulation
import RoostSimulation
import Testing

@testable import RoostClusterSimulation

/// Whole nodes: they found a cluster, join it, are killed and replaced, and serve clients meanwhile.
@Suite("Whole nodes in simulation")
struct NodeRunTests {
  @Test("without faults a cluster is founded, all join, and clients are served")
  func calm() {
    let run = NodeRun(seed: 1, duration: .seconds(3), faults: [])
    #expect(run.violations == [])
    #expect(run.starts == 3 && run.departures == [])
    #expect(run.acknowledged > 50 && run.reads > 50)
  }

  @Test("with all faults nothing acknowledged is lost, and in the end all are there")
  func faults() {
    var (starts, replacements, removals, moves, departures) = (0, 0, 0, 0, 0)
    for seed in 1...40 as ClosedRange<UInt64> {
      let run = NodeRun(seed: seed)
      #expect(run.violations == [], "seed \(seed): \(run.scheduledFaults.map { "\($0)" }.joined(separator: "; "))")
      #expect(run.acknowledged > 0 && run.reads > 0, "seed \(seed)")
      starts += run.starts
      replacements += run.replacements
      removals += run.removals
      moves += run.moves
      departures += run.departures.count
    }
    // Runs in which nothing happens would show nothing.
    let seen =
      "\(starts) starts, \(replacements) replacements, \(removals) removals, \(moves) moves, \(departures) departures"
    #expect(starts > 240 && replacements > 3 && removals > 3 && moves > 5 && departures > 5, "\(seen)")
  }

  @Test("the same seed gives the same run")
  func determinism() {
    let runs = (1...2).map { _ in NodeRun(seed: 7, duration: .seconds(5)) }
    #expect(runs[0].hash.value == runs[1].hash.value && runs[0].events == runs[1].events)
  }
}

/// The same, with SQL sessions on the nodes.
@Suite("SQL on whole nodes in simulation")
struct SQLNodeTests {
  private static let seeds = ProcessInfo.processInfo.environment["ROOST_SQL_SEEDS"].flatMap { UInt64($0) } ?? 12

  private func play(_ seed: UInt64, faults: [Fault], _ duration: Duration) throws -> (NodeRun, SQLWorkload) {
    var workload: SQLWorkload?
    let run = NodeRun(seed: seed, duration: duration, faults: faults, keySpaces: SQLWorkload.keySpaces) { stage in
      let sessions = SQLWorkload(stage)
      workload = sessions
      return sessions
    }
    return (run, try #require(workload))
  }

  @Test("without faults sessions do what they are asked")
  func calm() throws {
    let (run, workload) = try play(1, faults: [], .seconds(4))
    #expect(run.violations == [])
    #expect(workload.inserts > 10 && workload.changes > 10 && workload.blocks > 10 && workload.reads > 10)
  }

  @Test("with all faults no row is lost or doubled, and transactions are strictly serializable")
  func faults() throws {
    var (inserts, changes, blocks) = (0, 0, 0)
    for seed in 1...SQLNodeTests.seeds {
      let (run, workload) = try play(seed, faults: NodeRun.faults, .seconds(12))
      #expect(run.violations == [], "seed \(seed): \(run.scheduledFaults.map { "\($0)" }.joined(separator: "; "))")
      inserts += workload.inserts
      changes += workload.changes
      blocks += workload.blocks
    }
    let least = 10 * Int(SQLNodeTests.seeds)
    #expect(inserts > least && changes > least && blocks > least, "\(inserts) \(changes) \(blocks)")
  }

  @Test("the same seed gives the same run")
  func determinism() throws {
    let runs = try (1...2).map { _ in try play(7, faults: NodeRun.faults, .seconds(5)).0 }
    #expect(runs[0].hash.value == runs[1].hash.value && runs[0].events == runs[1].events)
  }
}

/// What the judge of SQL sessions finds, in histories written by hand.
@Suite("Strict serializability of counters, accounts and claims")
struct AccountsModelTests {
  private typealias Transactions = History<AccountsModel.Input, [Int]>

  private func verdict(_ write: (inout Transactions) -> Void) -> Bool {
    var history = Transactions()
    write(&history)
    let model = AccountsModel(counters: 2, accounts: 2, balance: 100, claims: 1)
    return LinearizabilityChecker(model).check(history) == .linearizable
  }

  @Test("transactions one after the other see each other")
  func sequential() {
    let holds = verdict { history in
      history.ok(history.invoke(process: 0, .increment(counter: 0)), [1])
      history.ok(history.invoke(process: 1, .copy(from: 0, to: 1)), [1])
      history.ok(history.invoke(process: 0, .transfer(from: 0, to: 1, amount: 7)), [100])
      history.ok(history.invoke(process: 1, .readBoth(counter: 1)), [2, 93, 107])
    }
    #expect(holds)
  }

  @Test("an old read after a new one is found")
  func stale() {
    let holds = verdict { history in
      history.ok(history.invoke(process: 0, .increment(counter: 0)), [1])
      history.ok(history.invoke(process: 1, .read(counter: 0)), [0])
    }
    #expect(!holds)
  }

  @Test("a row that is refused as a duplicate after it was deleted is found")
  func deletedDuplicate() {
    func claims(afterRelease second: Int) -> Bool {
      verdict { history in
        history.ok(history.invoke(process: 0, .claim(0)), [1])
        history.ok(history.invoke(process: 0, .claim(0)), [0])
        history.ok(history.invoke(process: 1, .release(0)), [1])
        history.ok(history.invoke(process: 0, .claim(0)), [second])
      }
    }
    #expect(claims(afterRelease: 1) && !claims(afterRelease: 0))
  }

  @Test("half a transfer is found")
  func torn() {
    let holds = verdict { history in
      let transfer = history.invoke(process: 0, .transfer(from: 0, to: 1, amount: 7))
      history.ok(history.invoke(process: 1, .readAccounts), [93, 100])
      history.ok(transfer, [100])
    }
    #expect(!holds)
  }

  @Test("two transactions that each read what the other one writes, and neither sees it, are found")
  func skew() {
    let holds = verdict { history in
      let first = history.invoke(process: 0, .copy(from: 0, to: 1))
      let second = history.invoke(process: 1, .copy(from: 1, to: 0))
      history.ok(first, [0])
      history.ok(second, [0])
    }
    #expect(!holds)
  }

  @Test("what nobody knows may have happened, and may not", arguments: [[0], [1]])
  func unknown(seen: [Int]) {
    let holds = verdict { history in
      history.info(history.invoke(process: 0, .increment(counter: 0)))
      history.ok(history.invoke(process: 1, .read(counter: 0)), seen)
    }
    #expect(holds)
  }
}
