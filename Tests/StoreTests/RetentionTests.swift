import RoostBase
import RoostRaft
import RoostStorage
import Testing

@testable import RoostStore

@Suite("Retention: which versions need not be kept")
struct RetentionTests {
  private func at(_ seconds: Int) -> Instant { .origin + .seconds(seconds) }
  private func stamp(_ seconds: Int) -> Timestamp { Timestamp(milliseconds: UInt64(1_000_000 + seconds) * 1000) }
  private func wall(_ seconds: Int) -> UInt64 { UInt64(1_000_000 + seconds) * 1000 }

  @Test func theThresholdFollowsAPeriodBehind() {
    var retention = Retention(period: .seconds(100))
    for second in stride(from: 0, through: 300, by: 10) {
      retention.sample(stamp(second), at: at(second))
      let threshold = retention.threshold(now: at(second), wallMilliseconds: wall(second))
      if second < 100 { #expect(threshold == nil) } else { #expect(threshold == stamp(second - 100)) }
    }
  }

  @Test func aWallClockThatJumpsDropsNothingEarly() {
    var retention = Retention(period: .seconds(100))
    retention.sample(stamp(0), at: at(0))
    #expect(retention.threshold(now: at(50), wallMilliseconds: wall(86_400)) == nil)
    // A leader's clock was a day ahead: its timestamps alone are no reason either.
    retention.sample(stamp(86_400), at: at(50))
    #expect(retention.threshold(now: at(160), wallMilliseconds: wall(160)) == stamp(60))
  }

  @Test func samplesAreFew() {
    var retention = Retention(period: .seconds(100))
    for millisecond in 0..<100_000 where millisecond % 7 == 0 {
      retention.sample(Timestamp(UInt64(millisecond)), at: .origin + .milliseconds(millisecond))
    }
    let threshold = retention.threshold(now: at(105), wallMilliseconds: wall(105))
    #expect(threshold == Timestamp(5005) || threshold == Timestamp(0))
  }

  /// Room is short: what no open view needs may go, however young it is.
  @Test func whileRoomIsShortOpenViewsDecide() throws {
    var retention = Retention(period: .seconds(100))
    func latest(_ position: UInt64?) -> Timestamp? { retention.latestMoment(oldestView: position)?.timestamp }
    #expect(latest(nil) == nil)
    for second in 1...5 {
      retention.note(.init(at: at(second), timestamp: stamp(second), position: UInt64(10 * second)))
    }
    #expect(latest(9) == nil, "a view is older than all that is remembered")
    #expect(latest(35) == stamp(3))
    #expect(latest(40) == stamp(4))
    #expect(latest(nil) == stamp(5))
    for second in 6...1000 {
      retention.note(.init(at: at(second), timestamp: stamp(second), position: UInt64(10 * second)))
    }
    #expect(latest(50) == nil, "it does not remember for ever")
  }

  /// The engine's views tell where the oldest one stands.
  @Test func theEngineKnowsItsOldestView() throws {
    let engine = MemoryEngine()
    func write(_ timestamp: UInt64) throws {
      var batch = EngineBatch()
      batch.putVersion([1], at: timestamp, [UInt8(timestamp)])
      try engine.write(batch)
    }
    try write(1)
    var old: (any EngineSnapshot)? = engine.snapshot()
    let opened = engine.position
    try write(2)
    var young: (any EngineSnapshot)? = engine.snapshot()
    try write(3)
    #expect(engine.oldestViewPosition == opened && engine.position > opened)
    #expect(try old?.get([9]) == nil && young?.get([9]) == nil)
    old = nil
    #expect(try #require(engine.oldestViewPosition) > opened)
    young = nil
    #expect(engine.oldestViewPosition == nil)
  }

  @Test func aHorizonNeverGoesBack() {
    let horizon = ViewHorizon()
    horizon.raise(to: at(10))
    horizon.raise(to: at(5))
    #expect(horizon.excludes(at(9)) && !horizon.excludes(at(10)))
    horizon.raise(toPosition: 10)
    horizon.raise(toPosition: 5)
    #expect(horizon.excludes(position: 9) && !horizon.excludes(position: 10))
  }

  /// A view stays good while nothing is let go that it reads, however long nothing is written.
  @Test func aViewIsGoodAsLongAsItStandsWhereTheHorizonDoes() throws {
    let engine = MemoryEngine()
    func write(_ timestamp: UInt64) throws {
      var batch = EngineBatch()
      batch.putVersion([1], at: timestamp, [UInt8(timestamp)])
      try engine.write(batch)
    }
    try write(5)
    let horizon = ViewHorizon()
    let view = EngineReadView(
      snapshot: engine.snapshot(), timestamp: Timestamp(5), openedAt: at(10), horizon: horizon)
    horizon.raise(toPosition: engine.position)
    #expect(try view.get(Key([1])) == [5])
    try write(6)
    horizon.raise(toPosition: engine.position)
    #expect(throws: StoreError.tooOld) { try view.get(Key([1])) }
  }

  @Test func aViewThatIsTooOldSaysSo() throws {
    let engine = MemoryEngine()
    var batch = EngineBatch()
    batch.putVersion([1], at: 5, [7])
    try engine.write(batch)
    let horizon = ViewHorizon()
    let view = EngineReadView(
      snapshot: engine.snapshot(), timestamp: Timestamp(5), openedAt: at(10), horizon: horizon)
    #expect(try view.get(Key([1])) == [7])
    horizon.raise(to: at(10))
    #expect(try view.get(Key([1])) == [7])
    horizon.raise(to: at(11))
    #expect(throws: StoreError.tooOld) { try view.get(Key([1])) }
    #expect(throws: StoreError.tooOld) { try view.cursor(KeyRange(Key([1]), Key([2])), reverse: false) }
    #expect(throws: StoreError.tooOld) { try view.fork(isConfirmed: true).get(Key([1])) }
  }
}
