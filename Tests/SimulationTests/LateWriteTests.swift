import RoostBase
import RoostPlatform
import RoostSimulation
import RoostStorage
import Testing

@testable import RoostClusterSimulation
@testable import RoostStore

/// Writes at timestamps before which old versions are let go already: views that are open then may miss what they replace.
@Suite("Late writes")
struct LateWriteTests {
  private static let key = Key([1, 75, 1])
  private static let other = GroupDescriptor(id: GroupID(3), range: KeyRange(Key([2]), Key([3])))

  private func makeCluster(_ seed: UInt64) -> (World, SimulatedCluster) {
    let world = World(seed: seed)
    var options = ClusterOptions()
    options.size = 3
    options.groups = [.system, .data, Self.other]
    let cluster = SimulatedCluster(world, options)
    cluster.start()
    world.run(for: .seconds(3))
    return (world, cluster)
  }

  private func put(_ value: UInt8, _ world: World, until condition: () -> Bool) {
    let connection = world.network.connectClient(to: NodeID(2))
    defer { connection.close() }
    connection.onOpen = { connection.send(NativePayload.request(1, .put(key: Self.key, value: [value]))) }
    let isReached = world.run(limit: .seconds(5), until: condition)
    #expect(isReached)
  }

  private func view(of group: GroupID, _ world: World, _ member: SimulatedMember) throws -> any LocalReadView {
    var view: Result<any LocalReadView, StoreError>?
    world.visit(member.process) {
      view = Result { () throws(StoreError) in try member.host.openStaleView(of: group) }
    }
    return try #require(try view?.get())
  }

  @Test func whileALateWriteWaitsViewsAreServed() throws {
    let (world, cluster) = makeCluster(81)
    defer { world.close() }
    let member = try #require(cluster.running[NodeID(1)])
    let data = try #require(member.host.replica(of: GroupDescriptor.data.id))
    put(1, world) { data.state.timestamp > .zero }
    world.visit(member.process) { member.host.sweptBefore = Timestamp(.max - 1) }
    let old = try view(of: data.group, world, member)
    #expect(try old.get(Self.key) == [1])

    put(2, world) { !data.backlog.isEmpty }
    let meanwhile = try view(of: Self.other.id, world, member)
    #expect(try meanwhile.get(Key([2, 1])) == nil, "it is only on its way")
    #expect(try old.get(Self.key) == [1])
    #expect(world.run(limit: .seconds(1)) { data.backlog.isEmpty })
    #expect(throws: StoreError.tooOld) { try old.get(Self.key) }
    #expect(throws: StoreError.tooOld) { try meanwhile.get(Key([2, 1])) }
    #expect(try view(of: data.group, world, member).get(Self.key) == [2])
    #expect(try view(of: Self.other.id, world, member).get(Key([2, 1])) == nil)
  }

  /// It was in time when it was decided, and is late when it is written.
  @Test func itCountsWhenItIsWritten() throws {
    let (world, cluster) = makeCluster(82)
    defer { world.close() }
    let member = try #require(cluster.running[NodeID(1)])
    let data = try #require(member.host.replica(of: GroupDescriptor.data.id))
    put(1, world) { data.state.timestamp > .zero }
    let old = try view(of: data.group, world, member)
    put(2, world) { !data.backlog.isEmpty }
    world.visit(member.process) { member.host.sweptBefore = Timestamp(.max - 1) }
    #expect(world.run(limit: .seconds(1)) { data.backlog.isEmpty })
    #expect(throws: StoreError.tooOld) { try old.get(Self.key) }
  }

  /// A state engine without room takes nothing: views see what was applied before, as without a late write.
  @Test func oneThatFindsNoRoomExcludesNobody() throws {
    let (world, cluster) = makeCluster(83)
    defer { world.close() }
    let member = try #require(cluster.running[NodeID(1)])
    let host = member.host
    let horizon = ViewHorizon()
    horizon.raise(toPosition: 7)
    horizon.withdraw(toPosition: 5)
    #expect(horizon.position == 5 && !horizon.excludes(position: 6))

    let before = try view(of: Self.other.id, world, member)
    world.visit(member.process) {
      host.sweptBefore = Timestamp(100)
      #expect(throws: EngineError.self) {
        try host.excludingViews(from: Timestamp(100)) { () throws(EngineError) in
          #expect(throws: StoreError.tooOld) { try before.get(Key([2, 1])) }
          throw EngineError("No space left on device", kind: .noSpace)
        }
      }
    }
    #expect(try before.get(Key([2, 1])) == nil)
  }
}
