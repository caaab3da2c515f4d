import RoostBase
import RoostPlatform
import RoostRaft
import RoostStorage

/// The snapshots that this node sends, as a leader, to followers that need entries which its log has no longer.
///
/// ```
/// leader: core emits a snapshot message ─► frozen view at applied ─► chunks (bulk lane, a window of 4) ─┐
/// follower: chunks ─► file ─► acknowledge each; all there and synced ─► step the message into the core ◄┘
///           core accepts ─► install (SnapshotInstaller) ─► log marker ─► the response goes out
/// ```
/// Only a few streams go on at once, and together no faster than ``SnapshotThrottle`` allows. A connection that breaks
/// suspends a stream; the next one resumes it after the last chunk that was acknowledged. A receiver that restarted
/// meanwhile knows nothing of the stream and refuses it, and Raft starts another. ``IncomingSnapshots`` is the other end.
///
/// Touched on its loop only, which is what `@unchecked` relies on.
final class OutgoingSnapshots: @unchecked Sendable {
  private let loop: any Loop
  private let network: any PeerNetwork
  private let engine: any Engine
  /// Set before the first snapshot.
  unowned var source: (any SnapshotSource)!

  private var streams: [SnapshotTarget: SnapshotSender] = [:]
  private var throttle: SnapshotThrottle
  private var nextStream: UInt64
  /// Wakes streams that wait for the throttle.
  private var timer: (any LoopTimer)?
  private var isStopped = false
  /// Streams begun so far.
  private(set) var startedCount: UInt64 = 0

  /// - Parameter firstStream: differs from start to start of a node, so that no answer to an old stream passes for one to
  ///   a new stream.
  init(
    loop: any Loop, network: any PeerNetwork, engine: any Engine, throttle: SnapshotThrottle, firstStream: UInt64
  ) {
    self.loop = loop
    self.network = network
    self.engine = engine
    self.throttle = throttle
    nextStream = firstStream
  }

  /// Ends all streams. Nobody is told.
  func stop() {
    isStopped = true
    timer?.cancel()
    streams.removeAll()
  }

  /// Streams that use the network: those whose connection broke wait for the next one.
  private var activeCount: Int { streams.values.count { !$0.isSuspended } }

  // MARK: Beginning

  /// Sends a follower the state that a core's message of kind `snapshot` stands for, now or when it has its turn. Called
  /// before anything more is applied, so that the engine stands exactly at the message's index.
  ///
  /// - Returns: false if that can't be done: the core has to be told.
  func send(_ message: Message, of group: GroupID) -> Bool {
    let target = SnapshotTarget(group: group, node: message.to)
    if let stream = streams[target] {
      // This leader's own is on its way already. One of an earlier term is of no use to anybody.
      if stream.term == message.term { return true }
      streams[target] = nil
    }
    guard let metadata = message.snapshot, source.isConnected(to: message.to),
      var contents = source.appliedState(of: group), contents.header.metadata.index == metadata.index
    else { return false }
    if activeCount >= throttle.maximumStreams {
      throttle.wait(target)
      return true
    }
    contents.header.metadata = metadata
    contents.header.leaderTerm = message.term
    begin(target, contents)
    return true
  }

  private func begin(_ target: SnapshotTarget, _ contents: SnapshotContents) {
    do throws(EngineError) {
      let stream = try SnapshotSender(
        target: target, stream: nextStream, header: contents.header, snapshot: engine.snapshot(),
        range: contents.range, now: loop.now)
      nextStream += 1
      streams[target] = stream
      startedCount += 1
      pump()
      watch(stream)
    } catch {
      source.engineFailed(error, "the state engine can't be read")
    }
  }

  /// Begins what waited for its turn, with the state as it is now.
  private func beginWaiting() {
    while !isStopped, activeCount < throttle.maximumStreams, let target = throttle.next() {
      guard streams[target] == nil, let contents = source.takeTurn(of: target) else { continue }
      begin(target, contents)
    }
  }

  // MARK: On the way

