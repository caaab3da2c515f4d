// The simulators are `cluster`, `nodes` and those of `CoreProfile`.

import Playing
import RoostClusterSimulation

playSeeds { simulator, seed in
  if simulator == "cluster" { return ClusterRun(ClusterPlan(seed: seed)).complaints.first }
  if simulator == "nodes" { return NodeRun(seed: seed).violations.first }
  guard let profile = CoreProfile(rawValue: simulator) else { refuse("there is no simulator \(simulator)") }
  return profile.complaint(seed: seed)
}
