public import RoostBase

/// A wish to change who belongs to the group.
///
/// ## How a group changes (Raft dissertation, chapter 4)
/// A change of at most one voter is *simple*: any majority of the old voters and any of the new ones overlap, so
/// the new configuration may simply replace the old. Everything else goes through a *joint* configuration in
/// which both majorities must agree:
/// ```
///   (1 2 3)  ── enter ──▶  (3 4 5)&&(1 2 3)  ── leave ──▶  (3 4 5)
/// ```
/// Both steps are entries of the log; each member takes a configuration into force when it **applies** the entry.
/// That is safe because a leader proposes a change only when it has applied all earlier ones, and a member with
/// committed changes it has not applied does not stand for election; so any two leaders that follow each other
/// differ by at most one step.
///
/// A voter that becomes a learner while it is still needed as a voter of the old configuration waits in
/// ``Configuration/nextLearners`` until the joint configuration is left.
public struct ConfigurationChange: Hashable, Sendable {
  public enum Operation: UInt8, Hashable, Sendable {
    /// Add a voter, or make one of a learner.
    case addVoter = 0
    /// Remove from any capacity.
    case remove = 1
    /// Changes nothing in the configuration; lets a shell carry something about a member in `context`.
    case update = 2
    /// Add a learner, or make one of a voter.
    case addLearner = 3
  }

  public struct Step: Hashable, Sendable {
    public var operation: Operation
    public var node: NodeID

    public init(_ operation: Operation, _ node: NodeID) {
      self.operation = operation
      self.node = node
    }
  }

  public enum Transition: UInt8, Hashable, Sendable {
    /// Simple if there is one step, else joint and left by the leader itself.
    case automatic = 0
    /// Joint, and left by the leader itself.
    case jointImplicit = 1
    /// Joint, and left by an empty change that someone proposes.
    case jointExplicit = 2
  }

  public var transition: Transition
  public var steps: [Step]
  /// Bytes for the shell, for instance addresses of new members.
  public var context: [UInt8]

  public init(_ steps: [Step], transition: Transition = .automatic, context: [UInt8] = []) {
    self.transition = transition
    self.steps = steps
    self.context = context
  }

  /// Leaves a joint configuration.
  public static let leaveJoint = ConfigurationChange([])

  public var leavesJoint: Bool { transition == .automatic && steps.isEmpty }

  /// Whether the change goes through a joint configuration, and if so whether that is left automatically.
  var entersJoint: (enters: Bool, autoLeave: Bool) {
    switch transition {
    case .automatic: (steps.count > 1, true)
    case .jointImplicit: (true, true)
    case .jointExplicit: (true, false)
    }
  }
}

/// Why a change can't be made to a configuration.
public enum ConfigurationChangeError: Error, Hashable, Sendable {
  case alreadyJoint
  case notJoint
  case noVoters
  /// A simple change in a joint configuration.
  case mustLeaveJointFirst
  case moreThanOneVoterChanged
  case removesAllVoters
  /// A configuration in which somebody is in two capacities that exclude each other.
  case inconsistent(NodeID)
}