  /// Sends what windows and throttle allow, one chunk of each stream in turn.
  private func pump() {
    var isMoving = true
    while isMoving, !isStopped {
      isMoving = false
      for target in streams.keys.sorted() {
        guard let stream = streams[target] else { continue }
        guard throttle.maySend(loop.now) else { return wakePump() }
        if sendChunk(of: stream) { isMoving = true }
      }
    }
  }

  private func sendChunk(of stream: SnapshotSender) -> Bool {
    do throws(EngineError) {
      guard let chunk = try stream.nextChunk() else { return false }
      let bytes = chunk.encoded()
      guard network.send(bytes, to: stream.target.node, lane: .bulk) else {
        if source.isConnected(to: stream.target.node) { end(stream, succeeded: false) } else { stream.suspend() }
        return false
      }
      throttle.sent(bytes.count, loop.now)
      return true
    } catch {
      source.engineFailed(error, "the state engine can't be read")
      return false
    }
  }

  private func wakePump() {
    guard timer == nil else { return }
    timer = loop.schedule(at: throttle.nextSend) { [self] in
      timer = nil
      if !isStopped { pump() }
    }
  }

  /// Sends again what may have been lost, and gives the stream up when nothing is acknowledged for too long.
  private func watch(_ stream: SnapshotSender) {
    loop.schedule(at: loop.now + SnapshotSender.patience) { [self] in
      guard !isStopped, streams[stream.target] === stream else { return }
      if stream.lastProgress + SnapshotSender.timeLimit <= loop.now {
        end(stream, succeeded: false)
      } else {
        if stream.lastProgress + SnapshotSender.patience <= loop.now, !stream.isSuspended,
          let chunk = stream.oldestUnacknowledged
        {
          network.send(chunk.encoded(), to: stream.target.node, lane: .bulk)
        }
        watch(stream)
      }
    }
  }

  func receive(_ acknowledgement: SnapshotAcknowledgement, from node: NodeID) {
    let target = SnapshotTarget(group: acknowledgement.group, node: node)
    guard let stream = streams[target], stream.stream == acknowledgement.stream else { return }
    if acknowledgement.refused { return end(stream, succeeded: false) }
    stream.acknowledge(acknowledgement.sequence, now: loop.now)
    if stream.isComplete { end(stream, succeeded: true) } else { pump() }
  }

  private func end(_ stream: SnapshotSender, succeeded: Bool) {
    streams[stream.target] = nil
    source.snapshotEnded(stream.target, succeeded: succeeded)
    beginWaiting()
    pump()
  }

  // MARK: Connections

  /// The connection broke. What waits for its turn need not wait for that node.
  func connectionLost(to node: NodeID) {
    for target in streams.keys.sorted() where target.node == node { streams[target]?.suspend() }
    for target in throttle.remove(node) { source.snapshotEnded(target, succeeded: false) }
    beginWaiting()
  }

  /// There is a connection again: suspended streams go on where they stopped.
  func connectionOpened(to node: NodeID) {
    for target in streams.keys.sorted() where target.node == node { streams[target]?.resume() }
    pump()
  }
}

/// The applied state of a group as a stream carries it: where it stands, and the keys of the group.
struct SnapshotContents {
  var header: SnapshotHeader
  var range: KeyRange
}

/// Where outgoing snapshots are taken from, and who hears what became of them.
protocol SnapshotSource: AnyObject {
  /// Whether there is a connection to a node.
  func isConnected(to node: NodeID) -> Bool
  /// What is applied in a group now, under the term of its member here; nil if there is none.
  func appliedState(of group: GroupID) -> SnapshotContents?
  /// The same for a target that has waited for its turn. Nil if its core wants no snapshot for it any more, or if there
  /// can't be one, which the core is told then.
  func takeTurn(of target: SnapshotTarget) -> SnapshotContents?
  /// The whole state arrived, or it never will.
  func snapshotEnded(_ target: SnapshotTarget, succeeded: Bool)
  func engineFailed(_ error: EngineError, _ what: String)
}
