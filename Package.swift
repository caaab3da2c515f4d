// swift-tools-version: 6.1
import PackageDescription
let package = Package(name: "roost", targets: [.target(name: "RoostRaft", path: "Sources/Cores/Raft")])
