// Plays seeds one after the other until one of them shows that something is wrong.
//
// Usage: harness SIMULATOR FIRST LAST        SIMULATOR is `cluster`, `nodes` or a `CoreProfile`
//
// Prints `seed N` before each seed and, when something complains, `found: what` and ends. A broken invariant of the
// code itself ends the process, which is as good: the seed is the last one printed, the reason is on standard error.

import Foundation
import RoostClusterSimulation

/// Written at once: what is said last before a trap counts.
func say(_ line: String, to handle: FileHandle = .standardOutput) { handle.write(Data((line + "\n").utf8)) }

func refuse(_ reason: String) -> Never {
  say("harness: \(reason)", to: .standardError)
  exit(2)
}

func complaint(of simulator: String, seed: UInt64) -> String? {
  if simulator == "cluster" { return ClusterRun(ClusterPlan(seed: seed)).complaints.first }
  if simulator == "nodes" { return NodeRun(seed: seed).violations.first }
  guard let profile = CoreProfile(rawValue: simulator) else { refuse("there is no simulator \(simulator)") }
  return profile.complaint(seed: seed)
}

let arguments = CommandLine.arguments
guard arguments.count == 4, let first = UInt64(arguments[2]), let last = UInt64(arguments[3]), first <= last else {
  refuse("usage: harness SIMULATOR FIRST LAST")
}
for seed in first...last {
  say("seed \(seed)")
  if let complaint = complaint(of: arguments[1], seed: seed) {
    say("found: \(complaint)")
    break
  }
}
