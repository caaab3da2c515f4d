// swift-tools-version: 6.1
import PackageDescription

// Its own package, so that the server does not depend on HTTP/2 because of a comparison.
let package = Package(
  name: "peer-protocol",
  dependencies: [
    .package(name: "roost", path: "../.."),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
  ],
  targets: [
    .executableTarget(
      name: "PeerProtocol",
      dependencies: [
        .product(name: "RoostTransport", package: "roost"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHPACK", package: "swift-nio-http2"),
        .product(name: "NIOHTTP2", package: "swift-nio-http2"),
      ],
      swiftSettings: [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
      ])
  ]
)
