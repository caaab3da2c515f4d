import RoostBase
import RoostPlatform

/// Decides when which groups write what is decided in them into the state engine.
///
/// Who waits for a commit hears of it as soon as it is decided; the state follows a little later, and for all groups
/// together: what came within a few milliseconds is one batch, with one record for each group. Nobody sees the
/// difference, for before a view is opened what is decided in its group is applied; whoever takes one that was opened earlier
/// (``ViewsAtHand``) has it validated. A bulk commit that unfolds keeps it from
/// that, and a state engine without room: then linearizable reads wait, and stale ones see what was applied before; without
/// room writes are refused as soon as the disk is looked at.
///
/// A record of a group costs as much as an entry, so every group waits up to fifty milliseconds for more. But what
/// gathered over that time, written at once, would keep everybody waiting for milliseconds, on all nodes together: each
/// tick writes its share, as many groups as keep all of them at their fifty milliseconds, while the disks and the peers
/// are busy with what the tick has sent.
///
/// A group that unfolds a bulk commit is served apart, a step at a time with pauses.
///
/// Touched on its loop only; that is what `@unchecked` relies on. It calls ``write`` with nothing of its own being changed.
final class ApplyScheduler<Member: ApplyMember>: @unchecked Sendable {
  private let loop: any Loop
  /// Writes the next step of some members, and says ``blocked(members:)`` if the state engine has no room.
  var write: ([Member]) -> Void = { _ in }

  /// Members that staged something since they were last applied from here, in the order in which they did.
  @exclusivity(unchecked) private var waiting: [Member] = []
  @exclusivity(unchecked) private var bytes = 0
  @exclusivity(unchecked) private var pace = ApplyPace()
  /// The end of the wait, be it for more entries or for room.
  private var timer: (any LoopTimer)?
  @exclusivity(unchecked) private var isScheduled = false
  /// The state engine has no room: everything waits until it has.
  @exclusivity(unchecked) private(set) var isBlocked = false
  private var isStopped = false

  /// How long a decided entry stays out of the state while nobody asks for it.
  private static var delay: Duration { .milliseconds(50) }
  /// What one piece has at least, if so much is due.
  private static var pieceBytes: Int { 32 << 10 }
  /// How much of every group is waited for.
  private static var bytesOfGroup: Int { 8 << 10 }
  /// After the state engine had no room.
  private static var retryInterval: Duration { .milliseconds(200) }

  init(loop: any Loop) { self.loop = loop }

  func stop() {
    isStopped = true
    timer?.cancel()
  }

  /// Takes note that what a member can write as a whole has changed. What comes behind a bulk commit does not count before
  /// that is unfolded.
  func note(_ member: Member) {
    let found = member.wholeStepBytes
    bytes += found - member.applySlot.countedBytes
    member.applySlot.countedBytes = found
    guard !member.applySlot.isWaiting, found > 0 else { return }
    let now = loop.now
    if waiting.isEmpty { pace.begin(at: now) }
    member.applySlot.isWaiting = true
    member.applySlot.since = now
    waiting.append(member)
  }

  /// Arranges that what is staged gets applied; called at the end of a tick.
  func schedule() {
    guard !waiting.isEmpty, !isBlocked, !isScheduled else { return }
    let now = loop.now
    var share = pace.takeShare(of: waiting.count, at: now, delay: Self.delay) { place in
      waiting[place].applySlot.since
    }
    if bytes >= Self.pieceBytes + Self.bytesOfGroup * waiting.count { share = max(share, 1) }
    if share > 0 {
      applySoon(share)
    } else if timer == nil {
      // Nothing else may happen until then.
      timer = loop.schedule(at: now + Self.delay) { [self] in
        timer = nil
        if !isStopped { schedule() }
      }
    }
  }

  private func applySoon(_ count: Int) {
    isScheduled = true
    loop.execute { [self] in
      isScheduled = false
      applyPiece(of: min(count, waiting.count))
    }
  }

  /// Applies what the first of so many groups have staged, and sees to it that the rest of them follow.
  private func applyPiece(of total: Int) {
    guard !isStopped, !isBlocked, total > 0 else { return }
    var count = 0
    var bytes = 0
    while count < total, bytes < Self.pieceBytes {
      waiting[count].applySlot.isWaiting = false
      bytes += waiting[count].wholeStepBytes
      count += 1
    }
    let piece = Array(waiting[..<count])
    waiting.removeFirst(count)
    write(piece)
    guard !isBlocked else { return }
    if count < total { applySoon(total - count) } else { schedule() }
  }

  /// Writes the next step of a member now, because somebody wants to see it. Does nothing while the state engine has no
  /// room.
  func applyNow(_ member: Member) {
    guard !isStopped, !isBlocked else { return }
    write([member])
  }

  // MARK: Steps of bulk commits

  /// Between two steps others get their turn: what a loop is given to execute at once it does before it looks at its
  /// sockets.
  private static var pauseBetweenSteps: Duration { .microseconds(300) }
  private static var longestPauseBetweenSteps: Duration { .milliseconds(3) }
  /// The least while somebody waits for the state.
  private static var shortPauseBetweenSteps: Duration { .microseconds(50) }

  /// Sees to it that a member that unfolds a bulk commit goes on, step by step.
  func continueUnfolding(_ member: Member) {
    guard !member.applySlot.isStepArmed, member.isUnfolding, !member.isSuspended else { return }
    member.applySlot.isStepArmed = true
    // As long again as the last step took, with what kept it waiting: the more there is to do, the more of it is others'.
    let least = member.isStateAwaited ? Self.shortPauseBetweenSteps : Self.pauseBetweenSteps
    loop.schedule(at: loop.now + max(least, min(member.applySlot.lastStep, Self.longestPauseBetweenSteps))) { [self] in
      // While the state engine has no room, it is tried again from elsewhere.
      if !isStopped, !isBlocked, member.isUnfolding {
        let began = loop.now
        write([member])
        member.applySlot.lastStep = loop.now - began
      }
      member.applySlot.isStepArmed = false
      if !isStopped, !isBlocked { continueUnfolding(member) }
    }
  }

  // MARK: Room

  /// The state engine had no room: everything stays staged, in order, and is tried again after a while.
  ///
  /// - Parameter members: all there are, so that those go on which unfold something.
  func blocked(members: @escaping () -> [Member]) {
    isBlocked = true
    timer?.cancel()
    // Called on the loop, as everything here.
    nonisolated(unsafe) let members = members
    timer = loop.schedule(at: loop.now + Self.retryInterval) { [self] in
      timer = nil
      isBlocked = false
      applyPiece(of: waiting.count)
      for member in members() { continueUnfolding(member) }
    }
  }
}

/// What an ``ApplyScheduler`` serves.
protocol ApplyMember: AnyObject, Sendable {
  var applySlot: ApplySlot { get set }
  /// About how many bytes it would write, if it can write all that is decided as one step.
  var wholeStepBytes: Int { get }
  /// Whether it writes in steps because a bulk commit is on its way.
  var isUnfolding: Bool { get }
  /// Whether it takes no steps for now, or for ever.
  var isSuspended: Bool { get }
  /// Whether somebody waits for its state.
  var isStateAwaited: Bool { get }
}

/// Where a member stands with its scheduler, which alone changes it.
struct ApplySlot {
  fileprivate var isWaiting = false
  fileprivate var since = Instant.origin
  fileprivate var countedBytes = 0
  /// Its next step is arranged for.
  fileprivate var isStepArmed = false
  /// How long its last step took.
  fileprivate var lastStep = Duration.zero
}
