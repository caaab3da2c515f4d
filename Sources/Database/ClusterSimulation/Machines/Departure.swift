import RoostSimulation

/// Which ends of processes are right: those that follow from what was done to their machines. All others are mistakes.
///
/// | what was done | why a process may end by itself |
/// |---|---|
/// | a sync failed | it can't sync, whatever file |
/// | the disk was full | it can't start for want of room |
/// | an old copy of the disk was put back, or the disk was damaged | others refuse it, or it lacks what a leader counts on |
/// | the disk was damaged | it can't start, or can't read something |
struct Departure {
  var reason: String
  /// Whether the disk was put back to an old copy, or was found to be damaged when the process began.
  var isForgetful: Bool

  private static let startFailure = "it can't start: "

  init(_ reason: String, isForgetful: Bool) {
    self.reason = reason
    self.isForgetful = isForgetful
  }

  /// The reason why a process could not begin.
  static func notStarted(because error: any Error) -> String { startFailure + "\(error)" }

  /// Whether the disk did not do what it was asked to.
  func isFailure(of medium: DiskMedium) -> Bool {
    medium.hasFailedSync && reason.contains("cannot sync ")
      || medium.hasRunFull && reason.hasPrefix(Departure.startFailure) && reason.contains("No space left on device")
  }

  /// Whether the disk does not hold what it held.
  func isLoss(of medium: DiskMedium) -> Bool {
    guard isForgetful || medium.isDamaged else { return false }
    if reason.contains("refuses this node") || reason.contains("which this node had acknowledged") { return true }
    return medium.isDamaged && (reason.hasPrefix(Departure.startFailure) || reason.contains("is corrupt at"))
  }
}
