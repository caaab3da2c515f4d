import Foundation

/// Plays seeds one after the other until one of them shows that something is wrong.
///
/// Usage: PROGRAM SIMULATOR FIRST LAST
///
/// Prints `seed N` before each seed and, when something complains, `found: what` and ends. A broken invariant of the
/// code itself ends the process, which is as good: the seed is the last one printed, the reason is on standard error.
///
/// - Parameter complaint: plays one seed; what it complains of first, if it does.
public func playSeeds(_ complaint: (_ simulator: String, _ seed: UInt64) -> String?) {
  let arguments = CommandLine.arguments
  guard arguments.count == 4, let first = UInt64(arguments[2]), let last = UInt64(arguments[3]), first <= last else {
    refuse("usage: \(arguments[0]) SIMULATOR FIRST LAST")
  }
  for seed in first...last {
    say("seed \(seed)")
    if let complaint = complaint(arguments[1], seed) {
      say("found: \(complaint)")
      break
    }
  }
}

/// Ends the process because it can't be used so.
public func refuse(_ reason: String) -> Never {
  say("harness: \(reason)", to: .standardError)
  exit(2)
}

/// Written at once: what is said last before a trap counts.
private func say(_ line: String, to handle: FileHandle = .standardOutput) { handle.write(Data((line + "\n").utf8)) }
