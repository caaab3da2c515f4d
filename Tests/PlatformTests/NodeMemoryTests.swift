import Foundation
import Synchronization
import Testing

@testable import RoostPlatform

/// A reservation that a test may ask in its expectations, which copy what they look at.
private final class Holder {
  var reservation: MemoryReservation

  init(_ account: MemoryAccount) { reservation = MemoryReservation(account) }

  func cover(_ bytes: Int) -> Bool { reservation.cover(bytes) }
}

/// What several threads hold together.
private final class Sum: Sendable {
  private let bytes = Atomic(0)

  /// Returns the sum with it.
  @discardableResult
  func add(_ count: Int) -> Int { bytes.wrappingAdd(count, ordering: .relaxed).newValue }
}

@Suite("Memory of a node") struct NodeMemoryTests {
  private static let grain = MemoryAccount.grain

  @Test("small holders draw nothing; large ones in grains, and all of it comes back")
  func grains() {
    let memory = NodeMemory(limit: 1 << 30)
    do {
      let small = Holder(memory.statements)
      #expect(small.cover(NodeMemoryTests.grain))
      #expect(memory.used == 0)
      let large = Holder(memory.statements)
      #expect(large.cover(NodeMemoryTests.grain + 1))
      #expect(memory.used == 2 * NodeMemoryTests.grain)
      #expect(large.cover(10 * NodeMemoryTests.grain))
      #expect(memory.used == 10 * NodeMemoryTests.grain)
      #expect(large.cover(3 * NodeMemoryTests.grain))
      #expect(memory.statements.used == 3 * NodeMemoryTests.grain)
      withExtendedLifetime((small, large)) {}
    }
    #expect(memory.used == 0)
    #expect(memory.statements.used == 0)
  }

  @Test("what all hold together stays below the limit; a refusal changes nothing")
  func together() {
    let memory = NodeMemory(limit: 100 << 20)
    let first = Holder(memory.statements)
    let second = Holder(memory.statements)
    #expect(first.cover(40 << 20))
    #expect(!second.cover(40 << 20))
    #expect(memory.used == 40 << 20)
    #expect(memory.refusals == 1)
    #expect(second.cover(8 << 20))
    #expect(!second.cover(30 << 20))
    #expect(second.reservation.held == 8 << 20)
    #expect(first.cover(0))
    #expect(second.cover(30 << 20))
  }

  @Test("no purpose but statements can take everything")
  func shares() {
    let memory = NodeMemory(limit: 1 << 30)
    #expect(!memory.frames.take(600 << 20))
    #expect(memory.frames.take(400 << 20))
    #expect(!memory.frames.take(100 << 20))
    #expect(memory.statements.take(400 << 20))
    memory.frames.give(400 << 20)
    memory.statements.give(400 << 20)
    #expect(memory.used == 0)
  }

  @Test("what can't be refused is counted, and others are refused for it")
  func regardless() {
    let memory = NodeMemory(limit: 1 << 30)
    var nodes = MemoryReservation(memory.frames)
    nodes.coverRegardless(2 << 30)
    #expect(memory.used == 2 << 30)
    #expect(!memory.statements.take(1 << 20))
    nodes.coverRegardless(0)
    #expect(memory.statements.take(1 << 20))
  }

  @Test("while the process occupies more than it may, nothing large is given and freed memory is reclaimed")
  func pressure() {
    let occupied = Atomic(100 << 20)
    let reclaims = Atomic(0)
    let memory = NodeMemory(
      limit: 1 << 30, resident: { occupied.load(ordering: .relaxed) },
      reclaim: { done in
        reclaims.wrappingAdd(1, ordering: .relaxed)
        done()
      })
    #expect(memory.statements.take(1 << 20))
    occupied.store(1 << 30, ordering: .relaxed)
    #expect(!memory.statements.take(1 << 20))
    #expect(reclaims.load(ordering: .relaxed) == 1)
    #expect(memory.used == 1 << 20)
    occupied.store(500 << 20, ordering: .relaxed)
    #expect(memory.statements.take(1 << 20))
    memory.setLimit(400 << 20)
    #expect(!memory.statements.take(1 << 20))
  }

  @Test("what was given back is room, although the process still occupies it, until freed memory was reclaimed")
  func reuse() {
    let occupied = Atomic(100 << 20)
    let memory = NodeMemory(limit: 1 << 30, resident: { occupied.load(ordering: .relaxed) })
    #expect(memory.statements.take(400 << 20))
    occupied.store(1 << 30, ordering: .relaxed)
    #expect(!memory.statements.take(1 << 20))
    memory.statements.give(100 << 20)
    #expect(memory.statements.take(60 << 20))
    // That had freed memory reclaimed, and the process occupies as much as before.
    #expect(!memory.statements.take(60 << 20))
    #expect(!memory.statements.take(1 << 20))
    memory.statements.give(60 << 20)
    #expect(memory.statements.take(60 << 20))
  }

