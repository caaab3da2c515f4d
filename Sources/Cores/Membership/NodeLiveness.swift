public import RoostBase

/// Which of the other nodes are there, judged by one heartbeat per pair of nodes, whatever the number of groups they
/// share.
///
/// ## Who is suspected, and when
/// ```
///              heartbeat                connection closed, or silent for too long (φ)
///   unknown ─────────────▶ alive ──────────────────────────────────────────▶ suspected
///                            ▲                       heartbeat                    │
///                            └────────────────────────────────────────────────────┘
/// ```
/// A closed connection is suspicious at once: a process that is killed closes all of its connections. Silence is
/// suspicious when it lasts longer than the heartbeats before make likely (``PhiAccrualDetector``). A suspicion decides
/// nothing; it is a reason for groups to ask for an election, which a living leader ends by answering. A node that stood
/// still itself takes nobody's silence for theirs.
///
/// A peer may also be deaf: heard, but not hearing. Heartbeats therefore carry an echo.
///
/// ## Who is taken for whom
/// Every start of a node is an ``Incarnation``, and every payload carries its tag. A later incarnation takes the place of
/// an earlier one; messages of the earlier one count no more. What can't be a start of the same node is refused, and told
/// so: an epoch that went back or that two processes share, a log that ends before what was durable (``Refusal``). Such a
/// node may have forgotten votes and entries, and must not act as a member of its groups.
///
/// A value: time comes in, actions go out. The shell performs them and calls ``tick(now:)`` at ``nextDeadline``.
public struct NodeLiveness: Sendable {
  public struct Configuration: Sendable {
    public var incarnation: Incarnation
    /// Between two heartbeats to a peer.
    public var interval: Duration
    /// The φ of a suspicion.
    public var threshold = 8.0
    /// What the deviation of intervals is taken for at least.
    public var minimumDeviation: Duration
    /// How long an earlier incarnation that is still heard of holds its place against a later one.
    public var contest = Duration.seconds(2)

    public init(incarnation: Incarnation, interval: Duration) {
      self.incarnation = incarnation
      self.interval = interval
      minimumDeviation = interval / 8
    }
  }

  public enum Action: Hashable, Sendable {
    case send(Heartbeat, to: NodeID)
    /// The peer seems dead.
    case suspected(NodeID)
    /// The peer is there and can be reached: for the first time or as another incarnation (`isNew`), which remembers
    /// nothing, or again.
    case returned(NodeID, isNew: Bool)
    /// The peer does not hear this node, although this node hears it.
    case deaf(NodeID)
    /// The peer is not who it says; it must not go on.
    case refuse(NodeID, Incarnation.Tag, Refusal)
  }

  /// Why a node is not taken for a continuation of the one that was known under its id.
  public enum Refusal: UInt8, Hashable, Sendable {
    /// Its epoch is not later than one that was seen: the data directory is an old copy.
    case epochWentBack = 1
    /// Its log ends before a batch that it had made durable.
    case logWentBack = 2
    /// Another process that uses the same identity is alive.
    case duplicate = 3
    /// Another node has taken its place.
    case replaced = 4
  }

  private enum State {
    case unknown
    case alive
    case suspected
  }

  private struct Peer {
    var state = State.unknown
    var isConnected = false
    var tag: Incarnation.Tag?
    /// The latest start that is known from elsewhere; nothing earlier is admitted.
    var expected: Incarnation.Tag?
    /// It was replaced: nothing is admitted.
    var isRetired = false
    var watermark: UInt64 = 0
    var condition: NodeCondition = []
    var detector: PhiAccrualDetector
    /// A later incarnation that showed itself while the known one still lived, and when it did first.
    var competing: (tag: Incarnation.Tag, since: Instant)?
    var lastReceived: UInt64 = 0
    var sequence: UInt64 = 0
    /// The latest heartbeat that the peer has echoed, and when this node last had a reason to believe it is heard.
    var echoed: UInt64 = 0
    var heardSince: Instant
    var isDeaf = false
    /// The peer is there again, which was not told yet; whether it is another incarnation.
    var hasReturned: Bool?
  }

  public let configuration: Configuration
  private var peers: [NodeID: Peer] = [:]
  /// In order, so that nothing depends on a dictionary's.
  private var order: [NodeID] = []
  private var nextHeartbeat: Instant
  private var lastTick: Instant
  private var actions: [Action] = []
  /// What this node says of itself.
  public var watermark: UInt64 = 0
  /// What its log ended with when it was started.
  public var watermarkAtStart: UInt64?
  public var condition: NodeCondition = []

  public init(_ configuration: Configuration, now: Instant) {
    self.configuration = configuration
    nextHeartbeat = now + configuration.interval
    lastTick = now
  }

  // MARK: Looking

