import RoostBase
import RoostMembership
import RoostPlatform
import RoostRaft
import RoostStorage
import Testing

@testable import RoostStore

@Suite("A replica by itself: what goes in, and what it hands out")
struct ReplicaTests {
  private static let node = NodeID(1)
  private static let group = GroupDescriptor.data

  /// A host of one replica, without network and log: what is handed out is looked at.
  private final class Bench: ReplicaHost, @unchecked Sendable {
    let loop = ManualLoop()
    let engine = MemoryEngine()
    let environment: ReplicaEnvironment
    private(set) var replica: Replica!
    private(set) var isDirty = false
    var fullDisk: String?
    /// For reads that have just come, and for those that have waited long enough.
    var refusal: (early: StoreError?, late: StoreError?) = (nil, nil)
    private(set) var engineErrors: [EngineError] = []

    init(voters: [UInt64] = [1], pinnedKeys: [Key] = []) throws {
      let members = Set(voters.map { NodeID($0) })
      var configuration = HostConfiguration(
        node: node, founders: members, incarnation: Incarnation(epoch: 1, nonce: 1), randomSeed: 1)
      configuration.keySpace = try KeySpaceRegistry([
        KeySpaceDeclaration(owner: "a layer", prefix: [1], pinnedKeys: pinnedKeys)
      ])
      environment = ReplicaEnvironment(
        configuration: configuration, loop: loop, engine: engine, wallClock: { 1_000 })
      let core = try RaftCore(
        configuration: RaftConfiguration(id: node, randomSeed: 1),
        restoring: RestoredState(configuration: Configuration(voters: members)), now: loop.now)
      replica = Replica(
        descriptor: group, environment: environment, host: self, core: core, state: GroupState(),
        gathered: SortedKeySet())
      environment.applies.write = { [unowned self] _ in apply() }
    }

    func markDirty(_ replica: Replica) { isDirty = true }
    func schedule(after pause: Duration, _ work: @escaping @Sendable () -> Void) {
      _ = loop.schedule(at: loop.now + pause, work)
    }
    func fullDisk(of replica: Replica, forRemoval: @autoclosure () -> Bool) -> String? { fullDisk }
    func refusalOfReads(_ now: Instant, isExpired: Bool) -> StoreError? { isExpired ? refusal.late : refusal.early }

    /// The replica leads, if it is the only voter.
    func campaign() throws -> [Replica.Effects] {
      replica.input { $0.campaign(now: loop.now) }
      return try flush()
    }

    /// What the replica hands out until it has nothing more. Its log is durable at once.
    func flush() throws -> [Replica.Effects] {
      var all: [Replica.Effects] = []
      while isDirty || replica.hasEffects {
        isDirty = false
        replica.propose(loop.now)
        while replica.hasEffects {
          let effects = replica.takeEffects()
          all.append(effects)
          if let role = effects.role { replica.roleChanged(to: role) }
          if let write = effects.write {
            if replica.beginLogWrite(for: write) != nil { replica.persisted() }
            _ = replica.stepOwn(write.responses.filter { $0.to == node }, now: loop.now)
          }
          if !effects.committed.isEmpty { try replica.decide(effects.committed) }
          if let rest = effects.rest { replica.answer(rest.reads, abandoning: rest.abandoned) }
        }
      }
      return all
    }

    private func apply() {
      do throws(EngineError) {
        var batch = EngineBatch()
        guard try replica.appendNextStep(to: &batch, sweptBefore: .zero) else { return }
        try engine.write(batch)
      } catch { engineErrors.append(error) }
      _ = replica.takeWritten(sweptBefore: .zero)
      replica.answerApplyWaiters()
    }
  }

  private final class Answers<Value: Sendable>: @unchecked Sendable {
    var all: [Result<Value, LocalFailure>] = []
  }

  private func commit(_ key: [UInt8], _ value: [UInt8], on bench: Bench) -> Answers<Timestamp> {
    let answers = Answers<Timestamp>()
    let request = CommitRequest(readTimestamp: .zero, writes: [.init(key: Key([1] + key), value: value)])
    bench.replica.evaluate(request, deadline: bench.loop.now + .seconds(1)) { answers.all.append($0) }
    return answers
  }

  @Test("nothing is done before it is taken, and a commit is answered when it is decided")
  func commit() throws {
    let bench = try Bench()
    _ = try bench.campaign()
    #expect(bench.replica.isServing && !bench.isDirty)
    let answers = commit([5], [50], on: bench)
    #expect(bench.isDirty && answers.all.isEmpty)
    let effects = try bench.flush()
    #expect(effects.compactMap(\.write).flatMap(\.entries).count == 1)
    #expect(answers.all == [.success(Timestamp(milliseconds: 1_000))])
    // It is decided, and not in the state before somebody looks.
    #expect(!bench.replica.backlog.isEmpty)
    #expect(try bench.replica.currentView().get(Key([1, 5])) == [50])
    #expect(bench.replica.backlog.isEmpty && bench.engineErrors.isEmpty)
  }

