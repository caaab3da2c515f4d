import RoostBase

/// Works out the configuration that a change leads to, and refuses changes that would be unsafe.
///
/// Pure: it takes the state of a tracker and gives the next one, or an error and nothing. Members keep what is
/// known about them; newcomers begin with nothing known.
struct ConfigurationChanger {
  private let tracker: ProgressTracker
  private let lastIndex: LogIndex
  private var configuration: Configuration
  private var members: [Progress]

  init(_ tracker: ProgressTracker, lastIndex: LogIndex) {
    self.tracker = tracker
    self.lastIndex = lastIndex
    configuration = tracker.configuration
    members = tracker.members
  }

  struct Result {
    var configuration: Configuration
    var members: [Progress]
  }

  /// Whatever `change` asks for: leaving or entering a joint configuration, or a simple change.
  func apply(_ change: ConfigurationChange) throws(ConfigurationChangeError) -> Result {
    if change.leavesJoint { return try leaveJoint() }
    let (enters, autoLeave) = change.entersJoint
    return enters ? try enterJoint(autoLeave: autoLeave, change.steps) : try simple(change.steps)
  }

  /// The voters in force become the outgoing ones; the steps change the incoming ones.
  func enterJoint(
    autoLeave: Bool, _ steps: [ConfigurationChange.Step]
  ) throws(ConfigurationChangeError) -> Result {
    if configuration.isJoint { throw .alreadyJoint }
    if configuration.voters.isEmpty { throw .noVoters }
    var next = self
    next.configuration.outgoingVoters = configuration.voters
    try next.perform(steps)
    next.configuration.autoLeave = autoLeave
    return try next.result()
  }

  /// The incoming voters decide alone from now on.
  func leaveJoint() throws(ConfigurationChangeError) -> Result {
    if !configuration.isJoint { throw .notJoint }
    var next = self
    for id in configuration.nextLearners {
      next.configuration.learners.insert(id)
      if let position = next.position(of: id) { next.members[position].isLearner = true }
    }
    next.configuration.nextLearners = []
    next.configuration.outgoingVoters = []
    next.configuration.autoLeave = false
    let remaining = next.configuration.members
    next.members.removeAll { !remaining.contains($0.id) }
    return try next.result()
  }

  /// Steps that together change at most one voter.
  func simple(_ steps: [ConfigurationChange.Step]) throws(ConfigurationChangeError) -> Result {
    if configuration.isJoint { throw .mustLeaveJointFirst }
    var next = self
    try next.perform(steps)
    if configuration.voters.symmetricDifference(next.configuration.voters).count > 1 {
      throw .moreThanOneVoterChanged
    }
    return try next.result()
  }

  private func result() throws(ConfigurationChangeError) -> Result {
    try configuration.validate()
    return Result(configuration: configuration, members: members)
  }

  private mutating func perform(_ steps: [ConfigurationChange.Step]) throws(ConfigurationChangeError) {
    // A step for nobody changes nothing: a shell may strike out a step and keep the entry.
    for step in steps where step.node != .none {
      switch step.operation {
      case .addVoter: makeVoter(step.node)
      case .addLearner: makeLearner(step.node)
      case .remove: remove(step.node)
      case .update: break
      }
    }
    if configuration.voters.isEmpty { throw .removesAllVoters }
  }

  private func position(of id: NodeID) -> Int? { members.firstIndex { $0.id == id } }

  private mutating func insert(_ progress: Progress) {
    members.insert(progress, at: members.firstIndex { $0.id > progress.id } ?? members.count)
  }

  private mutating func makeVoter(_ id: NodeID) {
    configuration.voters.insert(id)
    configuration.learners.remove(id)
    configuration.nextLearners.remove(id)
    if let position = position(of: id) {
      members[position].isLearner = false
    } else {
      insert(tracker.newProgress(id, isLearner: false, lastIndex: lastIndex))
    }
  }

  private mutating func makeLearner(_ id: NodeID) {
    guard let position = position(of: id) else {
      configuration.learners.insert(id)
      insert(tracker.newProgress(id, isLearner: true, lastIndex: lastIndex))
      return
    }
    if members[position].isLearner { return }
    configuration.voters.remove(id)
    if configuration.outgoingVoters.contains(id) {
      // Nobody is voter and learner at once: it becomes a learner when the old voters are left.
      configuration.nextLearners.insert(id)
    } else {
      members[position].isLearner = true
      configuration.learners.insert(id)
    }
  }

  private mutating func remove(_ id: NodeID) {
    configuration.voters.remove(id)
    configuration.learners.remove(id)
    configuration.nextLearners.remove(id)
    if !configuration.outgoingVoters.contains(id) { members.removeAll { $0.id == id } }
  }
}

extension Configuration {
  /// Nobody is in two capacities that exclude each other, and nothing of a joint change stands outside of one.
  public func validate() throws(ConfigurationChangeError) {
    if members.contains(.none) { throw .inconsistent(.none) }
    for id in learners.sorted() where voters.contains(id) || outgoingVoters.contains(id) { throw .inconsistent(id) }
    for id in nextLearners.sorted() {
      if !outgoingVoters.contains(id) || voters.contains(id) || learners.contains(id) { throw .inconsistent(id) }
    }
    if !isJoint && autoLeave { throw .notJoint }
  }
}
