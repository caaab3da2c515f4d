import CRocksDB

/// ``VersionSweep`` as RocksDB's compaction filter: each compaction gets one of its own, with the threshold of its
/// beginning.
enum RocksSweep {
  /// A factory that reads `threshold`, which it keeps alive.
  static func makeFactory(_ threshold: SweepThreshold) -> OpaquePointer {
    rocksdb_compactionfilterfactory_create(
      Unmanaged.passRetained(threshold).toOpaque(), releaseThreshold, makeFilter, nameOfSweep)
  }
}

/// What one compaction remembers. Used by the thread of that compaction alone.
private final class Compaction {
  var sweep: VersionSweep
  init(_ sweep: VersionSweep) { self.sweep = sweep }
}

private func releaseThreshold(_ state: UnsafeMutableRawPointer?) {
  if let state { Unmanaged<SweepThreshold>.fromOpaque(state).release() }
}

private func releaseCompaction(_ state: UnsafeMutableRawPointer?) {
  if let state { Unmanaged<Compaction>.fromOpaque(state).release() }
}

private func makeFilter(_ state: UnsafeMutableRawPointer?, _ context: OpaquePointer?) -> OpaquePointer? {
  guard let state else { return nil }
  let threshold = Unmanaged<SweepThreshold>.fromOpaque(state).takeUnretainedValue()
  let isFull = context.map { rocksdb_compactionfiltercontext_is_full_compaction($0) != 0 } ?? false
  let compaction = Compaction(VersionSweep(threshold: threshold.timestamp, seesEverything: isFull))
  return rocksdb_compactionfilter_create(
    Unmanaged.passRetained(compaction).toOpaque(), releaseCompaction, dropsPair, nameOfSweep)
}

private func dropsPair(
  _ state: UnsafeMutableRawPointer?, _ level: Int32, _ key: UnsafePointer<CChar>?, _ keyLength: Int,
  _ value: UnsafePointer<CChar>?, _ valueLength: Int,
  _ newValue: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ newLength: UnsafeMutablePointer<Int>?,
  _ isChanged: UnsafeMutablePointer<UInt8>?
) -> UInt8 {
  guard let state else { return 0 }
  let drops = Unmanaged<Compaction>.fromOpaque(state).takeUnretainedValue().sweep.drops(
    UnsafeRawBufferPointer(start: key, count: keyLength), UnsafeRawBufferPointer(start: value, count: valueLength))
  return drops ? 1 : 0
}

/// RocksDB keeps the pointer as long as it runs, so the memory is never freed.
private let sweepName: UInt = {
  let text = "roost.versions".utf8CString
  let memory = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
  for (index, character) in text.enumerated() { memory[index] = character }
  return UInt(bitPattern: memory)
}()

private func nameOfSweep(_ state: UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? {
  UnsafePointer(bitPattern: sweepName)
}