  /// Whether a peer is heard of.
  public func isAlive(_ node: NodeID) -> Bool { peers[node]?.state == .alive }
  public func isSuspected(_ node: NodeID) -> Bool { peers[node]?.state == .suspected }
  /// Whether a peer is heard of and hears this node.
  public func isReachable(_ node: NodeID) -> Bool {
    peers[node].map { $0.state == .alive && $0.isConnected && !$0.isDeaf } ?? false
  }
  public func condition(of node: NodeID) -> NodeCondition { peers[node]?.condition ?? [] }
  /// Whether any peer said that something hinders it.
  public private(set) var isAnyConditioned = false
  /// The incarnation of a peer that is heard of.
  public func livingTag(of node: NodeID) -> Incarnation.Tag? {
    peers[node].flatMap { $0.state == .alive ? $0.tag : nil }
  }
  /// The last batch that a peer has said is durable.
  public func watermark(of node: NodeID) -> UInt64 { peers[node]?.watermark ?? 0 }
  public func phi(of node: NodeID, now: Instant) -> Double { peers[node]?.detector.phi(at: now) ?? 0 }
  /// Whether payloads with this tag are the known incarnation's.
  public func accepts(_ tag: Incarnation.Tag, from node: NodeID) -> Bool { peers[node]?.tag == tag }

  /// When ``tick(now:)`` has something to do.
  public var nextDeadline: Instant {
    guard !order.isEmpty else { return .distantFuture }
    var deadline = nextHeartbeat
    for peer in peers.values where peer.state == .alive {
      if let suspicion = peer.detector.suspicion { deadline = min(deadline, suspicion) }
    }
    return deadline
  }

  /// What is to be done, in order.
  public mutating func takeActions() -> [Action] {
    defer { actions.removeAll() }
    return actions
  }

  // MARK: Events

  /// The way to a peer is open.
  public mutating func connected(to node: NodeID, now: Instant) {
    note(node, now) {
      $0.isConnected = true
      $0.isDeaf = false
      $0.heardSince = now
    }
    sendHeartbeat(to: node)
    announce(node)
  }

  /// The way to a peer closed, or could not be opened.
  public mutating func disconnected(from node: NodeID, now: Instant) {
    note(node, now) { $0.isConnected = false }
    suspect(node)
  }

  /// Something else than a heartbeat came from the known incarnation of a peer.
  public mutating func heard(from node: NodeID, now: Instant) {
    if peers[node]?.state == .alive { peers[node]?.detector.forgive(until: now) }
  }

  public mutating func received(_ heartbeat: Heartbeat, from node: NodeID, now: Instant) {
    note(node, now) { _ in }
    guard admit(heartbeat, from: node, now: now), var peer = peers[node] else { return }
    let isNew = peer.tag != heartbeat.tag
    if isNew {
      peer.tag = heartbeat.tag
      peer.competing = nil
      peer.lastReceived = 0
      peer.detector = makeDetector()
    }
    peer.watermark = max(peer.watermark, heartbeat.watermark)
    if heartbeat.sequence > peer.lastReceived {
      peer.lastReceived = heartbeat.sequence
      peer.condition = heartbeat.condition
    }
    if heartbeat.echo > peer.echoed, heartbeat.echo <= peer.sequence {
      peer.echoed = heartbeat.echo
      peer.heardSince = now
      // What was said while it did not hear is lost.
      if peer.isDeaf { peer.hasReturned = peer.hasReturned ?? false }
      peer.isDeaf = false
    }
    peer.detector.heartbeat(at: now)
    if isNew || peer.state != .alive { peer.hasReturned = (peer.hasReturned ?? false) || isNew }
    peer.state = .alive
    peers[node] = peer
    isAnyConditioned = peers.values.contains { !$0.condition.isEmpty }
    announce(node)
  }

  /// Tells of a return once the peer is heard and the way to it is open: what is said to it before would be lost.
  private mutating func announce(_ node: NodeID) {
    guard let peer = peers[node], peer.state == .alive, peer.isConnected, let isNew = peer.hasReturned else { return }
    peers[node]?.hasReturned = nil
    actions.append(.returned(node, isNew: isNew))
  }

  /// Whether a heartbeat comes from the known incarnation or one that may take its place.
  private mutating func admit(_ heartbeat: Heartbeat, from node: NodeID, now: Instant) -> Bool {
    if let refusal = priorRefusal(of: heartbeat.tag, from: node) {
      actions.append(.refuse(node, heartbeat.tag, refusal))
      return false
    }
    guard let peer = peers[node], let known = peer.tag, heartbeat.tag != known else {
      // Not heard of since this node started, which may remember from before how far its log had been.
      if peers[node]?.tag == nil, heartbeat.watermark < peers[node]?.watermark ?? 0 {
        actions.append(.refuse(node, heartbeat.tag, .logWentBack))
        return false
      }
      settleContest(of: node, now: now)
      return true
    }
    if heartbeat.tag.epoch <= known.epoch {
      actions.append(.refuse(node, heartbeat.tag, heartbeat.tag.epoch < known.epoch ? .epochWentBack : .duplicate))
      return false
    }
    if heartbeat.watermark < peer.watermark {
      actions.append(.refuse(node, heartbeat.tag, .logWentBack))
      return false
    }
    guard peer.state == .alive else { return true }
    // The known one was heard of a moment ago. If it is dead, it will soon be suspected.
    if peer.competing?.tag != heartbeat.tag { peers[node]?.competing = (heartbeat.tag, now) }
    return false
  }

