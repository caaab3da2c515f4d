public import RoostBase
import RoostMembership
public import RoostPlatform
import RoostRaft
import RoostStorage

/// The host as the receiver of what its peers send.
extension GroupHost: PeerNetworkHandler {
  public func peerConnected(_ node: NodeID) {
    guard !isStopped else { return }
    outbox.connected(to: node)
    liveness.connected(to: node)
    outgoingSnapshots.connectionOpened(to: node)
    router.unpark()
    delegate?.connectionChanged(node, isConnected: true)
  }

  public func peerDisconnected(_ node: NodeID) {
    guard !isStopped else { return }
    outbox.disconnected(from: node)
    let now = loop.now
    // Groups that are awake act at once; the silent ones are woken one after the other.
    for replica in replicas.all where !replica.isSuspended && !replica.core.isQuiescent {
      input(to: replica, now: now) { core in
        core.reportUnreachable(node)
        core.connectionClosed(to: node, now: now)
      }
    }
    liveness.disconnected(from: node)
    outgoingSnapshots.connectionLost(to: node)
    bulkReceiver.drop(from: node)
    router.connectionLost(to: node)
    delegate?.connectionChanged(node, isConnected: false)
  }

  public func received(_ payload: [UInt8], from node: NodeID) {
    guard !isStopped else { return }
    do {
      try handle(payload, from: node)
    } catch {
      refuse(error.description, from: node)
    }
  }

  /// What no honest node sends: nothing of it is believed, and the connection it came over is closed, for what else
  /// it brings is no better.
  func refuse(_ reason: String, from node: NodeID) {
    count(\.refusedMessages)
    refusals.note(.malformed, from: node, reason, at: loop.now)
    network.refuse(reason, from: node, closing: true)
  }

  private func handle(_ payload: [UInt8], from node: NodeID) throws(DecodingFailure) {
    var reader = ByteReader(payload)
    switch PeerPayload.Kind(rawValue: try reader.readByte()) {
    case .consensus:
      guard liveness.nodes.accepts(Incarnation.Tag(try reader.readVarint()), from: node) else {
        return count(\.foreignPayloads)
      }
      let now = loop.now
      liveness.heard(from: node, now: now)
      while !reader.isAtEnd {
        let (group, message) = try reader.readMessage(from: node, to: configuration.node)
        // A snapshot message only ever comes as part of a chunk stream, which is complete before the core hears of it.
        // Proposals and reads come as requests, which are judged first; storage speaks to its own core only.
        switch message.kind {
        case .snapshot, .storageAppended, .propose, .readIndex, .readIndexResponse:
          throw DecodingFailure("a kind of message that nodes don't send")
        default: break
        }
        guard let replica = replica(of: group) else {
          // Groups come into being at run time: this node may hear of one before it has applied its record. Closing
          // the connection would cut off every group that both know.
          count(\.unknownGroups)
          network.refuse("a message of partition \(group), which is not known here", from: node, closing: false)
          continue
        }
        // Whoever gives leadership away because its disk is full may not know yet that this one's is, too.
        if message.kind == .timeoutNow, isOutOfRoom { continue }
        try checkPlausible(message.term, to: replica)
        waker.wakeIfLeaderIsLost(replica)
        do throws(StepError) {
          defer { settle(replica, now) }
          try replica.step(message, now: now)
        } catch {
          if error.showsMalformedMessage { throw DecodingFailure("a message that no member sends: \(error)") }
          count(\.refusedMessages)
          refusals.note(RefusedMessage(error), from: node, "partition \(group): \(error)", at: now)
          switch error {
          case .lostLog(let index): lostLog(of: group, through: index, says: node)
          case .diverged(let index): diverged(replica, at: index, says: node)
          default: break
          }
        }
      }
    case .request:
      let id = try reader.readVarint()
      let request = try Request(from: &reader)
      serveForwarded(request, from: node) { [self] response in
        guard !isStopped else { return }
        network.send(PeerPayload.response(id, response), to: node, lane: .consensus)
      }
    case .response:
      let id = try reader.readVarint()
      router.answered(id, try Response(from: &reader), by: node)
    case .snapshotChunk: try incomingSnapshots.receive(try SnapshotChunk(from: &reader), from: node)
    case .snapshotAcknowledgement:
      outgoingSnapshots.receive(try SnapshotAcknowledgement(from: &reader), from: node)
    case .bulkPart: try receive(try BulkPart(from: &reader), from: node)
    case .bulkCredit:
      let id = try reader.readVarint()
      router.creditReceived(for: id, slices: Int(clamping: try reader.readVarint()), from: node)
      try reader.requireEnd()
    case .heartbeat: liveness.received(try reader.readHeartbeat(), from: node)
    case .refusal:
      let (tag, refusal) = try reader.readRefusal()
      received(refusal, of: tag, from: node)
    case nil: throw DecodingFailure("an unknown kind of payload")
    }
  }

