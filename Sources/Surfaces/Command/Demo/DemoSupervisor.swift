import Foundation

/// The parent of a demo cluster's nodes, each a real process.
///
/// One thread waits for everything there is to wait for: signals, and the sockets to the children. A node tells that it
/// is ready on its socket; the socket's end is the node's end. A node that dies is reported and left dead, for people
/// to see what the others do without it. The supervisor's own end, however it comes, ends the nodes.
///
/// A node's directory may also be in the hands of a process that somebody started otherwise, before the demo or to
/// replace a node that died. Such a node counts as running, and is its owner's to stop; the claim on the directory tells
/// of it, so these directories are looked at from time to time.
struct DemoSupervisor {
  /// How the demo ended.
  enum Outcome: Equatable { case stopped, failed }

  private struct Member {
    enum State {
      case gone
      case child(ChildProcess, isReady: Bool)
      /// A process that is none of this one's children.
      case startedByHand(pid_t)
    }

    var node: DemoPlan.Node
    var state = State.gone

    var child: ChildProcess? { if case .child(let child, _) = state { child } else { nil } }

    var isReady: Bool {
      switch state {
      case .gone: false
      case .child(_, let isReady): isReady
      case .startedByHand: true
      }
    }

    var isGone: Bool { if case .gone = state { true } else { false } }

    var processID: pid_t? {
      switch state {
      case .gone: nil
      case .child(let child, _): child.id
      case .startedByHand(let id): id
      }
    }
  }

  private enum Event {
    case signal(Int32)
    case ready(Int)
    case ended(Int, ChildProcess.Exit)
    /// Somebody started or ended a node by hand.
    case startedByHand(Int, pid_t)
    case endedByHand(Int, pid_t)
    case loaderEnded(ChildProcess.Exit)
    case nothing
  }

  private static let startLimit = Duration.seconds(120)
  private static let stopLimit = Duration.seconds(10)
  private static let lookInterval = Duration.milliseconds(500)

  private let plan: DemoPlan
  private let executable: String
  private let signals: SignalWatch
  private var directory: DemoDirectory
  private var members: [Member]
  private var loader: ChildProcess?

  init(plan: DemoPlan, directory: DemoDirectory, signals: SignalWatch) throws(CommandFailure) {
    self.plan = plan
    self.directory = directory
    self.signals = signals
    executable = try ChildProcess.ownExecutable()
    members = plan.nodes.map { Member(node: $0) }
  }

  /// Starts the nodes, loads `script` into a cluster that does not have it yet, and stays until a signal comes.
  mutating func run(loading script: String?) throws -> Outcome {
    do {
      guard try startAll(), try load(script) else { return stopAll() }
      announce()
      return try watch()
    } catch {
      _ = stopAll()
      throw error
    }
  }

  // MARK: - Stages

  /// False when a signal came first.
  private mutating func startAll() throws -> Bool {
    for position in members.indices {
      let node = members[position].node
      if let process = DirectoryOwner.process(of: node.directory) {
        members[position].state = .startedByHand(process)
        Terminal.tell("\(node.name) runs already: process \(process), SQL port \(node.ports.sql)")
        continue
      }
      do {
        try FileManager.default.createDirectory(atPath: node.directory, withIntermediateDirectories: true)
      } catch {
        throw CommandFailure("cannot make \(node.directory): \(SystemError.reason(error))")
      }
      let child = try ChildProcess.start(
        executable: executable,
        arguments: plan.startArguments(of: node) + ["--supervisor", String(ChildProcess.supervisorDescriptor)],
        log: Self.log(of: node))
      members[position].state = .child(child, isReady: false)
      Terminal.tell("starting \(node.name): SQL port \(node.ports.sql), data in \(node.directory)")
    }
    let deadline = ContinuousClock.now + Self.startLimit
    while !members.allSatisfy(\.isReady) {
      switch nextEvent(before: deadline) {
      case .signal: return false
      case .ended(let position, let exit): throw endedEarly(members[position].node, exit)
      case .endedByHand(let position, let process):
        throw CommandFailure("\(members[position].node.name) (process \(process)) ended before the cluster was ready")
      case .ready, .loaderEnded, .startedByHand: break
      case .nothing:
        guard let late = members.first(where: { !$0.isReady }) else { break }
        throw CommandFailure(
          "\(late.node.name) is not ready after \(DurationText.format(Self.startLimit)); "
            + "its log is \(Self.log(of: late.node))")
      }
    }
    return true
  }

