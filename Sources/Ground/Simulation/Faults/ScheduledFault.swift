public import RoostBase
import RoostPlatform

/// One fault, played at one time against certain machines for a certain while: everything that was left to chance is
/// decided, so that a list of them can be played again, and shortened.
public struct ScheduledFault: Hashable, Sendable, CustomStringConvertible {
  public struct Direction: Hashable, Sendable {
    public var from: NodeID
    public var to: NodeID
  }

  public var time: Instant
  public var fault: Fault
  /// The machines it hits.
  public var nodes: [NodeID] = []
  /// The directions it cuts.
  public var directions: [Direction] = []
  /// When it ends by itself.
  public var length: Duration
  /// Parts per million of a drift, nanoseconds of a jump, operations before a crash, a slowness, bytes of room.
  public var amount: Int64 = 0
  /// For what else is left to chance.
  var seed: UInt64

  public var description: String {
    var words = ["\(time.nanoseconds / 1_000_000) ms: \(fault.rawValue)"]
    if !nodes.isEmpty { words.append("on " + nodes.map { "\($0)" }.joined(separator: ", ")) }
    if !directions.isEmpty { words.append(cut) }
    switch fault {
    case .clockDrift: words.append("by \(amount) ppm")
    case .wallJump, .monotonicJump: words.append("by \(amount / 1_000_000) ms")
    case .tornWrite: words.append("in \(amount) operations")
    case .slowDisk: words.append("by \(amount)")
    case .fullDisk: words.append("after \(amount) bytes")
    default: break
    }
    switch fault {
    case .wallJump, .monotonicJump, .failedSync, .flippedBit, .misdirectedWrite: break
    default: words.append("for \(length.nanoseconds64 / 1_000_000) ms")
    }
    return words.joined(separator: " ")
  }

  /// `1,2↮3,4,5` where both ways are cut, else `1→2`.
  private var cut: String {
    let all = Set(directions)
    var sides: [NodeID: [NodeID]] = [:]
    for direction in directions where all.contains(Direction(from: direction.to, to: direction.from)) {
      sides[direction.from, default: []].append(direction.to)
    }
    guard let first = directions.first, let there = sides[first.from], !there.isEmpty, sides.count > 1 else {
      return directions.map { "\($0.from)→\($0.to)" }.joined(separator: " ")
    }
    let here = sides.keys.filter { sides[$0] == there }.sorted()
    func list(_ nodes: [NodeID]) -> String { nodes.map { "\($0)" }.joined(separator: ",") }
    return "\(list(here))↮\(list(there.sorted()))"
  }
}
