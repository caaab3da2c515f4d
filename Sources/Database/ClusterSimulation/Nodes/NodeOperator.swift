import Foundation
import RoostBase
import RoostCluster
import RoostPlatform
import RoostSimulation
import RoostStore

/// Gives orders about members, again and again until they are carried out: to replace nodes whose machines are lost, and, in
/// some runs, to take a node out after another one was added.
///
/// Unchecked sendable: guarded by the world's thread.
final class NodeOperator: @unchecked Sendable {
  private let cluster: NodeCluster
  private var generator: SeededGenerator
  /// One more node has joined, and one is to go for it.
  private var hasGrown = false
  /// How many nodes are to be exchanged yet.
  private var exchanges: Int
  var mayExchange = true

  private static let interval = Duration.milliseconds(300)

  init(_ cluster: NodeCluster) {
    self.cluster = cluster
    generator = SeededGenerator(seed: cluster.world.seed ^ 0x6F70_6572)
    exchanges = generator.chance(0.3) ? 1 + generator.below(2) : 0
  }

  func run() {
    cluster.world.after(NodeOperator.interval) { [self] in
      for name in cluster.lost.sorted() {
        order(ClusterChannels.replace, ReplaceRequest(name: name, isForced: false, isDryRun: false))
      }
      exchange()
      run()
    }
  }

  /// An order that is not carried out; nil if all are.
  var unfinished: String? {
    cluster.leaving.map { "\($0) is to leave" } ?? (hasGrown ? "a node was added, and none has left for it" : nil)
  }

  private func exchange() {
    if let name = cluster.leaving {
      return order(ClusterChannels.takeOut, DepartureRequest(name: name, isLeave: false, isDryRun: false))
    }
    guard cluster.isFormed else { return }
    if hasGrown {
      hasGrown = false
      if let machine = generator.pick(cluster.machines) { cluster.leave(machine) }
    } else if exchanges > 0, mayExchange, generator.chance(0.1) {
      exchanges -= 1
      hasGrown = true
      cluster.grow()
    }
  }

  private func order<Question, Answer>(_ channel: ClusterChannel<Question, Answer>, _ question: Question) {
    guard let machine = generator.pick(cluster.machines) else { return }
    let request = channel.request(question)
    let connection = cluster.world.network.connectClient(to: machine)
    connection.onOpen = { connection.send(NativePayload.request(1, request)) }
    connection.onPayload = { _ in connection.close() }
    cluster.world.after(.seconds(2)) { connection.close() }
  }
}
