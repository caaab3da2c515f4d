// The simulator is `sql`: whole nodes with SQL sessions. A program of its own, since SQL takes long to build.

import Playing
import RoostClusterSimulation
import RoostSQLSimulation

playSeeds { _, seed in
  NodeRun(seed: seed, keySpaces: SQLWorkload.keySpaces) { SQLWorkload($0) }.violations.first
}
