import NIOPosix
import RoostBase
import RoostPlatform
import RoostTransport
import Testing

@testable import RoostCluster

/// Who answers where a node of a cluster was.
@Suite("Whether a node belongs to a cluster") struct MemberProbeTests {
  private static let cluster: UInt128 = 0xC1
  private static let secret = JoinSecret()

  private struct Case: Sendable, CustomTestStringConvertible {
    var has: PeerAuthentication
    var cluster: UInt128
    var asked: PeerAuthentication
    var finding: MemberProbe.Finding
    var isServing = true
    var testDescription: String { "\(asked) \(finding)" }
  }

  private static let cases: [Case] = [
    Case(has: .secret(secret), cluster: cluster, asked: .secret(secret), finding: .member),
    Case(has: .secret(secret), cluster: 9, asked: .secret(secret), finding: .stranger("it says so")),
    Case(
      has: .secret(JoinSecret()), cluster: cluster, asked: .secret(secret),
      finding: .stranger("it has another join secret")),
    Case(has: .insecure, cluster: 9, asked: .secret(secret), finding: .stranger("it says so")),
    Case(has: .insecure, cluster: cluster, asked: .secret(secret), finding: .member),
    Case(has: .insecure, cluster: cluster, asked: .insecure, finding: .member),
    Case(has: .insecure, cluster: 9, asked: .withoutSecret, finding: .stranger("it says so")),
    Case(has: .secret(secret), cluster: cluster, asked: .insecure, finding: .stranger("it demands a join secret")),
    // Nothing tells whose it is, so it may be one of this cluster.
    Case(has: .secret(secret), cluster: cluster, asked: .withoutSecret, finding: .unclear(.secretNeeded)),
    Case(
      has: .secret(secret), cluster: cluster, asked: .secret(secret), finding: .unclear(.noService), isServing: false),
  ]

  @Test(arguments: cases) private func isToldApart(_ given: Case) async throws {
    let loop = NIOLoop(MultiThreadedEventLoopGroup.singleton.next())
    let network = TCPPeerNetwork(
      loop: loop, node: NodeID(2), clusterID: given.cluster, authentication: given.has,
      nativeService: given.isServing ? SilentService() : nil)
    let address = try await network.listen(on: PeerAddress(host: "127.0.0.1", port: 0))
    let probe = MemberProbe(clusterID: Self.cluster, authentication: given.asked, loop: loop)
    #expect(await probe.look(at: address) == given.finding)
    await network.shutdown()
    #expect(await probe.look(at: address) == .nobody)
  }
}

/// Serves clients that ask nothing.
final class SilentService: NativeService {
  func clientConnected(_ connection: any NativeConnection) {}
  func received(_ payload: [UInt8], from connection: any NativeConnection) {}
  func clientDisconnected(_ connection: any NativeConnection) {}
}