  /// False when a signal came first.
  private mutating func load(_ script: String?) throws -> Bool {
    guard let script, let first = plan.nodes.first else { return true }
    let name = URL(fileURLWithPath: script).lastPathComponent
    guard !directory.hasLoaded(name) else { return true }
    Terminal.tell("loading \(script)")
    let log = plan.directory + "/load.log"
    loader = try ChildProcess.start(
      executable: executable,
      arguments: ["sql", "--host", plan.host, "--port", String(first.ports.sql), "-f", script], log: log)
    while loader != nil {
      switch nextEvent(before: nil) {
      case .signal: return false
      case .ended(let position, let exit): throw endedEarly(members[position].node, exit)
      case .loaderEnded(.status(0)): try directory.noteLoaded(name)
      case .loaderEnded:
        throw CommandFailure("\(script) could not be loaded:\n\(Self.tail(of: log))")
      case .startedByHand(let position, let process): greet(position, process)
      case .endedByHand(let position, let process): try takeLeave(of: position, process)
      case .ready, .nothing: break
      }
    }
    return true
  }

  private func announce() {
    var table = TextTable([("node", .left), ("SQL address", .left), ("process", .right), ("data", .left)])
    for member in members {
      guard let process = member.processID else { continue }
      table.append([
        member.node.name, "\(plan.host):\(member.node.ports.sql)", String(process), member.node.directory,
      ])
    }
    Terminal.tell("ready: \(members.count) node\(members.count == 1 ? "" : "s")")
    for line in table.lines { Terminal.tell("  " + line) }
    let port = plan.nodes.first?.ports.sql ?? 0
    Terminal.tell("connect to any of them:  psql -h \(plan.host) -p \(port) -U roost roost")
    Terminal.tell("look at the cluster:     \(executable) status --port \(port)")
    if plan.isInsecure { Terminal.tell("insecure: whoever connects to a peer port is believed (--insecure)") }
    Terminal.tell("Ctrl-C stops all nodes.")
  }

  private mutating func watch() throws -> Outcome {
    while true {
      switch nextEvent(before: nil) {
      case .signal: return stopAll()
      case .ended(let position, let exit):
        let node = members[position].node
        Terminal.tell("\(node.name) is gone: \(exit). The others go on; its log is \(Self.log(of: node)).")
        let words = [executable] + plan.startArguments(of: node)
        Terminal.tell("start it again with:  \(words.joined(separator: " "))")
        try lookWhetherAnyIsLeft()
      case .startedByHand(let position, let process): greet(position, process)
      case .endedByHand(let position, let process): try takeLeave(of: position, process)
      case .ready, .loaderEnded, .nothing: break
      }
    }
  }

  private func greet(_ position: Int, _ process: pid_t) {
    Terminal.tell(
      "\(members[position].node.name) runs again: process \(process), started by hand, so it is yours to stop")
  }

  private mutating func takeLeave(of position: Int, _ process: pid_t) throws(CommandFailure) {
    Terminal.tell("\(members[position].node.name) is gone: process \(process), started by hand, has ended")
    try lookWhetherAnyIsLeft()
  }

  private mutating func lookWhetherAnyIsLeft() throws(CommandFailure) {
    guard members.allSatisfy(\.isGone) else { return }
    // One that was started by hand a moment ago is not known yet.
    if case .startedByHand(let position, let process)? = lookAround() { return greet(position, process) }
    throw CommandFailure("no node is left")
  }

