import ArgumentParser
import Foundation
import NIOCore
import NIOPosix
import RoostCluster
import RoostPlatform
import RoostTransport

/// `roost recover-quorum`: goes on with what is left when a quorum is lost for good.
struct RecoverQuorumCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover-quorum",
    abstract: "UNSAFE: makes one node's data a cluster of its own when a majority is lost for good.",
    discussion: """
      Only for when most nodes of a cluster are gone and will not come back: writes that were acknowledged may be lost.
      Stop the nodes that are left and name their data directories; of several the one that has the most is taken. That
      node becomes the only one of its cluster, and all others are refused from then on, their old directories too. Start
      it as always; new nodes join it with empty directories. A report of what is kept and what may be lost is written as
      JSON, and as text beside it. Refused while any other node answers, or when the directories given make a majority.
      It can be run again at any time.
      """)

  @Option(
    help: ArgumentHelp("The data directory of a stopped node. Give it once for each that is left.", valueName: "DIR"))
  var data: [String]

  @Option(
    help: ArgumentHelp("The cluster's name, as a sign that this is meant. (default: asked for)", valueName: "NAME"))
  var clusterName: String?

  @Option(
    help: ArgumentHelp("Where the report goes. (default: recover-quorum.json in the data directory)", valueName: "FILE")
  )
  var report: String?

  @Option(
    help: ArgumentHelp(
      "The cluster's join secret. (default: ROOST_JOIN_SECRET_FILE, else join-secret in a data directory given)",
      valueName: "FILE"))
  var joinSecretFile: String?

  @Flag(help: "Only print what would be kept and lost.")
  var dryRun = false

  func validate() throws {
    if data.isEmpty { throw ValidationError("name the data directory of at least one stopped node with --data") }
    if clusterName == nil, !dryRun, isatty(STDIN_FILENO) == 0 {
      throw ValidationError("say the cluster's name with --cluster-name NAME, as a sign that this is meant")
    }
  }

  func run() async throws {
    var claims: [DirectoryClaim] = []
    // Held to the end.
    defer { withExtendedLifetime(claims) {} }
    for path in data { claims.append(try DirectoryClaim(path)) }
    let recovery: QuorumRecovery
    do { recovery = try QuorumRecovery(directories: claims.map(\.clusterDirectory)) } catch {
      throw CommandFailure("\(error)")
    }
    let survivor = recovery.survivor
    if !dryRun || clusterName != nil { try check(name: survivor.clusterName) }
    if survivor.isAlone {
      return Terminal.print(
        "\(survivor.name) is the only node of cluster \(survivor.clusterName) already: nothing to do")
    }
    let authentication = try authentication(claims, survivor)
    if let objection = await objection(to: recovery, authentication) {
      throw CommandFailure(objection)
    }

    let now = UInt64(max(0, Date().timeIntervalSince1970 * 1000))
    if dryRun {
      for line in recovery.report(.planned, milliseconds: now).lines { Terminal.print(line) }
      return Terminal.print("nothing was changed")
    }
    if try releaseReserve(of: survivor) {
      Terminal.print("the disk is full: the reserve that was kept for that is given back")
    }
    let chosen = claims.first { $0.clusterDirectory == survivor.directory }?.path ?? survivor.directory
    let file = report ?? chosen + "/recover-quorum.json"
    // Before anything changes: who can't keep the report should not lose what it tells of.
    let planned = recovery.report(.planned, milliseconds: now)
    try save(planned, to: file)
    do { try survivor.goOnAlone(milliseconds: now) } catch { throw CommandFailure("\(error)") }
    var done = planned
    done.state = .done
    try save(done, to: file)
    for line in done.lines { Terminal.print(line) }
    Terminal.print("the report is in \(file) and \(Self.textFile(of: file))")
    Terminal.print("start \(survivor.name) from \(chosen) as always; new nodes join it with empty data directories")
  }

  private func check(name: String) throws {
    let typed: String
    if let clusterName {
      typed = clusterName
    } else {
      Terminal.write("This may lose acknowledged writes. Type the cluster's name to go on: ")
      typed = readLine()?.trimmingCharacters(in: .whitespaces) ?? ""
    }
    guard typed == name else {
      throw CommandFailure("the data belong to cluster \(name), not \"\(typed)\"; nothing was changed")
    }
  }

  private func objection(to recovery: QuorumRecovery, _ authentication: PeerAuthentication) async -> String? {
    let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let objection = await recovery.objection(on: NIOLoop(loops.next()), authentication: authentication) {
      Terminal.print($0)
    }
    try? await loops.shutdownGracefully()
    return objection
  }

  /// What the nodes of the cluster prove to one another, as far as this machine knows.
  private func authentication(
    _ claims: [DirectoryClaim], _ survivor: OfflineNode
  ) throws(CommandFailure) -> PeerAuthentication {
    let environment = ProcessInfo.processInfo.environment
    do throws(JoinSecretFileError) {
      if let file = joinSecretFile ?? environment["ROOST_JOIN_SECRET_FILE"].flatMap({ $0.isEmpty ? nil : $0 }) {
        return .secret(try JoinSecretFile.load(file))
      }
      for claim in claims {
        let file = claim.path + "/" + JoinSecretFile.name
        if FileManager.default.fileExists(atPath: file) { return .secret(try JoinSecretFile.load(file)) }
      }
    } catch {
      throw CommandFailure("\(error); or name a copy with --join-secret-file")
    }
    if environment["ROOST_INSECURE"].flatMap(Bool.init) == true { return .insecure }
    guard let address = PeerAddress(survivor.peerAddress) else { return .withoutSecret }
    return switch LocalNodeRegistry(environment: environment)?.find(address) {
    case .secret(let secret, _): .secret(secret)
    case .insecure: .insecure
    case .unknown, .unusable, nil: .withoutSecret
    }
  }

  private func releaseReserve(of survivor: OfflineNode) throws(CommandFailure) -> Bool {
    do { return try survivor.releaseReserveIfNeeded() } catch { throw CommandFailure("\(error)") }
  }

  private static func textFile(of file: String) -> String {
    (file.hasSuffix(".json") ? String(file.dropLast(5)) : file) + ".txt"
  }

  private func save(_ report: RecoveryReport, to file: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      try (encoder.encode(report) + Data("\n".utf8)).write(to: URL(fileURLWithPath: file), options: .atomic)
      try Data((report.lines.joined(separator: "\n") + "\n").utf8).write(
        to: URL(fileURLWithPath: Self.textFile(of: file)), options: .atomic)
    } catch {
      throw CommandFailure("cannot write the report \(file): \(SystemError.reason(error)); name another with --report")
    }
  }
}

/// A stopped node's data directory, claimed as the node itself would. Ended with its owner.
private final class DirectoryClaim {
  let path: String
  /// Where `identity.json` is.
  let clusterDirectory: String
  private var claim: DataDirectory?

  init(_ path: String) throws(CommandFailure) {
    self.path = path
    let manager = FileManager.default
    if manager.fileExists(atPath: path + "/cluster/identity.json") {
      clusterDirectory = path + "/cluster"
      claim = try DataDirectory.claim(path, content: "cluster")
    } else if manager.fileExists(atPath: path + "/identity.json") {
      // The node keeps its share of the cluster elsewhere (cluster.data_dir); that has a lock of its own.
      clusterDirectory = path
      claim = nil
    } else {
      throw CommandFailure("\(path) is no data directory of a node: it has no cluster/identity.json")
    }
  }

  deinit { claim.take()?.release() }
}
