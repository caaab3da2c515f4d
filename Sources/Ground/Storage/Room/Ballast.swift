public import RoostPlatform

/// A file that holds a part of the disk's room, so that there is something to give back when the disk is full, whoever
/// filled it: then what frees room (deletions, shortening the log, merging tables) can still be written.
///
/// Its content means nothing. It is made when there is plenty of room, and removed when there is none.
public struct Ballast: Sendable {
  public static let fileName = "ballast"

  private let disk: any Disk
  /// What it holds when it is whole.
  public let size: Int

  public init(disk: any Disk, size: Int) {
    self.disk = disk
    self.size = size
  }

  /// Bytes it holds now. Blocks, as everything here.
  public func bytes() throws(DiskError) -> Int {
    guard disk.exists(Ballast.fileName) else { return 0 }
    let file = try disk.open(Ballast.fileName, create: false)
    defer { file.close() }
    return try file.size
  }

  /// Makes it whole. If there is not enough room after all, nothing is kept.
  public func fill() throws(DiskError) {
    do throws(DiskError) {
      let file = try disk.open(Ballast.fileName, create: true)
      defer { file.close() }
      try file.allocate(to: size)
      if try file.size > size { try file.truncate(to: size) }
      try file.sync()
    } catch {
      _ = try? release()
      throw error
    }
  }

  /// Gives the room back. Returns whether there was anything to give.
  @discardableResult
  public func release() throws(DiskError) -> Bool {
    guard disk.exists(Ballast.fileName) else { return false }
    try disk.remove(Ballast.fileName)
    return true
  }

  /// For a node that starts: gives the room back if the disk has next to none left, for a start writes, too.
  public static func releaseIfNeeded(on disk: any Disk) throws(DiskError) -> Bool {
    let space = try disk.space()
    let guardOfSpace = SpaceGuard(reserve: SpaceGuard.reserve(of: space.capacity))
    guard guardOfSpace.isSpent(free: space.free) else { return false }
    return try Ballast(disk: disk, size: 0).release()
  }
}
