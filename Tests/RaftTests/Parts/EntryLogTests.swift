import RoostBase
import Testing

@testable import RoostRaft

/// The log against a plain array of entries: whatever is done to both, they say the same.
@Suite struct EntryLogTests {
  /// The same log without any cleverness.
  private struct Model {
    var compacted = EntryLog.Position(index: .zero, term: .zero)
    var entries: [Entry] = []
    var commit = LogIndex.zero
    var applied = LogIndex.zero

    var lastIndex: LogIndex { compacted.index + UInt64(entries.count) }

    func term(at index: LogIndex) -> Term? {
      if index == compacted.index { return compacted.term }
      return entries.first { $0.index == index }?.term
    }

    func lastPossibleMatch(_ index: LogIndex, term: Term) -> EntryLog.Position {
      var index = index
      while index > .zero {
        guard let own = self.term(at: index) else { return .init(index: index, term: .zero) }
        if own <= term { return .init(index: index, term: own) }
        index = index - 1
      }
      return .init(index: .zero, term: .zero)
    }
  }

  @Test(arguments: 0..<30 as Range<UInt64>) func logEqualsItsModel(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var settings = RaftConfiguration(id: NodeID(1), randomSeed: 1)
    settings.maxCachedBytes = random.number(0...1000)
    settings.maxCommittedBytesPerApply = random.number(1...300)
    var log = EntryLog(RestoredState(), settings: settings)
    var model = Model()
    var term: UInt64 = 1
    for _ in 0..<400 {
      switch random.number(0...9) {
      case 0...3:
        if random.chance(20) { term += 1 }
        // Somewhere above what is committed.
        let keep =
          random.chance(70)
          ? model.lastIndex
          : LogIndex(
            UInt64.random(
              in: model.commit.rawValue...model.lastIndex.rawValue, using: &random))
        let count = random.number(1...5)
        let entries = (1...UInt64(count)).map { offset in
          Entry(
            index: keep + offset, term: Term(term), payload: [UInt8](repeating: 7, count: random.number(0...20)))
        }
        model.entries.removeAll { $0.index > keep }
        model.entries += entries
        log.append(entries)
      case 4:
        let index = LogIndex(UInt64.random(in: model.commit.rawValue...model.lastIndex.rawValue, using: &random))
        log.commit(through: index)
        model.commit = index
      case 5:
        let taken = log.takeEntriesToPersist()
        #expect(taken == model.entries.filter { $0.index.rawValue > log.lastIndex.rawValue - UInt64(taken.count) })
        if random.chance(50) { log.forgetLatest() }
      case 6:
        if log.handedOut == log.lastIndex { log.becameStable(log.last) }
      case 7:
        let taken = log.takeCommittedToApply()
        #expect(taken == model.entries.filter { $0.index > model.applied && $0.index <= log.applying })
        if let last = taken.last {
          log.applied(through: last.index)
          model.applied = last.index
        }
      case 8:
        if model.applied > model.compacted.index, let term = model.term(at: model.applied) {
          log.compact(through: model.applied)
          model.compacted = .init(index: model.applied, term: term)
          model.entries.removeAll { $0.index <= model.applied }
        }
      default:
        if random.chance(10) {
          let snapshot = SnapshotMetadata(index: model.lastIndex + 3, term: Term(term))
          log.restore(snapshot)
          model = Model(compacted: .init(index: snapshot.index, term: snapshot.term))
          model.commit = snapshot.index
          #expect(log.takeSnapshotToPersist() == snapshot)
          #expect(log.takeSnapshotToPersist() == nil)
          log.snapshotBecameStable(snapshot.index)
          model.applied = snapshot.index
        }
      }
      try compare(log, model, &random)
    }
  }

  private func compare(_ log: EntryLog, _ model: Model, _ random: inout SeededGenerator) throws {
    #expect(log.lastIndex == model.lastIndex)
    #expect(log.commit == model.commit)
    #expect(log.applied == model.applied)
    #expect(log.firstIndex == model.compacted.index.next)
    for raw in 0...(model.lastIndex.rawValue + 2) {
      #expect(log.term(at: LogIndex(raw)) == model.term(at: LogIndex(raw)))
    }
    let index = LogIndex(UInt64(random.number(0...Int(model.lastIndex.rawValue + 2))))
    let term = Term(UInt64(random.number(0...8)))
    #expect(log.lastPossibleMatch(index, term: term) == model.lastPossibleMatch(index, term: term))
    // What is not durable or not applied is in memory, whatever the limit.
    #expect(log.firstCached <= min(log.stable, log.applied).next)
    if log.firstCached <= log.lastIndex {
      let all = log.entries(from: log.firstCached, maxBytes: .max)
      #expect(all == model.entries.filter { $0.index >= log.firstCached })
      #expect(log.entries(from: log.firstCached, maxBytes: 0).count == 1)
    }
  }

  @Test func memoryIsBounded() {
    var settings = RaftConfiguration(id: NodeID(1), randomSeed: 1)
    settings.maxCachedBytes = 10_000
    var log = EntryLog(RestoredState(), settings: settings)
    for number in 1...1000 as ClosedRange<UInt64> {
      log.append([Entry(index: LogIndex(number), term: Term(1), payload: [UInt8](repeating: 0, count: 100))])
      _ = log.takeEntriesToPersist()
      log.becameStable(log.last)
      log.commit(through: log.lastIndex)
      _ = log.takeCommittedToApply()
      log.applied(through: log.lastIndex)
    }
    let cached = log.lastIndex - log.firstCached + 1
    #expect(cached >= 70 && cached <= 76)
    #expect(log.term(at: LogIndex(1)) == Term(1))
  }

  @Test func restoredLogKeepsOnlyItsTail() throws {
    var settings = RaftConfiguration(id: NodeID(1), randomSeed: 1)
    settings.maxCachedBytes = 330
    let state = RestoredState(
      hardState: HardState(term: Term(1), commit: LogIndex(100)),
      entries: Entry.log([UInt64](repeating: 1, count: 100)), applied: LogIndex(100))
    #expect(EntryLog(state, settings: settings).firstCached == LogIndex(91))
    var behind = state
    behind.applied = LogIndex(50)
    #expect(EntryLog(behind, settings: settings).firstCached == LogIndex(51))
  }
}
