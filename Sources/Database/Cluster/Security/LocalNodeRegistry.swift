import Foundation
public import RoostPlatform
public import RoostTransport
import Synchronization

/// The nodes that a user runs on this machine, and where each keeps its join secret: so that nodes and commands of the
/// same user find it by themselves, as with PostgreSQL's peer authentication or Erlang's cookie.
///
/// ```
/// $XDG_STATE_HOME/roost/nodes/   or   ~/.local/state/roost/nodes/       mode 0700
///   hosts/10.0.0.1:7432                    {"secret_file": "/var/lib/roost/join-secret", …}
///   HOST.4026531840/127.0.0.1:7432         loopback means something else in every network namespace
/// ```
/// The file of an address is locked as long as its node runs; a lock ends with its process however that ends. Who may
/// read the folder may read the secret files anyway: nothing in it is secret, but who could write it could lead others
/// astray. So it has to belong to the user alone.
public struct LocalNodeRegistry: Sendable {
  /// What is known of the node at an address.
  public enum Finding: Sendable, Equatable {
    case unknown
    case secret(JoinSecret, file: String)
    /// It runs without a secret.
    case insecure
    /// A node is registered, and what it left can't be used.
    case unusable(String)
  }

  struct Entry: Codable, Equatable {
    var address: String
    /// Nil for a node that runs without a secret.
    var secret_file: String?
    var process: Int32
  }

  private let folder: String
  private static let longestEntry = 16 << 10

  /// Nil where the environment names no place for a user's state.
  public init?(environment: [String: String]) {
    if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
      folder = state + "/roost/nodes"
    } else if let home = environment["HOME"], home.hasPrefix("/") {
      folder = home + "/.local/state/roost/nodes"
    } else {
      return nil
    }
  }

  // MARK: Finding

  /// What this user's node at an address left to be known.
  ///
  /// - Parameter isRunning: only of a node that runs; what an earlier one left says nothing about the one to come.
  public func find(_ address: PeerAddress, isRunning: Bool = false) -> Finding {
    guard isPrivate else { return .unknown }
    var problem: Finding?
    for name in Self.names(of: address) {
      switch read(folder + "/" + name, isRunning: isRunning) {
      case .unknown: break
      case .unusable(let reason): problem = problem ?? .unusable(reason)
      case let finding: return finding
      }
    }
    return problem ?? .unknown
  }

  private func read(_ path: String, isRunning: Bool) -> Finding {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return .unknown }
    defer { close(descriptor) }
    if isRunning, flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return .unknown }
    var bytes = [UInt8](repeating: 0, count: Self.longestEntry)
    let count = Foundation.read(descriptor, &bytes, bytes.count)
    // An empty or half-written entry is one that is being written.
    guard count > 0, let entry = try? JSONDecoder().decode(Entry.self, from: Data(bytes[..<count])) else {
      return .unknown
    }
    guard let file = entry.secret_file else { return .insecure }
    do { return .secret(try JoinSecretFile.load(file), file: file) } catch {
      return .unusable("the node that was last at \(entry.address) kept its join secret in \(file), but: \(error)")
    }
  }

  // MARK: Registering

  /// Writes down a node that listens. Nil if the place can't be used, or another process that lives has it.
  func register(_ address: PeerAddress, secretFile: String?) -> LocalNodeRegistration? {
    let name = Self.names(of: address)[0]
    let path = folder + "/" + name
    let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
    try? FileManager.default.createDirectory(
      atPath: parent, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    guard isPrivate else { return nil }
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { return nil }
    let absolute = secretFile.map { URL(fileURLWithPath: $0).path }
    let entry = Entry(address: address.description, secret_file: absolute, process: getpid())
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, ftruncate(descriptor, 0) == 0,
      let bytes = try? [UInt8](JSONEncoder.stable.encode(entry)), write(descriptor, bytes, bytes.count) == bytes.count
    else {
      close(descriptor)
      return nil
    }
    return LocalNodeRegistration(path: path, descriptor: descriptor)
  }

  /// The same, tried again for a while: who looks whether the node of an entry runs has its lock for a moment.
  func register(_ address: PeerAddress, secretFile: String?, on loop: any Loop) async -> LocalNodeRegistration? {
    for attempt in 0..<Self.attempts {
      if attempt > 0 { await loop.rest(for: Self.pause) }
      if let registration = register(address, secretFile: secretFile) { return registration }
      guard isPrivate else { return nil }
    }
    return nil
  }

  private static let attempts = 20
  private static let pause = Duration.milliseconds(10)

  /// Whether the folder is this user's alone.
  private var isPrivate: Bool {
    var facts = stat()
    guard stat(folder, &facts) == 0, facts.st_uid == geteuid(), facts.st_mode & 0o077 == 0 else { return false }
    let above = URL(fileURLWithPath: folder).deletingLastPathComponent().path
    return stat(above, &facts) == 0 && facts.st_uid == geteuid() && facts.st_mode & 0o022 == 0
  }

  // MARK: Names

  /// Where entries for an address may be, its own first.
  static func names(of address: PeerAddress) -> [String] {
    let isWildcard = WildcardAddress.matches(address.host)
    guard address.isLoopback || isWildcard else { return ["hosts/" + fileName(address)] }
    let near = place
    // One that listens on any address is reached at this one, however it was written.
    let own = isWildcard ? "0.0.0.0" : address.host
    let hosts = [own] + ["127.0.0.1", "localhost", "::1", "0.0.0.0", "::"].filter { $0 != own }
    return hosts.map { near + "/" + fileName(PeerAddress(host: $0, port: address.port)) }
  }

  private static func fileName(_ address: PeerAddress) -> String {
    let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: ".:-_[]"))
    return address.description.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
  }

  /// This machine, and the network namespace in it.
  private static let place: String = {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let space = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/net")) ?? ""
    let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-_"))
    return (host.addingPercentEncoding(withAllowedCharacters: allowed) ?? "") + "." + space.filter(\.isNumber)
  }()
}

/// A node's entry in the registry, which lasts until ``end()`` or as long as this does.
final class LocalNodeRegistration: Sendable {
  private let path: String
  /// The locked file; nil after the end.
  private let descriptor: Mutex<Int32?>

  fileprivate init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = Mutex(descriptor)
  }

  deinit { end() }

  func end() {
    descriptor.withLock { descriptor in
      guard let open = descriptor else { return }
      descriptor = nil
      // Nobody else can have the entry while this one holds the lock.
      unlink(path)
      close(open)
    }
  }
}

extension PeerAddress {
  /// Whether only this machine can be meant: `localhost`, or a loopback address in figures. A name that merely begins like
  /// one may lead anywhere.
  public var isLoopback: Bool {
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127"
      && parts.allSatisfy { $0.allSatisfy(\.isASCII) && $0.allSatisfy(\.isNumber) && UInt8($0) != nil }
  }
}
