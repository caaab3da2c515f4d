import RoostPlatform
import RoostSimulation
import RoostStorage
import RoostStore

/// What of a machine outlives its processes besides the log: the contents of the state engine, the number of starts,
/// and a fingerprint of each group's data that is kept while data are written.
///
/// A fingerprint is the sum of the hashes of all pairs, so that a change costs what it changes and replicas that hold
/// the same have the same, whatever way they took.
///
/// Unchecked sendable: guarded by the world's thread.
final class MachineState: @unchecked Sendable {
  private struct Contents {
    var fingerprints: [UInt64]
  }

  let engine = MemoryEngine()
  private let bounds: [(group: GroupID, lower: [UInt8], upper: [UInt8])]
  private var current: Contents
  /// What the last flush made durable.
  private var image: Contents
  private var generator: SeededGenerator

  init(groups: [GroupDescriptor], seed: UInt64) {
    generator = SeededGenerator(seed: seed)
    bounds = groups.map {
      ($0.id, VersionKey.stem(of: $0.range.lower.bytes), VersionKey.stem(of: $0.range.upper.bytes))
    }
    current = Contents(fingerprints: bounds.map { _ in 0 })
    image = current
  }

  func fingerprint(of group: GroupID) -> UInt64 {
    bounds.firstIndex { $0.group == group }.map { current.fingerprints[$0] } ?? 0
  }

  // MARK: What a process does to it

  /// One operation after the other, for what an operation changes depends on those before it. No crash can fall between
  /// them.
  func write(_ batch: EngineBatch) throws(EngineError) {
    for operation in batch.operations {
      switch operation {
      case .put(let key, let value):
        if let place = place(of: key) {
          if let old = try engine.get(key) { current.fingerprints[place] &-= MachineState.hash(key, old) }
          current.fingerprints[place] &+= MachineState.hash(key, value)
        }
      case .delete(let key):
        if let place = place(of: key), let old = try engine.get(key) {
          current.fingerprints[place] &-= MachineState.hash(key, old)
        }
      case .deleteRange(let lower, let upper):
        try subtract(lower, upper)
      }
      var single = EngineBatch()
      single.append(operation)
      try engine.write(single)
    }
    // As the real engine does when its buffer is full: after any batch, and without being asked.
    if generator.chance(0.02) { try flush() }
  }

  func flush() throws(EngineError) {
    try engine.flush()
    image = current
  }

  // MARK: What becomes of it

  /// Copies what is durable; what it returns puts the copy back. No process may run then.
  func copy() -> () -> Void {
    let contents = image
    let restoreEngine = engine.copyOfImage()
    return { [self] in
      restoreEngine()
      image = contents
      current = contents
    }
  }

  /// The process is gone: what was not flushed is, too.
  func crash() {
    engine.crash()
    current = image
  }

  /// Counts all pairs of a group anew; must be its fingerprint.
  func recount(_ group: GroupID) -> UInt64 {
    guard let bound = bounds.first(where: { $0.group == group }) else { return 0 }
    var sum: UInt64 = 0
    try? MachineState.walk(engine, bound.lower, bound.upper) { key, value in sum &+= MachineState.hash(key, value) }
    return sum
  }

  private func subtract(_ lower: [UInt8], _ upper: [UInt8]) throws(EngineError) {
    for (place, bound) in bounds.enumerated() {
      let first = MachineState.precedes(lower, bound.lower) ? bound.lower : lower
      let last = MachineState.precedes(upper, bound.upper) ? upper : bound.upper
      guard MachineState.precedes(first, last) else { continue }
      var sum: UInt64 = 0
      try MachineState.walk(engine, first, last) { key, value in sum &+= MachineState.hash(key, value) }
      current.fingerprints[place] &-= sum
    }
  }

  private func place(of key: [UInt8]) -> Int? {
    guard key.first == KeySpace.replicated else { return nil }
    return bounds.firstIndex { !MachineState.precedes(key, $0.lower) && MachineState.precedes(key, $0.upper) }
  }

  private static func walk(
    _ engine: MemoryEngine, _ lower: [UInt8], _ upper: [UInt8], _ body: ([UInt8], [UInt8]) -> Void
  ) throws(EngineError) {
    let cursor = try engine.snapshot().cursor(lower: lower, upper: upper)
    cursor.next()
    while cursor.isValid {
      body(cursor.key, cursor.value)
      cursor.next()
    }
  }

  private static func hash(_ key: [UInt8], _ value: [UInt8]) -> UInt64 {
    var hash = TraceHash()
    hash.mix(key)
    hash.mix(value)
    return hash.value
  }

  private static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.withUnsafeBytes { left in
      right.withUnsafeBytes { right in
        let shared = Swift.min(left.count, right.count)
        for index in 0..<shared where left[index] != right[index] { return left[index] < right[index] }
        return left.count < right.count
      }
    }
  }
}
