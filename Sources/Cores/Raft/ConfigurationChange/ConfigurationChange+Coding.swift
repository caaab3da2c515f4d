import RoostBase

/// The payload of a configuration entry.
///
/// ```
///   1 byte   version (1)
///   1 byte   transition
///   2 bytes  number of steps, big endian
///   n × 9    operation, then the node's id, big endian
///   rest     context
/// ```
/// The same change always has the same bytes. Decoding refuses everything that encoding can't produce.
extension ConfigurationChange {
  private static let version: UInt8 = 1
  private static let headerSize = 4
  private static let stepSize = 9
  /// More steps than any group has members; ``encoded()`` must not be asked for more.
  public static let maxSteps = Int(UInt16.max)

  public func encoded() -> [UInt8] {
    precondition(steps.count <= Self.maxSteps, "a change of so many members can't have been validated")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.headerSize + steps.count * Self.stepSize + context.count)
    bytes.append(Self.version)
    bytes.append(transition.rawValue)
    bytes.append(bigEndian: UInt16(steps.count))
    for step in steps {
      bytes.append(step.operation.rawValue)
      bytes.append(bigEndian: step.node.rawValue)
    }
    bytes.append(contentsOf: context)
    return bytes
  }

  /// Nil if the bytes are not an encoded change.
  public init?(decoding bytes: [UInt8]) {
    guard bytes.count >= Self.headerSize, bytes[0] == Self.version, let transition = Transition(rawValue: bytes[1])
    else { return nil }
    let count = Int(bigEndianBytes: bytes[2..<4])
    let end = Self.headerSize + count * Self.stepSize
    guard bytes.count >= end else { return nil }
    var steps: [Step] = []
    steps.reserveCapacity(count)
    var position = Self.headerSize
    while position < end {
      guard let operation = Operation(rawValue: bytes[position]) else { return nil }
      let node = UInt64(bigEndianBytes: bytes[(position + 1)..<(position + Self.stepSize)])
      steps.append(Step(operation, NodeID(node)))
      position += Self.stepSize
    }
    self.init(steps, transition: transition, context: Array(bytes[end...]))
  }
}
