// swift-tools-version: 6.1
import PackageDescription

// What a planted bug is looked for with: the modules that a simulated cluster is made of, without the surfaces, and the
// harnesses: one without SQL, which is built for most, and one with it. `Scripts/run-mutants.sh` puts this file into the
// root of its copy of the tree.

/// In the order in which they may use one another. Each may use all before it; which ones it does use is checked where
/// the whole house is built.
let floors: [(floor: String, modules: [String])] = [
  ("Cores", ["Base", "Raft", "Membership"]),
  ("Ground", ["CRocksDB", "Platform", "Storage", "Transport", "Simulation"]),
  ("Database", ["Store", "Cluster", "ClusterSimulation"]),
  ("Layers", ["Relational", "SQL", "SQLSimulation"]),
]

let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
]
/// What some of them take from other packages.
let products: [String: [Target.Dependency]] = [
  "Transport": nio + [.product(name: "Crypto", package: "swift-crypto")], "Cluster": nio,
]

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

var targets: [Target] = [.target(name: "Playing", path: "Playing", swiftSettings: settings)]
/// What the harness without SQL stands on.
var ground: [Target.Dependency] = []
for (floor, modules) in floors {
  if floor == "Layers" { ground = targets.map { .byName(name: $0.name) } }
  for module in modules {
    let path = "Sources/\(floor)/\(module)"
    if module == "CRocksDB" {
      targets.append(.systemLibrary(name: module, path: path))
    } else {
      let dependencies = targets.map { Target.Dependency.byName(name: $0.name) } + products[module, default: []]
      targets.append(
        .target(name: "Roost" + module, dependencies: dependencies, path: path, swiftSettings: settings))
    }
  }
}
targets += [
  .executableTarget(name: "harness", dependencies: ground, path: "Harness", swiftSettings: settings),
  .executableTarget(
    name: "sql-harness", dependencies: targets.map { .byName(name: $0.name) }, path: "SQLHarness",
    swiftSettings: settings),
]

let package = Package(
  name: "mutants",
  dependencies: [
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
  ], targets: targets)
