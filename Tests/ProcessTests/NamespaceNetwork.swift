import Foundation

/// A network of its own for each node: namespaces joined by a bridge, on which the tests stand too. What a node hears
/// from another can be cut without the other noticing anything but silence.
final class NamespaceNetwork {
  private let tag: String
  private let bridge: String
  private let subnet: String
  private let count: Int

  /// Fails where the machine does not allow it; see ``SystemTools/canCutNetworks``.
  init(nodes count: Int) throws {
    self.count = count
    var generator = SystemRandomNumberGenerator()
    tag = "rp\(UInt32.random(in: 0..<0xFFFF, using: &generator))"
    bridge = tag + "b"
    subnet = "10.\(UInt8.random(in: 64...127, using: &generator)).\(UInt8.random(in: 1...254, using: &generator))"
    try must("ip", "link", "add", bridge, "type", "bridge")
    try must("ip", "addr", "add", "\(subnet).254/24", "dev", bridge)
    try must("ip", "link", "set", bridge, "up")
    for node in 1...count {
      try must("ip", "netns", "add", name(node))
      try must("ip", "link", "add", link(node), "type", "veth", "peer", "name", "eth0", "netns", name(node))
      try must("ip", "link", "set", link(node), "master", bridge)
      try must("ip", "link", "set", link(node), "up")
      try must("ip", "-n", name(node), "addr", "add", "\(address(node))/24", "dev", "eth0")
      try must("ip", "-n", name(node), "link", "set", "eth0", "up")
      try must("ip", "-n", name(node), "link", "set", "lo", "up")
    }
  }

  deinit { end() }

  func address(_ node: Int) -> String { "\(subnet).\(node)" }
  func launch(_ node: Int) -> NodeCluster.Launch {
    NodeCluster.Launch(runner: ["ip", "netns", "exec", name(node)], host: address(node))
  }

  /// From now on `node` hears nothing from the others; they go on hearing it.
  func deafen(_ node: Int, to others: [Int]) throws {
    for other in others {
      try must(
        "ip", "netns", "exec", name(node), "iptables", "-A", "INPUT", "-s", address(other), "-j", "DROP")
    }
  }

  func heal() throws {
    for node in 1...count { try must("ip", "netns", "exec", name(node), "iptables", "-F", "INPUT") }
  }

  func end() {
    for node in 1...count { SystemTools.run("ip", "netns", "del", name(node)) }
    // The ends of the links in the namespaces go with these; those left here go with them.
    SystemTools.run("ip", "link", "del", bridge)
  }

  private func name(_ node: Int) -> String { "\(tag)n\(node)" }
  private func link(_ node: Int) -> String { "\(tag)v\(node)" }

  private func must(_ words: String...) throws {
    let arguments = words
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    let pipe = Pipe()
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw DemoCluster.Failure(description: "\(arguments.joined(separator: " ")): \(text)")
    }
  }
}
