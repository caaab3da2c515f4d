// swift-tools-version: 6.1
import Foundation
import PackageDescription

// The house. Floors from the ground up; a module may depend only on modules declared before it: those of the floors
// below and the earlier ones of its own. The manifest stops with a message where that is broken, and `make lint`
// checks that every import is declared here.
let house: [Floor] = [
  Floor(
    "Cores",
    [
      Module("Base"),
      Module("Raft", on: ["Base"]),
      Module("Membership", on: ["Base"]),
    ]),
  Floor(
    "Ground",
    [
      .systemLibrary("CRocksDB", apt: ["librocksdb-dev"], brew: ["rocksdb"]),
      Module("Platform", on: ["Base"]),
      Module("Storage", on: ["Base", "Raft", "Platform", "CRocksDB"]),
      Module("Transport", on: ["Base", "Platform"], using: [.crypto, .nioCore, .nioPosix]),
      Module("Simulation", on: ["Base", "Platform"]),
    ]),
  Floor(
    "Database",
    [
      Module("Store", on: ["Base", "Raft", "Membership", "Platform", "Storage"]),
      Module(
        "Cluster", on: ["Base", "Raft", "Membership", "Platform", "Storage", "Transport", "Store"],
        using: [.nioCore, .nioPosix]),
      Module(
        "ClusterSimulation",
        on: ["Base", "Raft", "Membership", "Platform", "Storage", "Simulation", "Store", "Cluster"]),
    ]),
  Floor(
    "Layers",
    [
      Module("Relational", on: ["Base", "Platform"]),
      Module("SQL", on: ["Base", "Platform", "Store", "Relational"]),
      Module(
        "SQLSimulation",
        on: ["Base", "Platform", "Simulation", "Store", "ClusterSimulation", "Relational", "SQL"]),
    ]),
  Floor(
    "Surfaces",
    [
      Module("PostgresWire", on: ["Base", "Platform", "Relational", "SQL"], using: [.nioCore, .nioPosix]),
      Module("PostgresClient", using: [.nioCore, .nioPosix]),
      .executable(
        "Command",
        on: [
          "Base", "Platform", "Simulation", "Transport", "Store", "ClusterSimulation", "Cluster", "Relational", "SQL",
          "SQLSimulation", "PostgresWire", "PostgresClient",
        ], using: [.argumentParser, .histogram, .logging, .nioCore, .nioPosix]),
    ]),
]

/// Test targets mirror the modules (`Tests/RaftTests` tests `Raft`) and may stand on any floor.
let tests: [Module] = [
  .tests("Base", on: ["Base"]),
  .tests("Raft", on: ["Base", "Raft"], excluding: ["Scripts"]),
  .tests("Membership", on: ["Base", "Membership"]),
  .tests("Platform", on: ["Platform"]),
  .tests("Storage", on: ["Base", "Raft", "Platform", "Storage"]),
  .tests("Transport", on: ["Base", "Platform", "Transport"], using: [.crypto, .nioCore, .nioPosix]),
  .tests(
    "Simulation",
    on: [
      "Base", "Raft", "Membership", "Platform", "Storage", "Simulation", "Store", "Cluster", "ClusterSimulation",
      "Relational", "SQL", "SQLSimulation",
    ]),
  .tests("Store", on: ["Base", "Raft", "Membership", "Platform", "Storage", "Store"]),
  .tests(
    "Cluster", on: ["Base", "Raft", "Membership", "Platform", "Storage", "Transport", "Store", "Cluster"],
    using: [.nioCore, .nioPosix]),
  .tests("Relational", on: ["Platform", "Store", "Relational"]),
  .tests("SQL", on: ["Platform", "Store", "Relational", "SQL"]),
  .tests(
    "PostgresWire", on: ["Base", "Platform", "Store", "Relational", "SQL", "PostgresWire"],
    using: [.nioCore, .nioPosix]),
  .tests(
    "PostgresClient", on: ["Base", "Platform", "Store", "SQL", "PostgresWire", "PostgresClient"],
    using: [.nioCore, .nioPosix]),
  .tests(
    "Command", on: ["Base", "Raft", "Platform", "Transport", "Cluster", "Command"], using: [.argumentParser, .logging]),
  .tests(
    "Process",
    on: [
      "Base", "Raft", "Membership", "Platform", "Transport", "Simulation", "Store", "Cluster", "PostgresClient",
      "Command",
    ], using: [.nioCore, .nioPosix]),
]

