import RoostBase
import RoostCluster
import RoostPlatform
import RoostSimulation
import RoostStore

/// Questions of a node to others by address.
///
/// Unchecked sendable: guarded by the world's thread.
final class SimulatedDialer: NodeDialer, @unchecked Sendable {
  private let process: SimulatedProcess
  private let places: NodePlaces
  private var world: World { process.node.world }

  init(_ process: SimulatedProcess, _ places: NodePlaces) {
    self.process = process
    self.places = places
  }

  private func isCut(from machine: NodeID) -> Bool {
    world.network.isBlocked(from: process.id, to: machine) || world.network.isBlocked(from: machine, to: process.id)
  }

  func ask(
    _ address: PeerAddress, _ request: Request, timeLimit: Duration,
    answer: @escaping @Sendable (OneShotCall.Outcome) -> Void
  ) {
    let machine = NodePlaces.machine(at: address)
    let loop = process.loops[0]
    loop.execute { [self] in
      let question = Question(answer)
      loop.schedule(at: loop.now + timeLimit) { question.end(.silent) }
      guard !isCut(from: machine) else { return }
      guard places.isListening(at: address) else {
        // Whoever is there refuses the connection.
        loop.schedule(at: loop.now + .milliseconds(1)) { question.end(.silent) }
        return
      }
      let connection = world.network.connectClient(to: machine)
      question.connection = connection
      let delay = delay()
      connection.onOpen = { [self] in
        let payload = NativePayload.request(1, request)
        // Who asked may have ended by then: what it has sent arrives all the same.
        if delay > .zero { world.after(delay) { connection.send(payload) } } else { connection.send(payload) }
      }
      connection.onPayload = { [self] payload in
        guard !isCut(from: machine) else { return }
        let outcome = (try? NativePayload.decodeResponse(payload).response).map { OneShotCall.Outcome.answered($0) }
        loop.execute { question.end(outcome ?? .silent) }
      }
      connection.onClose = { loop.execute { question.end(.silent) } }
    }
  }

  /// How long the network keeps a question, now and then. Those of nodes that are being taken in come in time: such a node asks
  /// many, one after the other, and too few would get in while all goes wrong.
  private func delay() -> Duration {
    guard places.delaysQuestions, places.takesPart(process.id), process.generator.chance(SimulatedDialer.delayed) else {
      return .zero
    }
    return process.generator.duration(SimulatedDialer.delays)
  }

  private static let delayed = 0.3
  private static let delays: ClosedRange<Duration> = .milliseconds(100)...(.seconds(3))

  func identify(_ address: PeerAddress, of clusterID: UInt128, answer: @escaping @Sendable (NodeID?) -> Void) {
    let machine = NodePlaces.machine(at: address)
    let loop = process.loops[0]
    loop.schedule(at: loop.now + .milliseconds(1)) { [self] in
      let isUp = world.node(machine).map { $0.isUp && !$0.isPaused } ?? false
      answer(isUp && !isCut(from: machine) ? places.node(at: address, of: clusterID) : nil)
    }
  }
}

/// One question: answered once.
///
/// Unchecked sendable: guarded by the world's thread.
private final class Question: @unchecked Sendable {
  var connection: SimulatedClientConnection?
  private var answer: (@Sendable (OneShotCall.Outcome) -> Void)?

  init(_ answer: @escaping @Sendable (OneShotCall.Outcome) -> Void) { self.answer = answer }

  func end(_ outcome: OneShotCall.Outcome) {
    let receiver = answer
    answer = nil
    connection?.close()
    connection = nil
    receiver?(outcome)
  }
}
