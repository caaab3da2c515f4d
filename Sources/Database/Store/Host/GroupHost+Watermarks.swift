import RoostBase
import RoostMembership
import RoostPlatform
import RoostStorage

/// How far the logs of the other nodes were durable, kept on disk: so that a node that lost the end of its log is refused
/// also by those that were started after it had said how far it was.
///
/// It is written once a second, and not synced: an older record is weaker, not wrong.
extension GroupHost {
  private static let watermarkFile = "watermarks"
  /// Ticks of liveness between two notes.
  private static let watermarkInterval = 4

  /// After a start: what was known before it.
  func recallWatermarks() {
    // Without room, or with a disk that fails, the node remembers what it hears from now on, as it would without.
    guard
      let file = try? WitnessFile(
        disk: disk, path: GroupHost.watermarkFile, payloadBytes: 16 * WatermarkNote.mostNodes)
    else { return }
    watermarks = WatermarkNote(file: file)
    guard let found = file.found else { return }
    for (node, batch) in WatermarkNote.decode(found) where node != configuration.node {
      liveness.recall(batch, of: node)
    }
  }

  /// Keeps what the others have said, if it is time and they have said something new.
  func noteWatermarks() {
    guard let note = watermarks, note.isDue(every: GroupHost.watermarkInterval) else { return }
    let known = liveness.nodes.watermarks.prefix(WatermarkNote.mostNodes)
    guard note.differs(known) else { return }
    let loop = loop
    let bytes = note.take(known)
    let file = note.file
    stateWorker.submit {
      bytes.withUnsafeBytes { payload in _ = try? file.write(payload) }
      loop.execute { note.isWriting = false }
    }
  }
}

/// What was written last. Touched on the host's loop only, but for its file, which is the worker's; that is what
/// `@unchecked` relies on.
final class WatermarkNote: @unchecked Sendable {
  /// A slot takes as many.
  static let mostNodes = 255

  let file: WitnessFile
  var isWriting = false
  private var ticks = 0
  private var last: [UInt8] = []

  init(file: WitnessFile) { self.file = file }

  func isDue(every interval: Int) -> Bool {
    ticks += 1
    return !isWriting && ticks % interval == 0
  }

  func differs(_ known: ArraySlice<(node: NodeID, batch: UInt64)>) -> Bool { WatermarkNote.encode(known) != last }

  /// What is to be written now.
  func take(_ known: ArraySlice<(node: NodeID, batch: UInt64)>) -> [UInt8] {
    last = WatermarkNote.encode(known)
    isWriting = true
    return last
  }

  private static func encode(_ known: ArraySlice<(node: NodeID, batch: UInt64)>) -> [UInt8] {
    var writer = ByteWriter(reserving: 16 * known.count)
    for (node, batch) in known {
      writer.writeFixed(node.rawValue)
      writer.writeFixed(batch)
    }
    return writer.bytes
  }

  static func decode(_ bytes: [UInt8]) -> [(node: NodeID, batch: UInt64)] {
    var reader = ByteReader(bytes)
    var known: [(NodeID, UInt64)] = []
    while let node = try? reader.readFixed(), let batch = try? reader.readFixed() {
      known.append((NodeID(node), batch))
    }
    return known
  }
}
