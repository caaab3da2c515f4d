import RoostBase
import RoostPlatform
import RoostSimulation
import RoostStore

/// A client of whole nodes: it writes a key of its own again and again, with greater numbers, and reads everybody's.
///
/// A read must show at least the number that was acknowledged last when it began, or that a read has shown that ended
/// before, and at most the one that was written last; or one whose write was never answered, which may happen at any time.
/// With one writer for each key that is what linearizability demands, nearly: once such a write has happened late, what
/// follows it is not looked at in order.
///
/// Unchecked sendable: guarded by the world's thread.
final class NodeClient: @unchecked Sendable {
  /// What is known of each client's key.
  final class Board {
    struct Known {
      /// Numbers below it can't be shown any more.
      var floor: UInt64 = 0
      var attempted: UInt64 = 0
      /// Numbers whose writes were not answered.
      var unresolved: Set<UInt64> = []
    }

    fileprivate(set) var keys: [Known] = []
    fileprivate(set) var acknowledged = 0
    fileprivate(set) var reads = 0
  }

  private let cluster: NodeCluster
  private let board: Board
  private let number: Int
  private var generator: SeededGenerator
  private var connection: SimulatedClientConnection?
  private var request: UInt64 = 0
  private var isWaiting = false
  var isRunning = true

  private static let pause: ClosedRange<Duration> = .milliseconds(1)...(.milliseconds(60))
  private static let patience: ClosedRange<Duration> = .milliseconds(200)...(.seconds(3))

  init(_ cluster: NodeCluster, _ board: Board) {
    self.cluster = cluster
    self.board = board
    number = board.keys.count
    board.keys.append(.init())
    generator = cluster.world.generator.split()
  }

  func run() {
    cluster.world.after(generator.duration(NodeClient.pause)) { [self] in
      guard isRunning else { return }
      if !isWaiting { issue() }
      run()
    }
  }

  private static func key(_ number: Int) -> Key { Key(KeySpaceDeclaration.keyValue.prefix.bytes + [UInt8(number)]) }

  private func issue() {
    guard let connection = connection ?? connect() else { return }
    request += 1
    isWaiting = true
    let (sent, isWrite) = (request, generator.chance(0.5))
    let target = isWrite ? number : generator.below(board.keys.count)
    let floor = board.keys[target].floor
    if isWrite {
      board.keys[number].attempted += 1
      board.keys[number].unresolved.insert(board.keys[number].attempted)
      let value = [UInt8](bigEndian: board.keys[number].attempted)
      connection.send(NativePayload.request(sent, .put(key: NodeClient.key(number), value: value)))
    } else {
      connection.send(NativePayload.request(sent, .get(key: NodeClient.key(target), level: .linearizable)))
    }
    let written = board.keys[number].attempted
    connection.onPayload = { [self] payload in
      guard let answer = try? NativePayload.decodeResponse(payload), answer.id == request, isWaiting else { return }
      isWaiting = false
      switch answer.response {
      case .committed:
        board.acknowledged += 1
        board.keys[number].unresolved.remove(written)
        board.keys[number].floor = max(board.keys[number].floor, written)
      case .value(let value): read(value, of: target, since: floor)
      default: break
      }
    }
    cluster.world.after(generator.duration(NodeClient.patience)) { [self] in
      // What was not answered may still happen.
      if isWaiting, request == sent { self.connection?.close() }
    }
  }

  private func read(_ value: [UInt8]?, of target: Int, since floor: UInt64) {
    board.reads += 1
    let shown = UInt64(bigEndianBytes: value ?? [])
    let known = board.keys[target]
    guard !known.unresolved.contains(shown) else { return }
    if shown < floor || shown > known.attempted {
      cluster.violated("a read of key \(target) shows \(shown), where \(floor) to \(known.attempted) may be seen")
    }
    board.keys[target].floor = max(known.floor, shown)
  }

  private func connect() -> SimulatedClientConnection? {
    guard let machine = generator.pick(cluster.machines) else { return nil }
    let fresh = cluster.world.network.connectClient(to: machine)
    fresh.onClose = { [self] in
      guard connection === fresh else { return }
      connection = nil
      isWaiting = false
    }
    connection = fresh
    return fresh
  }
}
