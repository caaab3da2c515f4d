import Foundation
import RoostBase
import RoostPostgresClient
import RoostRaft
import Testing

/// Disks of real processes that fill up, fail and hang, while clients record what they see.
@Suite("Disks of real processes", .serialized)
struct DiskTests {
  @Test(
    "a failed sync ends the leader's process, and says so; the others go on",
    .enabled(if: SystemTools.canInterpose, "needs Linux and a C compiler"))
  func failedSync() async throws {
    try await withTemporaryDirectory { directory in
      let shim = try SyncShim(in: directory)
      try await withNodes(try (1...3).map(shim.launch), in: directory) { cluster in
        let load = HistoryLoad(cluster.nodes.map(cluster.peerAddress))
        load.start()
        try await load.moreWrites(100)
        let leader = try #require(cluster.leader())
        try shim.set(.fail, leader)
        let status = try await cluster.ended(leader)
        #expect(status == 1)
        let log = cluster.log(leader)
        #expect(log.contains("had to stop"), "\(log.suffix(600))")
        #expect(log.contains("segment-"), "the message names the file: \(log.suffix(600))")
        try await load.nextWrite()
        try await load.moreWrites(100)
        try shim.set(.normal, leader)
        try cluster.start(leader)
        try await eventually("it takes part again") { cluster.activeNodes(seenBy: leader % 3 + 1) == 3 }
        try await cluster.converging(load)
      }
    }
  }

  @Test(
    "a sync that hangs on the leader moves leadership, and the node follows again when its disk answers",
    .enabled(if: SystemTools.canInterpose, "needs Linux and a C compiler"))
  func hungSync() async throws {
    try await withTemporaryDirectory { directory in
      let shim = try SyncShim(in: directory)
      try await withNodes(try (1...3).map(shim.launch), in: directory) { cluster in
        let load = HistoryLoad(cluster.nodes.map(cluster.peerAddress))
        load.start()
        try await load.moreWrites(100)
        let leader = try #require(cluster.leader())
        try shim.set(.hang, leader)
        // Writes go on where the two others are a quorum; what is asked for is that another one leads them.
        let begin = load.now
        try await eventually("another node leads") {
          guard let next = cluster.leader() else { return false }
          return next != leader
        }
        print("a hung sync: another node leads after \(load.now - begin)")
        try await load.nextWrite()
        try await load.moreWrites(100)
        try shim.set(.normal, leader)
        try await load.moreWrites(100)
        try await cluster.converging(load)
        #expect(cluster.isRunning(leader))
      }
    }
  }

  @Test("a flipped bit in a follower's log is found when it starts again, told, and made good for by the others")
  func flippedBit() async throws {
    try await withTemporaryDirectory { directory in
      try await withNodes(in: directory) { cluster in
        let load = HistoryLoad(cluster.nodes.map(cluster.peerAddress))
        load.start()
        try await load.moreWrites(300)
        let victim = try #require(cluster.leader()) % 3 + 1
        // Killed, so that it needs its log when it comes back.
        try cluster.signal(victim, SIGKILL)
        _ = try await cluster.ended(victim)
        try await load.moreWrites(100)
        let folder = cluster.dataDirectory(victim) + "/cluster/log"
        let segment = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).sorted().first)
        let file = URL(fileURLWithPath: folder + "/" + segment)
        var bytes = try Data(contentsOf: file)
        let written = try #require(bytes.lastIndex { $0 != 0 })
        bytes[written / 2] ^= 0x10
        try bytes.write(to: file)
        try cluster.start(victim)
        try await eventually("it takes part again", within: .seconds(60)) {
          guard cluster.isRunning(victim) else {
            throw DemoCluster.Failure(description: "it ended: \(cluster.log(victim).suffix(800))")
          }
          return cluster.activeNodes(seenBy: victim % 3 + 1) == 3
        }
        #expect(cluster.log(victim).contains(segment), "the damage is told: \(cluster.log(victim).suffix(800))")
        try await load.moreWrites(100)
        try await cluster.converging(load)
      }
    }
  }

  @Test(
    "full disks: one node's costs nobody a write, a quorum's refuses writes in clear words and serves reads, until there is room",
    .enabled(if: SystemTools.canMount, "needs root and tmpfs"))
  func fullDisks() async throws {
    try await withTemporaryDirectory { directory in
      let disks = try (1...3).map { try SmallDisk("\(directory)/disk\($0)", megabytes: 96) }
      defer { for disk in disks { disk.end() } }
      let launches = disks.map { NodeCluster.Launch(data: $0.path + "/data") }
      try await withNodes(launches, in: directory) { cluster in
        let first = try await cluster.connect(1)
        _ = try await first.query("CREATE TABLE load (id bigint PRIMARY KEY, note text)")
        let load = HistoryLoad(cluster.nodes.map(cluster.peerAddress))
        load.start()
        try await load.moreWrites(100)

        let leader = try #require(cluster.leader())
        try disks[leader - 1].fill()
        try await eventually("the leader's disk is full, and another node leads") {
          guard let next = cluster.leader() else { return false }
          return next != leader
        }
        try await load.nextWrite()
        try await load.moreWrites(100)

        let second = try #require(cluster.leader())
        try disks[second - 1].fill()
        try await eventually("writes are refused") {
          do {
            _ = try await first.query("INSERT INTO load VALUES (\(UInt32.random(in: 1 ... .max)), 'more')")
            return false
          } catch let error as PostgresClientError {
            if error.code != "53100" { print("refused otherwise: \(error)") }
            return error.code == "53100"
          }
        }
        let reads = load.progress.reads
        try await eventually("reads go on") { load.progress.reads > reads + 100 }
        for node in cluster.nodes { #expect(cluster.isRunning(node)) }

        for disk in disks { disk.empty() }
        try await load.nextWrite()
        try await load.moreWrites(100)
        try await cluster.converging(load)
        try? await first.close()
      }
    }
  }
}