  /// Terms grow by elections. One so far above the present is none that an election led to, and taking it over would
  /// depose a leader for nothing.
  func checkPlausible(_ term: Term, to replica: Replica) throws(DecodingFailure) {
    guard term.rawValue > replica.core.term.rawValue + GroupHost.longestTermLeap else { return }
    throw DecodingFailure("a term from the future")
  }

  /// More elections than a node can have missed: a thousand a second for fifty days.
  private static let longestTermLeap: UInt64 = 1 << 32

  /// A request that another node forwarded because it believes that this one leads. It is not forwarded again.
  private func serveForwarded(_ request: Request, from node: NodeID, respond: @escaping @Sendable (Response) -> Void) {
    switch request {
    case .commit(let group, let commit):
      guard let replica = replica(of: group), !replica.isDiverged else { return respond(.notLeader(.none, nil)) }
      sweep.watch(replica)
      replica.evaluate(commit, deadline: loop.now + GroupHost.clientTimeLimit) { [self] result in
        respond(response(to: result, in: group))
      }
    case .readIndex(let group, let voucher):
      guard let replica = replica(of: group), !replica.isDiverged else { return respond(.notLeader(.none, nil)) }
      if let voucher, liveness.nodes.accepts(voucher.tag, from: node),
        let index = replica.core.readIndex(vouchedBy: node, in: voucher.term)
      {
        tellCommit(of: replica, to: node)
        return respond(.index(index))
      }
      sweep.watch(replica)
      replica.readIndex(deadline: loop.now + GroupHost.clientTimeLimit) { [self] result in
        switch result {
        case .success(let index):
          tellCommit(of: replica, to: node)
          respond(.index(index))
        case .failure(.store(let error)): respond(.failure(error))
        case .failure(.notLeader): respond(notLeader(of: group))
        }
      }
    case .application(let opcode, let body): channels.serve(opcode, body, respond: respond)
    case .put, .delete, .get, .scan: respond(.malformed("this request is for clients"))
    }
  }

  /// Whoever asked for a read index will wait until it has applied that much.
  private func tellCommit(of replica: Replica, to node: NodeID) {
    input(to: replica, now: loop.now) { $0.tellCommit(to: node) }
  }

  /// A leader counts on entries that this node acknowledged and does not have: its disk forgot what it had said to
  /// keep, or is an old copy that nobody knew for one. What else it promised and forgot cannot be told, so it ends.
  private func lostLog(of group: GroupID, through index: LogIndex, says leader: NodeID) {
    let own = name(of: configuration.node)
    let other = name(of: leader)
    fail(
      "partition \(group): its leader \(other) counts on entry \(index), which this node had acknowledged and does not "
        + "have; it could break promises it has forgotten: run `roost replace \(own)` on another node, then start it "
        + "with an empty data directory")
  }

  // MARK: Entries for followers that are far behind

  func load(_ request: LoadRequest, for replica: Replica) {
    let group = replica.group
    let last = replica.core.lastIndex
    logWriter.readEntries(
      of: group, from: request.from, through: last, maxBytes: request.maxBytes, on: loop
    ) { [self] result in
      guard !isStopped, let replica = self.replica(of: group), !replica.isSuspended else { return }
      var entries: [Entry] = []
      switch result {
      case .success(let loaded): entries = loaded
      // Compacted meanwhile, or about to be because it can't be read: the follower gets a snapshot.
      case .failure(let error):
        if error.isCorruption {
          logIsDamaged(error, group: group)
        } else if error.isFatal {
          return fail(error.description)
        }
      }
      let now = loop.now
      input(to: replica, now: now) { $0.entriesLoaded(for: request.follower, entries: entries, now: now) }
    }
  }
}

extension StepError {
  /// Whether the message itself is wrong, whatever state the two members are in. The others can come from honest
  /// members: one that was removed and does not know it, or whose counterpart lost its log and is being repaired.
  fileprivate var showsMalformedMessage: Bool {
    switch self {
    case .notAddressedToThisMember, .localKindFromPeer: true
    case .malformed(.sender), .malformed(.term), .malformed(.index), .malformed(.entries), .malformed(.snapshot): true
    case .malformed(.acknowledgement): false
    case .unknownSender, .lostLog, .diverged, .proposalRefused: false
    }
  }
}
