public import RoostPlatform

/// The segment files of a log and their names: `segment-` and the number in 16 hexadecimal digits. Numbers are
/// consecutive. A file still being zero-filled has another ending and counts for nothing.
struct SegmentFiles {
  static let ending = ".log"
  static let unfinishedEnding = ".new"

  let disk: any Disk
  let directory: String

  func path(_ number: UInt32) -> String { directory + "/" + SegmentFiles.name(number) + SegmentFiles.ending }

  var witnessPath: String { directory + "/" + LogWitness.fileName }

  func unfinishedPath(_ number: UInt32) -> String {
    directory + "/" + SegmentFiles.name(number) + SegmentFiles.unfinishedEnding
  }

  private static func name(_ number: UInt32) -> String {
    let digits = String(number, radix: 16)
    return "segment-" + String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Makes the directory, removes unfinished files, and returns the numbers of the segments in order.
  func open() throws(LogError) -> [UInt32] {
    do throws(DiskError) {
      try disk.createDirectory(directory)
      try disk.syncDirectory(parent)
      var numbers: [UInt32] = []
      for name in try disk.list(directory) {
        if name.hasSuffix(SegmentFiles.unfinishedEnding) {
          try disk.remove(directory + "/" + name)
        } else if let number = SegmentFiles.number(of: name) {
          numbers.append(number)
        }
      }
      return numbers.sorted()
    } catch {
      throw LogError(error)
    }
  }

  private var parent: String {
    guard let slash = directory.lastIndex(of: "/") else { return "" }
    return String(directory[..<slash])
  }

  private static func number(of name: String) -> UInt32? {
    guard name.hasPrefix("segment-"), name.hasSuffix(ending) else { return nil }
    let digits = name.dropFirst("segment-".count).dropLast(ending.count)
    guard digits.count == 16 else { return nil }
    return UInt32(digits, radix: 16)
  }

  /// Gives a zero-filled and synced file its name, durably. May be repeated when it failed halfway.
  func finish(_ number: UInt32) throws(DiskError) {
    if disk.exists(unfinishedPath(number)) || !disk.exists(path(number)) {
      try disk.rename(unfinishedPath(number), to: path(number))
    }
    try disk.syncDirectory(directory)
  }

  /// Gives an old segment a new number, durably. Its old records show by their batch numbers that they are stale. May be
  /// repeated when it failed halfway.
  ///
  /// Returns whether there is a file of the new number. There is none if the old one was removed by an earlier attempt.
  func recycle(_ number: UInt32, as next: UInt32) throws(DiskError) -> Bool {
    if disk.exists(path(number)) { try disk.rename(path(number), to: path(next)) }
    try disk.syncDirectory(directory)
    return disk.exists(path(next))
  }

  /// Removes a segment durably, so that a crash can't leave a gap in the numbers. May be repeated when it failed halfway.
  func remove(_ number: UInt32) throws(DiskError) {
    if disk.exists(path(number)) { try disk.remove(path(number)) }
    try disk.syncDirectory(directory)
  }
}

extension LogError {
  /// What a failed disk operation means outside of a write that may be tried again.
  init(_ error: DiskError) {
    self =
      error.isOutOfSpace ? .diskFull(error) : error.isOutOfDescriptors ? .outOfDescriptors(error) : .disk(error)
  }
}

extension DiskError {
  /// ENOSPC and EDQUOT have these numbers on Linux and on macOS.
  public var isOutOfSpace: Bool { operation != .sync && (code == 28 || code == 122 || code == 69) }
}