  @Test("at most a quarter of the limit is taken to be free within the process")
  func reuseIsBounded() {
    let occupied = Atomic(100 << 20)
    let memory = NodeMemory(limit: 1 << 30, resident: { occupied.load(ordering: .relaxed) })
    memory.frames.takeRegardless(900 << 20)
    memory.frames.give(900 << 20)
    occupied.store(1 << 30, ordering: .relaxed)
    #expect(!memory.statements.take(257 << 20))
    memory.frames.takeRegardless(900 << 20)
    memory.frames.give(900 << 20)
    #expect(memory.statements.take(255 << 20))
  }

  @Test("many threads never hold more together than there is, and leave nothing behind")
  func threads() async {
    let memory = NodeMemory(limit: 200 << 20)
    let capacity = memory.pool.capacity
    let together = Sum()
    await withTaskGroup(of: Bool.self) { group in
      for task in 0..<8 {
        group.addTask {
          // Eight times up to 40 MiB: more than there is, also for a task that runs alone.
          let holders = (0..<8).map { _ in Holder(memory.statements) }
          var isWithin = true
          for round in 0..<2_000 {
            let holder = holders[round % holders.count]
            together.add(-holder.reservation.held)
            _ = holder.cover(0)
            guard holder.cover((1 + (task + round) % 40) << 20) else { continue }
            let held = together.add(holder.reservation.held)
            isWithin = isWithin && held <= capacity
          }
          for holder in holders { together.add(-holder.reservation.held) }
          return isWithin
        }
      }
      for await isWithin in group { #expect(isWithin) }
    }
    #expect(memory.refusals > 0)
    #expect(memory.used == 0)
  }

  @Test("the narrowest control group counts, of either version; without one the machine does")
  func controlGroups() {
    func limit(_ files: [String: String]) -> Int? { MemoryLimits.controlGroup { files[$0] } }
    #expect(limit([:]) == nil)
    #expect(
      limit([
        "/proc/self/cgroup": "5:cpu,cpuacct:/\n4:memory:/a/b\n0::/x\n",
        "/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": "9223372036854771712\n",
        "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": "1073741824\n",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      ]) == 1 << 30)
    #expect(
      limit([
        "/proc/self/cgroup": "0::/pod/box\n", "/sys/fs/cgroup/pod/box/memory.max": "max\n",
        "/sys/fs/cgroup/pod/memory.max": "536870912\n",
      ]) == 512 << 20)
    // In a container the path is the host's.
    #expect(
      limit(["/proc/self/cgroup": "4:memory:/docker/1\n", "/sys/fs/cgroup/memory/memory.limit_in_bytes": "1048576\n"])
        == 1 << 20)
    #expect(limit(["/proc/self/cgroup": "nonsense\n0::/\n", "/sys/fs/cgroup/memory.max": "max\n"]) == nil)
  }

  @Test("without descriptors the limit stays what it was, and memory is still looked at")
  func withoutDescriptors() throws {
    #expect(MemoryLimits.readAgain { _ throws(SystemFile.Unreadable) in throw SystemFile.Unreadable() } == nil)
    let machine = MemoryLimits.read().machine
    #expect(MemoryLimits.readAgain { _ in nil } == MemoryLimits(machine: machine, controlGroup: nil))
    for code in [EMFILE, ENFILE] {
      #expect(throws: SystemFile.Unreadable.self) {
        try SystemFile.text("/proc/self/cgroup") { _ in
          errno = code
          return -1
        }
      }
    }
    #expect(try SystemFile.text("/nowhere") == nil)

    let path = FileManager.default.temporaryDirectory.appendingPathComponent("roost-held-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let held = HeldSystemFile(path)
    #expect(held.text() == nil)
    try Data("before".utf8).write(to: URL(fileURLWithPath: path))
    #expect(held.text() == "before")
    let other = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try FileManager.default.removeItem(atPath: path)
    try other.write(contentsOf: Data("after!".utf8))
    try other.close()
    #expect(held.text() == "after!", "it is read anew, and not opened anew")
  }

  @Test("the default leaves room for the rest, and a setting can't be more than the control group bears")
  func defaults() {
    let gigabyte = 1 << 30
    #expect(MemoryLimits(machine: 16 * gigabyte, controlGroup: nil).standard == 8 * gigabyte)
    #expect(MemoryLimits(machine: 16 * gigabyte, controlGroup: gigabyte).standard == gigabyte / 4 * 3)
    #expect(MemoryLimits(machine: 16 * gigabyte, controlGroup: 12 * gigabyte).standard == 9 * gigabyte)
    #expect(MemoryLimits(machine: 16 * gigabyte, controlGroup: .max).standard == 8 * gigabyte)
    #expect(MemoryLimits(machine: 16 * gigabyte, controlGroup: nil).limit(setting: 3) == 3)
    #expect(MemoryLimits(machine: 16 * gigabyte, controlGroup: gigabyte).limit(setting: 2 * gigabyte) < gigabyte)
  }

  @Test("the system tells what this process occupies")
  func resident() {
    #if os(Linux)
      let bytes = ResidentMemory.bytes() ?? 0
      #expect(bytes > 1 << 20)
      #expect(bytes < MemoryLimits.read().machine)
    #endif
  }
}