let package = Package(
  name: "roost",
  products: [
    .executable(name: "roost", targets: ["RoostCommand"]),
    .library(name: "RoostRaft", targets: ["RoostBase", "RoostRaft"]),
    // For Benchmarks/PeerProtocol.
    .library(name: "RoostTransport", targets: ["RoostBase", "RoostPlatform", "RoostTransport"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
  ],
  targets: targets(of: house) + tests.map { $0.target(in: "Tests") }
)

// MARK: - How the house is put together

extension Target.Dependency {
  static var argumentParser: Self { .product(name: "ArgumentParser", package: "swift-argument-parser") }
  static var nioCore: Self { .product(name: "NIOCore", package: "swift-nio") }
  static var nioPosix: Self { .product(name: "NIOPosix", package: "swift-nio") }
  static var crypto: Self { .product(name: "Crypto", package: "swift-crypto") }
  static var logging: Self { .product(name: "Logging", package: "swift-log") }
  static var histogram: Self { .product(name: "Histogram", package: "hdrhistogram-swift") }
}

/// One storey: `Sources/NAME` holds the folders of its modules, in the order in which they may use one another.
struct Floor {
  var name: String
  var modules: [Module]

  init(_ name: String, _ modules: [Module]) {
    self.name = name
    self.modules = modules
  }
}

/// One module. Its folder is `FLOOR/NAME`; its target is `RoostNAME`, since target names are unique over a user's
/// whole graph.
struct Module {
  enum Kind { case library, executable, test, system(providers: [SystemPackageProvider]) }

  var name: String
  var kind = Kind.library
  /// Names of the modules it stands on.
  var supports: [String]
  /// Products of other packages.
  var products: [Target.Dependency]
  var excluded: [String] = []

  init(_ name: String, on supports: [String] = [], using products: [Target.Dependency] = []) {
    self.name = name
    self.supports = supports
    self.products = products
  }

  static func executable(_ name: String, on supports: [String], using products: [Target.Dependency] = []) -> Module {
    var module = Module(name, on: supports, using: products)
    module.kind = .executable
    return module
  }

  static func systemLibrary(_ name: String, apt: [String], brew: [String]) -> Module {
    var module = Module(name)
    module.kind = .system(providers: [.apt(apt), .brew(brew)])
    return module
  }

  static func tests(
    _ name: String, on supports: [String], using products: [Target.Dependency] = [], excluding excluded: [String] = []
  ) -> Module {
    var module = Module(name + "Tests", on: supports, using: products)
    module.kind = .test
    module.excluded = excluded
    return module
  }

  /// Every target is built by the same rules.
  static var swiftSettings: [SwiftSetting] {
    [
      .swiftLanguageMode(.v6),
      .enableUpcomingFeature("ExistentialAny"),
      .enableUpcomingFeature("MemberImportVisibility"),
      .enableUpcomingFeature("InternalImportsByDefault"),
    ]
  }

  /// C modules keep their own name: they are what the system calls them.
  static func targetName(_ module: String) -> String { module == "CRocksDB" ? module : "Roost" + module }

  func target(in folder: String) -> Target {
    let path = folder + "/" + name
    let dependencies = supports.map { Target.Dependency.byName(name: Module.targetName($0)) } + products
    switch kind {
    case .library:
      return .target(
        name: Module.targetName(name), dependencies: dependencies, path: path, exclude: excluded,
        swiftSettings: Module.swiftSettings)
    case .executable:
      return .executableTarget(
        name: Module.targetName(name), dependencies: dependencies, path: path, exclude: excluded,
        swiftSettings: Module.swiftSettings)
    case .test:
      return .testTarget(
        name: name, dependencies: dependencies, path: path, exclude: excluded, swiftSettings: Module.swiftSettings)
    case .system(let providers):
      return .systemLibrary(name: Module.targetName(name), path: path, providers: providers)
    }
  }
}

/// Turns the floors into targets, and refuses a module that stands on one declared above or after it.
func targets(of house: [Floor]) -> [Target] {
  var declared: Set<String> = []
  var targets: [Target] = []
  for floor in house {
    for module in floor.modules {
      for support in module.supports where !declared.contains(support) {
        refuse(
          "\(floor.name)/\(module.name) may not stand on \(support): that is neither a module of a lower floor nor an "
            + "earlier one of its own")
      }
      if !declared.insert(module.name).inserted { refuse("\(floor.name)/\(module.name) is declared twice") }
      targets.append(module.target(in: "Sources/" + floor.name))
    }
  }
  return targets
}

func refuse(_ reason: String) -> Never {
  print("Package.swift: " + reason)
  exit(1)
}
