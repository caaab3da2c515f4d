/// What an object does when operations come one after the other: the yardstick of linearizability.
///
/// Operations fall into partitions that don't influence each other (keys); a history is linearizable exactly if each
/// partition is, and is checked so (Herlihy and Wing 1990, locality).
public protocol SequentialModel: Sendable {
  associatedtype State: Hashable
  associatedtype Input: Sendable
  associatedtype Output: Sendable
  associatedtype Partition: Hashable & Comparable

  var initial: State { get }
  func partition(of input: Input) -> Partition
  /// The state after `input` if `output` is what the object answers in `state`; nil if it is not. An output of nil is
  /// unknown: it agrees with everything.
  func step(_ state: State, _ input: Input, _ output: Output?) -> State?
}

/// Keys that each hold bytes or nothing, with get, put, append, delete and compare-and-set: registers, in other words.
public struct KeyValueModel: SequentialModel {
  public enum Action: Hashable, Sendable {
    case get
    case put([UInt8])
    case append([UInt8])
    case delete
    /// Puts `value` if the key holds `expected`.
    case compareAndSet(expected: [UInt8]?, value: [UInt8])
  }

  public struct Input: Hashable, Sendable {
    public var key: [UInt8]
    public var action: Action

    public init(key: [UInt8], _ action: Action) {
      self.key = key
      self.action = action
    }
  }

  public enum Output: Hashable, Sendable {
    case value([UInt8]?)
    case done
    /// Whether a compare-and-set found what it expected.
    case swapped(Bool)
  }

  public struct Partition: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var key: [UInt8]
    public var description: String { key.isEmpty ? "the register" : "key " + RoostHistoryWriter.text(of: key) }
    public static func < (left: Partition, right: Partition) -> Bool { left.key.lexicographicallyPrecedes(right.key) }
  }

  /// What every key holds in the beginning.
  public var initial: [UInt8]?

  public init(initial: [UInt8]? = nil) { self.initial = initial }

  public func partition(of input: Input) -> Partition { Partition(key: input.key) }

  public func step(_ state: [UInt8]?, _ input: Input, _ output: Output?) -> [UInt8]?? {
    switch input.action {
    case .get:
      guard let output else { return .some(state) }
      return output == .value(state) ? .some(state) : nil
    case .put(let value):
      return .some(value)
    case .append(let bytes):
      return .some((state ?? []) + bytes)
    case .delete:
      return .some(nil)
    case .compareAndSet(let expected, let value):
      let matches = state == expected
      if let output, output != .swapped(matches) { return nil }
      return .some(matches ? value : state)
    }
  }
}
