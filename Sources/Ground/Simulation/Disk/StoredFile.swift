import RoostPlatform

/// The content of one file: what the process sees, and what would be left if the power failed now.
final class StoredFile {
  /// A change that was not synced yet.
  enum Change {
    case write(offset: Int, bytes: [UInt8])
    case resize(Int)
  }

  static let sectorSize = 512

  private(set) var visible = PagedBytes()
  private(set) var durable = PagedBytes()
  private var pending: [Change] = []

  init() {}

  /// A file as a copy of the disk holds it.
  init(durable: PagedBytes) {
    self.durable = durable
    visible = durable
  }

  var hasUnsynced: Bool { !pending.isEmpty }

  func apply(_ change: Change) {
    StoredFile.apply(change, to: &visible)
    pending.append(change)
  }

  /// The cache takes the change, and the disk never will.
  func pretend(_ change: Change) { StoredFile.apply(change, to: &visible) }

  /// Someone else's write lands here, behind the back of the cache.
  func overwrite(_ bytes: ArraySlice<UInt8>, at offset: Int) { durable.write(bytes, at: offset) }

  func sync() {
    for change in pending { StoredFile.apply(change, to: &durable) }
    pending = []
  }

  /// What a failed sync does: the pages count as clean afterwards, so that no later sync writes them either.
  func failSync() { pending = [] }

  /// Puts a byte where it will be found by every later read: rot.
  func flip(bit: Int) {
    let offset = bit / 8
    guard offset < durable.size else { return }
    let byte = durable.read(at: offset, count: 1)[0] ^ UInt8(1 << (bit % 8))
    durable.write([byte], at: offset)
    visible.write([byte], at: offset)
  }

  /// The power fails: each unsynced change is kept, lost or torn, as chance has it.
  func losePower(_ generator: inout SeededGenerator) {
    switch generator.below(4) {
    case 0:
      break
    case 1:
      sync()
    case 2:
      // Written back in order up to some change, of which a part of the sectors arrived.
      let kept = pending.isEmpty ? 0 : generator.below(pending.count + 1)
      for change in pending[..<kept] { StoredFile.apply(change, to: &durable) }
      if kept < pending.count { tear(pending[kept], &generator) }
    default:
      // Written back in any order.
      for change in pending { tear(change, &generator) }
    }
    pending = []
    visible = durable
  }

  /// Keeps some of the sectors of a write; a change of size is kept or lost as a whole.
  private func tear(_ change: Change, _ generator: inout SeededGenerator) {
    guard case .write(let offset, let bytes) = change else {
      if generator.chance(0.5) { StoredFile.apply(change, to: &durable) }
      return
    }
    let inOrder = generator.chance(0.5)
    var position = 0
    while position < bytes.count {
      let boundary = ((offset + position) / StoredFile.sectorSize + 1) * StoredFile.sectorSize - offset
      let end = Swift.min(boundary, bytes.count)
      if generator.chance(0.5) {
        durable.write(bytes[position..<end], at: offset + position)
      } else if inOrder {
        return
      }
      position = end
    }
  }

  private static func apply(_ change: Change, to content: inout PagedBytes) {
    switch change {
    case .write(let offset, let bytes): content.write(bytes[...], at: offset)
    case .resize(let size): content.resize(to: size)
    }
  }
}
