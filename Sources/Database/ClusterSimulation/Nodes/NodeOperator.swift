import Foundation
import RoostCluster
import RoostPlatform
import RoostRaft
import RoostSimulation
import RoostStore

/// Gives the order to replace nodes whose machines are lost, to one node after the other, until their successors run.
///
/// Unchecked sendable: guarded by the world's thread.
final class NodeOperator: @unchecked Sendable {
  private let cluster: NodeCluster
  private var generator: SeededGenerator

  private static let interval = Duration.milliseconds(300)

  init(_ cluster: NodeCluster) {
    self.cluster = cluster
    generator = SeededGenerator(seed: cluster.world.seed ^ 0x6F70_6572)
  }

  func run() {
    cluster.world.after(NodeOperator.interval) { [self] in
      for name in cluster.lost.sorted() { order(name) }
      run()
    }
  }

  private func order(_ name: String) {
    guard let machine = generator.pick(cluster.machines) else { return }
    let request = ReplaceRequest(name: name, isForced: false, isDryRun: false)
    let body = (try? JSONEncoder().encode(request)).map { [UInt8]($0) } ?? []
    let connection = cluster.world.network.connectClient(to: machine)
    connection.onOpen = {
      connection.send(NativePayload.request(1, .application(opcode: ClusterOpcode.replace, body: body)))
    }
    connection.onPayload = { _ in connection.close() }
    cluster.world.after(.seconds(2)) { connection.close() }
  }
}
