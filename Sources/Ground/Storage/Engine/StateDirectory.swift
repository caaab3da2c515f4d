public import RoostPlatform

/// The directory of the state engine, which may be lost: everything in it can be had again from the log and from peers.
///
/// A directory in which damage was met is marked, by a file beside it. The next start puts a marked directory, or one
/// that can't be opened because of damage, aside as `state.damaged-1` and so on, for whoever wants to look at it, and
/// begins with an empty one. It may be deleted any time.
public enum StateDirectory {
  public static let name = "state"
  /// Holds the reason, for people.
  public static let markerName = "state-damaged"

  /// Opens the engine in `root`, the path of the disk's root directory.
  ///
  /// - Parameters:
  ///   - onCorruption: Hears, on any thread, of every read or write that met damage.
  /// - Returns: The engine, and what was done if it was damaged.
  public static func open(
    on disk: any Disk, root: String, options: RocksOptions = RocksOptions(),
    onCorruption: @escaping @Sendable (EngineError) -> Void
  ) throws -> (engine: RocksEngine, report: String?) {
    var report: String?
    if let reason = try damage(on: disk) { report = try putAside(on: disk, because: reason) }
    do throws(EngineError) {
      return (try RocksEngine(path: root + "/" + name, options: options, onCorruption: onCorruption), report)
    } catch {
      guard error.kind == .corruption else { throw error }
      report = try putAside(on: disk, because: error.description)
    }
    return (try RocksEngine(path: root + "/" + name, options: options, onCorruption: onCorruption), report)
  }

  /// Opens the engine to be read only, and changes nothing on the disk.
  ///
  /// - Returns: The engine, an empty one where there is no directory or where it is damaged; and the damage, if it was
  ///   marked or met.
  public static func openReadOnly(on disk: any Disk, root: String) throws -> (engine: any Engine, damage: String?) {
    if let reason = try damage(on: disk) { return (MemoryEngine(), reason) }
    // RocksDB looks for this file first, and takes a directory without it for a new one.
    guard disk.exists(name + "/CURRENT") else {
      let hadTables = try disk.list(name).contains { $0.hasSuffix(".sst") }
      return (MemoryEngine(), hadTables ? "\(name)/CURRENT is missing" : nil)
    }
    do throws(EngineError) {
      return (try RocksEngine(path: root + "/" + name, isReadOnly: true), nil)
    } catch {
      guard error.kind == .corruption else { throw error }
      return (MemoryEngine(), error.description)
    }
  }

  /// Marks the directory, durably.
  public static func markDamaged(_ reason: String, on disk: any Disk) throws(DiskError) {
    let file = try disk.open(markerName, create: true)
    defer { file.close() }
    let text = Array((reason + "\n").utf8)
    try text.withUnsafeBufferPointer { text throws(DiskError) in try file.write(UnsafeRawBufferPointer(text), at: 0) }
    try file.sync()
    try disk.syncDirectory("")
  }

  /// The reason for which the directory is marked; nil if it is not.
  public static func damage(on disk: any Disk) throws(DiskError) -> String? {
    guard disk.exists(markerName) else { return nil }
    let file = try disk.open(markerName, create: false)
    defer { file.close() }
    let text = String(decoding: try file.read(at: 0, count: try file.size), as: UTF8.self)
    return text.split(separator: "\n").first.map(String.init) ?? "it was marked as damaged"
  }

  /// Renames the directory and removes the mark. A crash in between leaves a mark without a directory, which is as good.
  static func putAside(on disk: any Disk, because reason: String) throws(DiskError) -> String {
    var report = "the state directory was damaged and is rebuilt from the log and the other nodes (\(reason))"
    if disk.exists(name) {
      let names = Set(try disk.list(""))
      var number = 1
      while names.contains("\(name).damaged-\(number)") { number += 1 }
      try disk.rename(name, to: "\(name).damaged-\(number)")
      try disk.syncDirectory("")
      report += "; the damaged one is \(name).damaged-\(number)"
    }
    if disk.exists(markerName) {
      try disk.remove(markerName)
      try disk.syncDirectory("")
    }
    return report
  }
}