extension DiskTests {
  private func code(of statement: String, on client: PostgresClient) async throws -> String? {
    do {
      _ = try await client.query(statement)
      return nil
    } catch let error as PostgresClientError {
      return error.code
    }
  }

  @Test(
    "somebody else fills every disk: what removes goes through, also after a restart, and writes come back without one",
    .enabled(if: SystemTools.canMount, "needs root and tmpfs"))
  func removalsOnFullDisks() async throws {
    try await withTemporaryDirectory { directory in
      let disks = try (1...3).map { try SmallDisk("\(directory)/disk\($0)", megabytes: 96) }
      defer { for disk in disks { disk.end() } }
      let launches = disks.map { NodeCluster.Launch(data: $0.path + "/data") }
      try await withNodes(launches, in: directory) { cluster in
        let first = try await cluster.connect(1)
        for table in ["dropped", "emptied", "pruned"] {
          _ = try await first.query("CREATE TABLE \(table) (id int PRIMARY KEY, note text)")
          _ = try await first.query("INSERT INTO \(table) SELECT i, repeat('x', 2000) FROM generate_series(1, 1000) i")
        }
        // Far more than the disks have, over the same rows.
        for round in 1...80 {
          _ = try await first.query("UPDATE pruned SET note = repeat('\(round % 10)', 2000)")
        }
        @Sendable func ballast(_ node: Int) -> Bool {
          FileManager.default.fileExists(atPath: cluster.dataDirectory(node) + "/cluster/ballast")
        }
        try await eventually("every node keeps some room") { cluster.nodes.allSatisfy(ballast) }
        // Merges are under way: they find no room either. What the nodes free is taken, too, but for as much as they kept.
        let fillers = zip(cluster.nodes, disks).map { node, disk in
          disk.keepFull { ballast(node) ? 0 : 6 << 20 }
        }
        defer { for filler in fillers { filler.cancel() } }
        try await eventually("every node has given it back") { !cluster.nodes.contains(where: ballast) }
        try await eventually("writes are refused") {
          try await code(of: "INSERT INTO pruned VALUES (\(UInt16.random(in: 2000...9000)), 'x')", on: first) == "53100"
        }
        #expect(try await code(of: "DELETE FROM pruned WHERE id % 2 = 0", on: first) == nil)
        #expect(try await code(of: "TRUNCATE emptied", on: first) == nil)
        try? await first.close()

        for node in cluster.nodes { try cluster.signal(node, SIGTERM) }
        for node in cluster.nodes { _ = try await cluster.ended(node) }
        for node in cluster.nodes { try cluster.start(node) }
        try await eventually("it starts on full disks") { cluster.activeNodes(seenBy: 1) == 3 }
        let second = try await cluster.connect(1)
        #expect(try await code(of: "DROP TABLE dropped", on: second) == nil)
        #expect(try await code(of: "DELETE FROM pruned WHERE id < 500", on: second) == nil)

        for filler in fillers { filler.cancel() }
        for filler in fillers { await filler.value }
        for disk in disks { disk.empty() }
        try await eventually("writes come back") {
          try await code(of: "INSERT INTO pruned VALUES (\(UInt32.random(in: 10_000...1 << 30)), 'x')", on: second)
            == nil
        }
        let rows = try await second.query("SELECT count(*) FROM pruned WHERE id <= 1000")
        #expect("\(rows)".contains("250"), "\(rows)")
        try await eventually("and room is kept again") { cluster.nodes.allSatisfy(ballast) }
        for node in cluster.nodes { #expect(cluster.isRunning(node)) }
        try? await second.close()
      }
    }
  }
}

/// A disk in memory.
struct SmallDisk {
  let path: String
  private var ballast: String { path + "/ballast" }

  init(_ path: String, megabytes: Int) throws {
    self.path = path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard SystemTools.run("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path) else {
      throw DemoCluster.Failure(description: "no tmpfs can be mounted at \(path)")
    }
  }

  /// Takes all the room there is, or all but so many bytes.
  func fill(leaving kept: () -> Int = { 0 }) throws {
    if !FileManager.default.fileExists(atPath: ballast) {
      _ = FileManager.default.createFile(atPath: ballast, contents: nil)
    }
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: ballast))
    defer { try? file.close() }
    try file.seekToEnd()
    for size in [1 << 20, 1 << 12] {
      let block = Data(count: size)
      while free >= kept() + size, (try? file.write(contentsOf: block)) != nil {}
    }
  }

  private var free: Int {
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: path)
    return (attributes?[.systemFreeSize] as? NSNumber)?.intValue ?? 0
  }

  /// Takes whatever gets free but for so many bytes, until it is cancelled.
  func keepFull(leaving kept: @escaping @Sendable () -> Int) -> Task<Void, Never> {
    Task {
      while !Task.isCancelled {
        try? fill(leaving: kept)
        try? await Task.sleep(for: .milliseconds(20))
      }
    }
  }

  func empty() { try? FileManager.default.removeItem(atPath: ballast) }

  func end() { SystemTools.run("umount", "-l", path) }
}
