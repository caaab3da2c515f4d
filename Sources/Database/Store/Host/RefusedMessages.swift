public import RoostBase
import RoostMembership
import RoostPlatform
import RoostRaft

/// Why a node's message was refused: what `roost status` tells about it.
public enum RefusedMessage: String, Hashable, Sendable, CaseIterable {
  /// It can't be decoded, or its fields contradict each other.
  case malformed
  /// From somebody who is not, or not any more, a member of the partition.
  case notAMember = "not a member"
  /// It acknowledges what was never sent.
  case falseAcknowledgement = "acknowledges what was never sent"
  /// It counts on entries that this node acknowledged and lost.
  case lostLog = "counts on entries that were lost here"
  /// It contradicts what is committed.
  case contradiction = "contradicts what is committed"
  /// The node is not the one that was known under its name.
  case otherIncarnation = "not the node it was"

  init(_ error: StepError) {
    self =
      switch error {
      case .unknownSender: .notAMember
      case .malformed(.acknowledgement): .falseAcknowledgement
      case .lostLog: .lostLog
      case .diverged: .contradiction
      case .notAddressedToThisMember, .localKindFromPeer, .malformed, .proposalRefused: .malformed
      }
  }
}

/// How many messages of whom were refused, and why. Bounded by the number of nodes and reasons.
public struct RefusedMessages: Sendable {
  public struct Tally: Sendable {
    public var count: UInt64 = 0
    /// The last one, in words.
    public var lastReason = ""
    public var lastSeen = Instant.origin
  }

  /// More nodes than a cluster has; beyond it nothing is noted.
  private static let mostNodes = 1024

  private var tallies: [NodeID: [RefusedMessage: Tally]] = [:]

  mutating func note(_ kind: RefusedMessage, from node: NodeID, _ reason: String, at now: Instant) {
    guard tallies[node] != nil || tallies.count < RefusedMessages.mostNodes else { return }
    var tally = tallies[node]?[kind] ?? Tally()
    tally.count += 1
    tally.lastReason = reason
    tally.lastSeen = now
    tallies[node, default: [:]][kind] = tally
  }

  /// What was refused of a node since `instant`, in the order of the reasons.
  public func of(_ node: NodeID, since instant: Instant) -> [(kind: RefusedMessage, tally: Tally)] {
    RefusedMessage.allCases.compactMap { kind in
      guard let tally = tallies[node]?[kind], tally.lastSeen >= instant else { return nil }
      return (kind, tally)
    }
  }
}
