import RoostBase
import RoostPlatform
import Synchronization

/// The newest view that was opened of each group, for whoever can do with one that is a little old: given out without a hop to
/// the host's loop, and without writing first what is decided and waits for the state engine.
///
/// The loop puts them in and takes them out; any thread may take one.
final class ViewsAtHand: Sendable {
  /// Where nothing is written a view stays true, but must not grow old.
  static let lifetime = Duration.seconds(1)

  private let views = Mutex<[GroupID: EngineReadView]>([:])

  func replace(_ view: EngineReadView?, of group: GroupID) {
    // The one before is let go of outside, with its snapshot and cursors: nobody waits for that.
    _ = views.withLock { views in
      let before = views[group]
      views[group] = view
      return before
    }
  }

  /// - Returns: nil if there is none that is young enough.
  func view(of group: GroupID, now: Instant) -> EngineReadView? {
    guard let view = views.withLock({ $0[group] }), view.openedAt + ViewsAtHand.lifetime > now, !view.isTooOld else {
      return nil
    }
    return view
  }
}
