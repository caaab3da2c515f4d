/// What went wrong in the state engine: a kind to act on, and the engine's own words for people.
public struct EngineError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// What was read is not what was written. The engine's directory can't be trusted any more: the process ends, and
    /// the next start rebuilds the state from the log and from peers.
    case corruption
    /// The disk is full. The batch was not applied as a whole or in part; the same one may be tried again. RocksDB
    /// accepts writes again by itself within about five seconds of there being room.
    case noSpace
    /// The engine was closed.
    case closed
    /// Anything else: the process ends, and tries again when it is started again.
    case other
  }

  public var kind: Kind
  public var description: String

  public init(_ description: String, kind: Kind = .other) {
    self.kind = kind
    self.description = description
  }

  static let closed = EngineError("the state engine is closed", kind: .closed)
}

extension EngineError.Kind {
  /// What RocksDB's text of a status says. The C API gives nothing but this text: the code's name, then details.
  init(rocksStatus text: String) {
    if EngineError.Kind.noSpaceTexts.contains(where: { text.contains($0) }) {
      self = .noSpace
    } else if text.hasPrefix("Corruption") || EngineError.Kind.isLostFile(text) {
      self = .corruption
    } else {
      self = .other
    }
  }

  /// Subcodes of an I/O error in `util/status.cc`, and what the system says about a quota.
  private static let noSpaceTexts = ["No space left on device", "Space limit reached", "Disk quota exceeded"]

  /// One of the engine's own files is gone: as bad as one that can't be read.
  private static func isLostFile(_ text: String) -> Bool {
    text.hasPrefix("IO error") && text.contains("No such file or directory")
      && (text.contains(".sst") || text.contains("MANIFEST"))
  }
}
