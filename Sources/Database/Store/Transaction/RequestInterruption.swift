/// Ends the wait for the store from outside, as a statement's time limit or a lost client does.
///
/// A request that is interrupted fails at once: with ``StoreError/cancelled`` if it certainly changes nothing, now or
/// later; with ``StoreError/unknownOutcome`` if it was proposed and may still be committed.
public protocol RequestInterruption: AnyObject, Sendable {
  /// Has `wake` called, from any thread, when the wait has to end; at once if it already has to. nil takes that back.
  /// There is one wait at a time.
  func onCancel(_ wake: (@Sendable () -> Void)?)
}
