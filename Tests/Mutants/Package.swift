// swift-tools-version: 6.1
import PackageDescription

// What a planted bug is looked for with: the modules that a simulated cluster is made of, without the network library,
// SQL and the surfaces, and the harness. `Scripts/run-mutants.sh` puts this file into the root of its copy of the tree.

/// In the order in which they may use one another. Each may use all before it; which ones it does use is checked where
/// the whole house is built.
let floors: [(floor: String, modules: [String])] = [
  ("Cores", ["Raft", "Membership"]),
  ("Ground", ["CRocksDB", "Platform", "Storage", "Simulation"]),
  ("Database", ["Store", "ClusterSimulation"]),
]

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

var targets: [Target] = []
for (floor, modules) in floors {
  for module in modules {
    let path = "Sources/\(floor)/\(module)"
    if module == "CRocksDB" {
      targets.append(.systemLibrary(name: module, path: path))
    } else {
      let dependencies = targets.map { Target.Dependency.byName(name: $0.name) }
      targets.append(
        .target(name: "Roost" + module, dependencies: dependencies, path: path, swiftSettings: settings))
    }
  }
}
targets.append(
  .executableTarget(
    name: "harness", dependencies: targets.map { .byName(name: $0.name) }, path: "Harness", swiftSettings: settings))

let package = Package(name: "mutants", targets: targets)
