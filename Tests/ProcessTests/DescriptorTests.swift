import Foundation
import RoostPlatform
import RoostPostgresClient
import Testing

/// Strangers that connect and say nothing, against nodes that may open few files.
@Suite("Descriptors that strangers use up", .serialized)
struct DescriptorTests {
  @Test("end no node: peers, log and clients have their share")
  func flood() async throws {
    _ = DescriptorLimit.raise()
    try await withTemporaryDirectory { directory in
      let launch = NodeCluster.Launch(runner: ["prlimit", "--nofile=200:256"])
      try await withNodes([launch, launch, launch], in: directory) { cluster in
        let before = try await cluster.connect(1)
        _ = try await before.query("CREATE TABLE t (id int PRIMARY KEY, v text)")
        var strangers: [Stranger] = []
        for node in cluster.nodes {
          for port in [cluster.port(node), cluster.port(node) + 2000] {
            for _ in 0..<300 { strangers.append(Stranger(port: port)) }
          }
        }
        // More than a segment of the log, so that every node opens files.
        for number in 0..<5 {
          _ = try await before.query(
            "INSERT INTO t SELECT \(number * 20) + i, repeat('x', 1000000) FROM generate_series(1, 20) i")
        }
        for node in cluster.nodes {
          let late = try await cluster.connect(node)
          let rows = try await late.query("SELECT count(*) FROM t")
          #expect(rows.first?.rows.first?.first == "100")
          #expect(cluster.isRunning(node))
          #expect(!cluster.log(node).contains("descriptors"), "the reserve was not enough")
          let counters = try #require(cluster.status(node)).counters
          #expect(counters["descriptor_limit"] == 256)
          #expect(counters["descriptors_used"] ?? 256 < 256)
          try await late.close()
        }
        withExtendedLifetime(strangers) {}
        try await before.close()
      }
    }
  }
}

/// A connection that is opened and left.
private final class Stranger {
  private let descriptor: Int32

  init(port: Int) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var target = sockaddr_in()
    target.sin_family = sa_family_t(AF_INET)
    target.sin_port = in_port_t(UInt16(port)).bigEndian
    target.sin_addr.s_addr = inet_addr("127.0.0.1")
    _ = withUnsafePointer(to: &target) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  deinit { close(descriptor) }
}