  @Test("who does not lead judges nothing, and asks the others before it leads")
  func withoutQuorum() throws {
    let bench = try Bench(voters: [1, 2])
    let refused = commit([5], [50], on: bench)
    #expect(refused.all == [.failure(.notLeader)])
    let effects = try bench.campaign()
    #expect(effects.flatMap(\.messages).map(\.to) == [NodeID(2)])
    #expect(!bench.replica.isServing && effects.allSatisfy(\.committed.isEmpty))
  }

  @Test("a view stays at hand until the state is written, then there is none before the next look")
  func viewsAtHand() throws {
    let bench = try Bench()
    _ = try bench.campaign()
    let views = bench.environment.viewsAtHand
    let first = bench.replica.currentView()
    #expect(views.view(of: Self.group.id, now: bench.loop.now) === first)
    _ = commit([5], [50], on: bench)
    _ = try bench.flush()
    #expect(views.view(of: Self.group.id, now: bench.loop.now) === first, "decided, and not written yet")
    bench.replica.applyNow()
    #expect(views.view(of: Self.group.id, now: bench.loop.now) == nil)
    let second = bench.replica.currentView()
    #expect(second !== first && views.view(of: Self.group.id, now: bench.loop.now) === second)
    #expect(views.view(of: Self.group.id, now: bench.loop.now + ViewsAtHand.lifetime) == nil, "too old")
    bench.replica.failEverything(.notServing)
    #expect(views.view(of: Self.group.id, now: bench.loop.now) == nil)
  }

  @Test("the values of pinned keys are read again when they were written, or the whole state was replaced")
  func pinnedValues() throws {
    let bench = try Bench(pinnedKeys: [Key([1, 5])])
    _ = try bench.campaign()
    #expect(try bench.replica.currentView().get(Key([1, 5])) == nil)
    for (key, value) in [(5, 50), (6, 60), (5, 51)] as [(UInt8, UInt8)] {
      _ = commit([key], [value], on: bench)
      _ = try bench.flush()
      #expect(try bench.replica.currentView().get(Key([1, key])) == [value])
    }
    #expect(try bench.replica.currentView().get(Key([1, 5])) == [51])
    // What a snapshot brings.
    var batch = EngineBatch()
    batch.putVersion([1, 5], at: Timestamp(milliseconds: 2_000).rawValue, [52])
    try bench.engine.write(batch)
    var state = bench.replica.state
    state.timestamp = Timestamp(milliseconds: 2_000)
    bench.replica.adopt(SnapshotInstallation.Outcome(state: state, gathered: SortedKeySet()))
    #expect(try bench.replica.currentView().get(Key([1, 5])) == [52])
  }

  @Test("a full disk refuses commits")
  func commitsWithoutRoom() throws {
    let bench = try Bench()
    _ = try bench.campaign()
    bench.fullDisk = "full"
    #expect(commit([5], [50], on: bench).all == [.failure(.store(.diskFull(node: "full")))])
  }

  @Test("a node without room refuses a read at once when waiting is hopeless, otherwise when it has waited long enough")
  func readsWithoutRoom() throws {
    let bench = try Bench()
    _ = try bench.campaign()
    let next = bench.replica.state.applied.next
    let end = bench.loop.now + .seconds(1)
    func view() -> Answers<any LocalReadView> {
      let answers = Answers<any LocalReadView>()
      bench.replica.view(at: next, deadline: end) { answers.all.append($0) }
      return answers
    }
    func errors(_ answers: Answers<any LocalReadView>) -> [LocalFailure] {
      answers.all.compactMap { if case .failure(let failure) = $0 { failure } else { nil } }
    }
    let (roomless, timely) = (view(), view())
    bench.replica.expire(bench.loop.now)
    #expect(errors(roomless) == [])
    bench.refusal.late = .leftBehind(node: "left")
    bench.replica.expire(end)
    #expect(errors(roomless) == [.store(.leftBehind(node: "left"))] && errors(timely) == errors(roomless))
    bench.refusal = (nil, nil)
    let late = view()
    bench.replica.expire(end)
    #expect(errors(late) == [.store(.timedOut)])
    bench.refusal = (.leftBehind(node: "left"), .leftBehind(node: "left"))
    #expect(errors(view()) == [.store(.leftBehind(node: "left"))])
  }
}