  /// What is known from elsewhere against an incarnation that is not known by its heartbeats.
  private func priorRefusal(of tag: Incarnation.Tag, from node: NodeID) -> Refusal? {
    guard let peer = peers[node], peer.tag != tag else { return nil }
    if peer.isRetired { return .replaced }
    guard let expected = peer.expected, tag != expected, tag.epoch <= expected.epoch else { return nil }
    return tag.epoch < expected.epoch ? .epochWentBack : .duplicate
  }

  /// The known incarnation speaks although another one claims its place: after a while the other one is refused.
  private mutating func settleContest(of node: NodeID, now: Instant) {
    guard let competing = peers[node]?.competing, competing.since + configuration.contest <= now else { return }
    peers[node]?.competing = nil
    actions.append(.refuse(node, competing.tag, .duplicate))
  }

  /// Sends what is due and looks who is silent.
  public mutating func tick(now: Instant) {
    // A process that was stopped, or whose loop was busy for long, hears at its end what came meanwhile.
    let wasAbsent = now.nanoseconds - lastTick.nanoseconds > 2 * configuration.interval.wholeNanoseconds
    lastTick = now
    for node in order {
      guard let peer = peers[node], peer.state == .alive else { continue }
      if wasAbsent {
        peers[node]?.detector.forgive(until: now)
        peers[node]?.heardSince = now
      } else if let suspicion = peer.detector.suspicion, suspicion <= now {
        suspect(node)
      }
    }
    guard nextHeartbeat <= now else { return }
    nextHeartbeat = now + configuration.interval
    for node in order where peers[node]?.isConnected == true {
      sendHeartbeat(to: node)
      judgeHearing(of: node, now: now)
    }
  }

  /// The cluster's records say that a node was started as this incarnation.
  public mutating func expect(_ tag: Incarnation.Tag, of node: NodeID, now: Instant) {
    note(node, now) { $0.expected = max($0.expected ?? tag, tag) }
  }

  /// A peer had said, before this node was started, that this batch of its log is durable.
  public mutating func recall(_ watermark: UInt64, of node: NodeID, now: Instant) {
    note(node, now) { $0.watermark = max($0.watermark, watermark) }
  }

  /// What every peer has said is durable of its log, in order of the peers.
  public var watermarks: [(node: NodeID, batch: UInt64)] {
    order.compactMap { node in peers[node].flatMap { $0.watermark > 0 ? (node, $0.watermark) : nil } }
  }

  /// The cluster's records say that a node was replaced. An incarnation that is there already may stay until it learns
  /// of that by itself.
  public mutating func retire(_ node: NodeID, now: Instant) {
    note(node, now) { $0.isRetired = true }
  }

  /// Forgets a node that is in no group any more.
  public mutating func remove(_ node: NodeID) {
    peers[node] = nil
    order.removeAll { $0 == node }
  }

  // MARK: Inner workings

  private func makeDetector() -> PhiAccrualDetector {
    PhiAccrualDetector(
      expected: configuration.interval, minimumDeviation: configuration.minimumDeviation,
      threshold: configuration.threshold)
  }

  private mutating func note(_ node: NodeID, _ now: Instant, _ change: (inout Peer) -> Void) {
    if peers[node] == nil {
      order.insert(node, at: order.firstIndex { $0 > node } ?? order.count)
      peers[node] = Peer(detector: makeDetector(), heardSince: now)
      // Nobody was there to send to, so the time until now was no absence.
      lastTick = max(lastTick, now)
    }
    change(&peers[node]!)
  }

  private mutating func suspect(_ node: NodeID) {
    guard peers[node]?.state == .alive else { return }
    peers[node]?.state = .suspected
    actions.append(.suspected(node))
  }

  private mutating func sendHeartbeat(to node: NodeID) {
    guard var peer = peers[node] else { return }
    peer.sequence += 1
    peers[node] = peer
    actions.append(
      .send(
        Heartbeat(
          tag: configuration.incarnation.tag, sequence: peer.sequence, echo: peer.lastReceived,
          watermark: peer.echoed == 0 ? watermarkAtStart ?? watermark : watermark, condition: condition), to: node))
  }

  /// Whether the peer's echoes show that it hears this node: one that is missing for four intervals is too many.
  private mutating func judgeHearing(of node: NodeID, now: Instant) {
    guard let peer = peers[node], peer.state == .alive, !peer.isDeaf,
      peer.heardSince + configuration.interval * 4 <= now
    else { return }
    peers[node]?.isDeaf = true
    actions.append(.deaf(node))
  }
}
