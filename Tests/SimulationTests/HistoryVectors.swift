import Foundation
import RoostSimulation

/// Histories that others recorded, with their verdicts: Jepsen logs of one register, and EDN maps of string keys.
enum HistoryVectors {
  struct Unreadable: Error {
    var line: String
  }

  /// `$ROOST_VECTORS`, else `../shared/vectors` beside the package; nil if there is none.
  static let folder: String? = {
    var root = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    root.removeLast(3)
    let beside = root.joined(separator: "/") + "/../shared/vectors"
    let base = ProcessInfo.processInfo.environment["ROOST_VECTORS"] ?? beside
    let folder = base + "/histories"
    return FileManager.default.fileExists(atPath: folder + "/verdicts.tsv") ? folder : nil
  }()

  static func verdicts(in folder: String) throws -> [(file: String, linearizable: Bool)] {
    try String(contentsOfFile: folder + "/verdicts.tsv", encoding: .utf8).split(separator: "\n").dropFirst().map {
      line in
      let fields = line.split(separator: "\t")
      guard fields.count == 2, let verdict = Bool(String(fields[1])) else { throw Unreadable(line: String(line)) }
      return (String(fields[0]), verdict)
    }
  }

  static func read(_ path: String) throws -> RecordedHistory {
    try HistoryFormat.read([UInt8](Data(contentsOf: URL(fileURLWithPath: path))))
  }
}