  /// Asks every node to stop, waits for them, and kills those that do not stop in time, or at once at a second signal.
  private mutating func stopAll() -> Outcome {
    loader?.signal(SIGTERM)
    for member in members {
      guard case .startedByHand(let process) = member.state else { continue }
      Terminal.tell("\(member.node.name) (process \(process)) was started by hand and goes on")
    }
    let running = members.filter { $0.child != nil }
    if !running.isEmpty { Terminal.tell("stopping \(running.map(\.node.name).joined(separator: ", "))") }
    for member in running { member.child?.signal(SIGTERM) }
    let deadline = ContinuousClock.now + Self.stopLimit
    var outcome = Outcome.stopped
    var isKilling = false
    while loader != nil || members.contains(where: { $0.child != nil }) {
      switch nextEvent(before: isKilling ? nil : deadline) {
      case .ended(let position, let exit) where exit != .status(0):
        Terminal.complain("\(members[position].node.name) did not stop cleanly: \(exit)")
        outcome = .failed
      case .signal, .nothing:
        isKilling = true
        loader?.signal(SIGKILL)
        for member in members { member.child?.signal(SIGKILL) }
      case .ended, .ready, .loaderEnded, .startedByHand, .endedByHand: break
      }
    }
    if outcome == .stopped { Terminal.tell("stopped") }
    return outcome
  }

  // MARK: - Waiting

  /// The next thing that happens; `nothing` when the deadline passes first.
  private mutating func nextEvent(before deadline: ContinuousClock.Instant?) -> Event {
    while true {
      let waiting = members.indices.filter { members[$0].child != nil }
      var descriptors = [signals.descriptor] + waiting.compactMap { members[$0].child?.supervisor.number }
      if let loader { descriptors.append(loader.supervisor.number) }
      let left = deadline.map { $0 - ContinuousClock.now }
      // Nothing tells of processes that are no children, so their directories are looked at.
      let look = members.contains { $0.child == nil } ? Self.lookInterval : nil
      let readable = Readiness.wait(for: descriptors, timeout: [left, look].compactMap { $0 }.min())
      guard let which = readable.first else {
        if let event = lookAround() { return event }
        if let deadline, ContinuousClock.now >= deadline { return .nothing }
        continue
      }
      if which == 0 {
        // The terminal may go; the cluster stays until somebody asks for its end.
        if let number = signals.next(), number != SIGHUP { return .signal(number) }
      } else if which <= waiting.count {
        if let event = readChild(waiting[which - 1]) { return event }
      } else if let child = loader, child.supervisor.read(atMost: 64)?.isEmpty == true {
        loader = nil
        return .loaderEnded(child.collect())
      }
    }
  }

  private mutating func readChild(_ position: Int) -> Event? {
    guard let child = members[position].child, let bytes = child.supervisor.read(atMost: 64) else { return nil }
    if bytes.isEmpty {
      members[position].state = .gone
      return .ended(position, child.collect())
    }
    members[position].state = .child(child, isReady: true)
    return .ready(position)
  }

  /// A node that somebody started or ended by hand since it was looked for.
  private mutating func lookAround() -> Event? {
    for position in members.indices {
      let member = members[position]
      switch member.state {
      case .child: continue
      case .gone:
        guard let process = DirectoryOwner.process(of: member.node.directory) else { continue }
        members[position].state = .startedByHand(process)
        return .startedByHand(position, process)
      case .startedByHand(let process):
        guard DirectoryOwner.process(of: member.node.directory) == nil else { continue }
        members[position].state = .gone
        return .endedByHand(position, process)
      }
    }
    return nil
  }

  // MARK: - Logs

  private static func log(of node: DemoPlan.Node) -> String { node.directory + "/roost.log" }

  private func endedEarly(_ node: DemoPlan.Node, _ exit: ChildProcess.Exit) -> CommandFailure {
    CommandFailure("\(node.name) is gone before the cluster was ready: \(exit)\n\(Self.tail(of: Self.log(of: node)))")
  }

  /// The last lines of a log, which most often say what went wrong.
  private static func tail(of file: String) -> String {
    guard let handle = FileHandle(forReadingAtPath: file) else { return "\(file) cannot be read" }
    defer { try? handle.close() }
    let size = (try? handle.seekToEnd()) ?? 0
    try? handle.seek(toOffset: size > 4096 ? size - 4096 : 0)
    let data = (try? handle.readToEnd()) ?? nil
    let lines = String(decoding: data ?? Data(), as: UTF8.self).split(separator: "\n").suffix(5)
    return (lines.map { "  " + $0 } + ["  (\(file))"]).joined(separator: "\n")
  }
}
